"""The same model from other random numbers: a gain that comes and goes with the seed is luck."""

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.itself import Itself
from pipeline.diagnose.view import View
from pipeline.model.boosters.parameters import SEEDS

MORE = 2
NAME = "seeds"


def look(view: View, own: Itself, gain: float) -> Finding | None:
    """Fit the model from two more seeds.

    Args:
        own: the models from the seed of params.yaml.
        gain: what they score beyond the best simpler model.

    Returns:
        None where the estimator draws nothing.

    Raises:
        ModelError: it cannot be fitted so.
    """
    if "random_state" not in own.models[0][-1].get_params(deep=False):
        return None
    first = _seeded(view, 1)
    held = view.features.iloc[view.folds[0].held]
    view.fit(first, view.folds[0].learnt)
    if _same(first, own.models[0], held):
        return None
    found = [own.score]
    for number in range(1, MORE + 1):
        answers = view.out_of_fold(
            lambda at, fold, number=number: (  # type: ignore[misc]
                first if (at, number) == (0, 1) else view.fit(_seeded(view, number), fold.learnt)
            )
        )
        found.append(view.score(view.credit(answers))[0])
    spread = max(found) - min(found)
    lucky = spread > gain / 2 > 0
    said = f"{len(found)} seeds give {min(found):.3f} to {max(found):.3f}"
    if lucky:
        said += f": over half of the gain over the best simpler model ({gain:.3f}); average several, or simplify"
    check = Check(NAME, "warning" if lucky else "fine", said)
    return Finding(check, {"scores": found, "spread": spread, "gain": gain})


def _seeded(view: View, number: int) -> Pipeline:
    train = view.params.train
    params: dict[str, Any] = {name: value for name, value in train.params.items() if name not in SEEDS}
    return view.make(seed=train.seed + number, params=params)


def _same(one: Pipeline, other: Pipeline, features: Any) -> bool:
    ask = "predict_proba" if hasattr(one, "predict_proba") else "predict"
    return bool(np.array_equal(getattr(one, ask)(features), getattr(other, ask)(features)))
