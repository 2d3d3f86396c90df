"""All looks at one model, in order: with shuffled labels first, before any step could have seen the true ones."""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from pipeline.diagnose import few, importance, learning, scores, seeds, shuffled, simpler, staleness, view
from pipeline.diagnose.view import Check, View
from pipeline.errors import ModelError
from pipeline.model import folds, suspicion
from pipeline.params import Params

Told = tuple[dict[str, Any], pd.DataFrame]
OF_TOMORROW = (FutureWarning, DeprecationWarning, PendingDeprecationWarning)
NOTHING: dict[str, Any] = {"rows": 0, "checks": []}
NO_ANSWERS = pd.DataFrame({"row_id": pd.Series(dtype="str")})


def look(train: pd.DataFrame, params: Params, told: Callable[[str], None] = lambda _: None) -> Told:
    """Look at the model that params.yaml asks for.

    Args:
        train: (rows, row_id + features + target), parsed.
        told: is told what is about to be looked at.

    Returns:
        What metrics/diagnosis.json holds, and the out-of-fold answers.
    """
    if not params.diagnose.rows:
        return NOTHING, NO_ANSWERS
    seen = view.of(train, params)
    if not seen.folds:
        said = f"{len(seen.rows)} training rows cannot be shared out so that two classes are left to learn"
        return NOTHING | {"remarks": [f"nothing is looked at: {said}; bring more data"]}, NO_ANSWERS
    with _remarks() as remarks:
        found, answers = _looked(seen, len(train), told)
    return _rounded(found | {"remarks": remarks + found["remarks"]}), answers


def _looked(seen: View, train: int, told: Callable[[str], None]) -> Told:
    failed: list[str] = []

    def tried(name: str, ask: Callable[[], Any]) -> Any:
        told(name)
        try:
            return ask()
        except ModelError:  # its text may quote cells
            failed.append(f"{name}: not looked at, as the model cannot be fitted to these rows")
            return None

    first = tried(shuffled.NAME, lambda: shuffled.look(seen))
    told("rows it has not seen")
    about = seen.about
    answers, models = folds.answers(seen.rows, seen.folds, about, seen.make)
    said = answers["prediction"].to_numpy()
    credits = seen.credit(said)
    score, se = seen.score(credits)
    own = [seen.fitting_score(model, fold.learnt) for model, fold in zip(models, seen.folds, strict=True)]
    small = tried(few.NAME, lambda: few.look(seen))
    told(simpler.NAME)
    others = simpler.look(seen, models)
    check, gain = _against(seen, others, score)
    lucky = tried(seeds.NAME, lambda: seeds.look(seen, models, score, gain))
    told("columns")
    columns, left = importance.look(seen, models, said)
    curve = tried("the learning curve", lambda: learning.look(seen, models, said, train))
    aged = tried(staleness.NAME, lambda: staleness.look(seen))
    checks = [each[0] for each in (first, small) if each] + [check] + [each[0] for each in (lucky,) if each]
    checks.append(Check("columns", "fine", importance.said_of(columns, left)))
    checks += [_curve(curve["doubled"])] if curve else []
    checks += [aged[0]] if aged else []
    found = {
        "score": "r2" if seen.numbers else "balanced_accuracy",
        "chance": scores.chance(seen.labels[seen.held], numbers=seen.numbers),
        "rows": len(seen.rows),
        "of": train,
        "folds": len(seen.folds),
        "model": {"estimator": about.estimator, "score": score, "se": se, "train_score": float(np.mean(own))},
        "checks": [each._asdict() for each in checks],
        "shuffled": first and first[1],
        "few": small and small[1],
        "simpler": [_figures(seen, each) for each in others],
        "seeds": lucky and lucky[1],
        "features": columns,
        "learning": curve,
        "staleness": aged and aged[1],
        "remarks": failed,
    }
    return found, answers.assign(suspicion=suspicion.of(answers, seen.rows[about.target][answers.index]))


def _against(seen: View, others: list[dict[str, Any]], score: float) -> tuple[Check, float]:
    """Whether the model beats all simpler ones, and by how much."""
    compared = [each for each in others if simpler.comparable(each["name"], seen.about.estimator)]
    best, most = max(((each["name"], seen.score(each["credit"])[0]) for each in compared), key=lambda each: each[1])
    said = f"the model scores {score:.3f}, and the best simpler one ({best}) {most:.3f}"
    if score > most:
        return Check(simpler.NAME, "fine", said), score - most
    return Check(simpler.NAME, "warning", f"{said}: take that one, or find out what holds this one back"), score - most


def _figures(seen: View, simple: dict[str, Any]) -> dict[str, Any]:
    score, se = seen.score(simple["credit"])
    return {"name": simple["name"], "estimator": simple["estimator"], "score": score, "se": se}


def _curve(doubled: dict[str, float]) -> Check:
    said = f"{doubled['gain']:+.3f} ({doubled['low']:+.3f} to {doubled['high']:+.3f})"
    return Check(learning.NAME, "fine", said + (", by the learning curve" if doubled["low"] > 0 else ", if anything"))


@contextmanager
def _remarks() -> Iterator[list[str]]:
    """What libraries warn of, once each; of others than scikit-learn's, which may quote cells, the kind."""
    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield found
    said = Counter(_remark(each) for each in caught if not issubclass(each.category, OF_TOMORROW))
    found += [f"{text} (in {count} fits or answers)" if count > 1 else text for text, count in sorted(said.items())]


def _remark(caught: warnings.WarningMessage) -> str:
    kind = caught.category
    lines = str(caught.message).strip().splitlines()
    return f"{kind.__name__}: {lines[0]}" if lines and kind.__module__.startswith("sklearn.") else kind.__name__


def _rounded(found: Any) -> Any:
    """The same figures to six digits, which another machine computes, too."""
    if isinstance(found, dict):
        return {name: _rounded(each) for name, each in found.items()}
    if isinstance(found, list | tuple):
        return [_rounded(each) for each in found]
    if isinstance(found, float | np.floating):
        return round(float(found), 6) + 0.0 if np.isfinite(found) else None
    return found
