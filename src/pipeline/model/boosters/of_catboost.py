"""CatBoost: its trees are kept as its own binary."""

import inspect
import json
from collections.abc import Sequence
from typing import Any

import catboost
import numpy as np

from pipeline.model.boosters.libraries import Answer, Settings

ERRORS = (catboost.CatBoostError,)
HEAD = b"CBM1"
QUIET = {"logging_level": "Silent"}
LOUD = ("verbose", "verbose_eval", "silent", "logging_level")
KEPT = "loss_function"
"""Of the settings that stand beside the trees: what an answer needs."""


def known(name: str) -> Sequence[str]:
    """All of the class."""
    return [*inspect.signature(getattr(catboost, name)).parameters]


def grow(how: Settings, features: Any, labels: np.ndarray) -> bytes:
    """Trees, in CatBoost's own format; beside them stood the clock, a number drawn anew each time, and threads."""
    quiet = {} if any(each in how.params for each in LOUD) else QUIET
    fixed = {"random_seed": how.seed, "thread_count": how.threads}
    made = getattr(catboost, how.name)(**quiet | how.params, **fixed, allow_writing_files=False)
    made.fit(catboost.Pool(_arranged(features, how), labels))
    beside = made.get_metadata()
    kept = json.dumps({KEPT: json.loads(beside["params"])[KEPT]}, sort_keys=True)
    for each in list(beside.keys()):
        del beside[each]
    beside["params"] = kept
    content: bytes = made._serialize_model()
    return content


def read(content: bytes, how: Settings) -> Answer:
    """What they answer."""
    made = (catboost.CatBoost if how.classes else catboost.CatBoostRegressor)().load_model(blob=content)
    asked: dict[str, Any] = {"thread_count": how.threads}
    if how.classes:
        asked |= {"prediction_type": "Probability"}

    def answer(features: Any) -> np.ndarray:
        said: np.ndarray = made.predict(_arranged(features, how), **asked)
        return said

    return answer


def _arranged(features: Any, how: Settings) -> Any:
    """Features as CatBoost takes them: categories are words, of which one stands for a gap."""
    if not how.categories:
        return features
    codes = np.nan_to_num(features[:, : how.categories], nan=-1).astype(int).astype(bytes).astype(object)
    rest = np.ascontiguousarray(features[:, how.categories :], dtype=np.float32)
    return catboost.FeaturesData(rest if rest.shape[1] else None, codes)
