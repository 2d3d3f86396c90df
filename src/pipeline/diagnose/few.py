"""A small set first: a model that cannot even learn a hundred rows by heart has a fault, or is too simple."""

from pipeline.diagnose import view as views
from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.view import View

ROWS, ENOUGH = 100, 0.9
NAME = "a small set first"


def look(view: View) -> Finding:
    """Fit the model to a hundred rows, and ask it of them.

    Raises:
        ModelError: it cannot be fitted so.
    """
    places = views.mixed(view.labels, view.folds[-1].learnt, view.params.train.seed, numbers=view.numbers)[:ROWS]
    found = view.fitting_score(view.fit(view.make(), places), places)
    said = f"of {len(places)} rows that it has learnt, the model scores {found:.3f}"
    if found < ENOUGH:
        said += f", less than {ENOUGH}: a fault in the features, or a model that is held back; loosen train.params"
    check = Check(NAME, "fine" if found >= ENOUGH else "warning", said)
    return Finding(check, {"rows": len(places), "score": found})
