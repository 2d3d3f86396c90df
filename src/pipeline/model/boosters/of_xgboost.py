"""XGBoost: its trees are kept as its own UBJSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import xgboost

from pipeline.model.boosters.libraries import Answer, Settings

ERRORS = (xgboost.core.XGBoostError,)
HEAD = b"{L"
QUIET = {"verbosity": 0}


def known(name: str) -> Sequence[str]:
    """Those of the class, and what trees themselves know under other names: eta, lambda."""
    some = xgboost.DMatrix(np.zeros((1, 1)), nthread=1)
    settings = json.loads(xgboost.Booster({"nthread": 1}, cache=[some]).save_config())["learner"]
    return [*getattr(xgboost, name)().get_params(), *_leaves(settings)]


def _leaves(settings: dict[str, Any]) -> Iterator[str]:
    for name, said in settings.items():
        if isinstance(said, dict):
            yield from _leaves(said)
        else:
            yield name


def grow(how: Settings, features: Any, labels: np.ndarray) -> bytes:
    """Trees, as UBJSON."""
    fixed: dict[str, Any] = {"random_state": how.seed, "n_jobs": how.threads}
    if how.categories:
        kinds = ["c"] * how.categories + ["q"] * (features.shape[1] - how.categories)
        fixed |= {"enable_categorical": True, "feature_types": kinds}
    made = getattr(xgboost, how.name)(**QUIET | how.params | fixed)
    made.fit(features, labels)
    return bytes(made.get_booster().save_raw("ubj"))


def read(content: bytes, how: Settings) -> Answer:
    """What they answer, as 64-bit numbers; chances of several classes add up to 1 as such."""
    booster = xgboost.Booster({"nthread": how.threads}, model_file=bytearray(content))
    gap, straight = how.params.get("missing", np.nan), how.params.get("booster") == "gblinear"

    def answer(features: Any) -> np.ndarray:
        if straight:  # which XGBoost does not ask in place
            said = booster.predict(xgboost.DMatrix(features, missing=gap, nthread=how.threads))
        else:
            said = booster.inplace_predict(features, missing=gap)
        wide: np.ndarray = said.astype("float64")
        return wide / wide.sum(axis=1, keepdims=True) if how.classes and wide.ndim == 2 else wide

    return answer
