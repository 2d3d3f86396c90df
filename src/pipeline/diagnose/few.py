"""A small set first: a model that cannot even learn a hundred rows by heart has a fault, or is too simple."""

from pipeline.diagnose import scores
from pipeline.diagnose import view as views
from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.view import View

ROWS, ENOUGH = 100, 0.9
NAME = "a small set first"


def look(view: View) -> Finding:
    """Fit the model to a hundred rows, and ask it of them.

    A linear one cannot learn by heart where columns say little: it must learn something.

    Raises:
        ModelError: it cannot be fitted so.
    """
    places = views.mixed(view.labels, view.folds[-1].learnt, view.params.train.seed, numbers=view.numbers)[:ROWS]
    found = view.fitting_score(view.fit(view.make(), places), places)
    said = f"of {len(places)} rows that it has learnt, the model scores {found:.3f}"
    chance = scores.chance(view.labels[places], numbers=view.numbers)
    fine = found >= ENOUGH or (view.linear and found > chance)
    if not fine:
        least = f"no more than chance ({chance:.3g})" if view.linear else f"less than {ENOUGH}"
        said += f", {least}: a fault in the features, or a model that is held back; loosen train.params"
    check = Check(NAME, "fine" if fine else "warning", said)
    return Finding(check, {"rows": len(places), "score": found})
