"""All looks at one model, in order: with shuffled labels first, before any step could have seen the true ones."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from pipeline.diagnose import few, importance, itself, learning, remarks, scores, seeds, shuffled, simpler, staleness
from pipeline.diagnose import view as views
from pipeline.diagnose.finding import Finding, Trying, rounded
from pipeline.diagnose.itself import Itself
from pipeline.diagnose.view import View
from pipeline.model import suspicion
from pipeline.params import Params

Told = tuple[dict[str, Any], pd.DataFrame]
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
    seen = views.of(train, params)
    if unfit := seen.unfit:
        return NOTHING | {"remarks": [f"nothing is looked at: {unfit}"]}, NO_ANSWERS
    tried = Trying(told)
    with remarks.kept() as said:
        leak = tried(shuffled.NAME, lambda: shuffled.look(seen))
        own = tried(itself.NAME, lambda: itself.ask(seen))
        found, answers = _looked(seen, own, leak, tried, len(train)) if own else (_checked([leak]), NO_ANSWERS)
    return rounded(found | {"remarks": tried.failed + said}), answers


def _looked(seen: View, own: Itself, leak: Finding | None, tried: Trying, train: int) -> Told:
    small = tried(few.NAME, lambda: few.look(seen))
    others = tried(simpler.NAME, lambda: simpler.look(seen, own))
    lucky = tried(seeds.NAME, lambda: seeds.look(seen, own, simpler.gain(seen, own, others)))
    columns = tried(importance.NAME, lambda: importance.look(seen, own))
    curve = tried(learning.NAME, lambda: learning.look(seen, own, train))
    aged = tried(staleness.NAME, lambda: staleness.look(seen))
    found = _checked([leak, small, others, lucky, columns, curve, aged]) | {
        "score": "r2" if seen.numbers else "balanced_accuracy",
        "chance": scores.chance(seen.labels[seen.held], numbers=seen.numbers),
        "rows": len(seen.rows),
        "of": train,
        "folds": len(seen.folds),
        "model": {
            "estimator": seen.about.estimator,
            "score": own.score,
            "se": own.se,
            "train_score": own.train_score,
        },
        "shuffled": leak and leak.figures,
        "few": small and small.figures,
        "simpler": others.figures if others else [],
        "seeds": lucky and lucky.figures,
        "features": columns.figures if columns else [],
        "learning": curve and curve.figures,
        "staleness": aged and aged.figures,
    }
    labels = seen.rows[seen.about.target][own.answers.index]
    return found, own.answers.assign(suspicion=suspicion.of(own.answers, labels))


def _checked(findings: list[Finding | None]) -> dict[str, Any]:
    return NOTHING | {"checks": [each.check._asdict() for each in findings if each]}
