"""LightGBM: its trees are kept as its own text."""

from collections.abc import Sequence
from typing import Any

import lightgbm
import numpy as np

from pipeline.model.boosters.libraries import Answer, Settings

ERRORS = (lightgbm.basic.LightGBMError,)
HEAD = b"tree\n"
QUIET = {"verbosity": -1}
# else it takes the way that was faster when it had tried both, and they differ in the last bits
STEADY, ONE_WAY, OTHER_WAY = {"deterministic": True}, "force_row_wise", "force_col_wise"
BEHIND = "\nparameters:\n"
"""Where the trees end, and the settings begin that they were grown with, threads among them; no answer needs those."""


def known(name: str) -> Sequence[str]:
    """Those of the class, and all that the library itself lists, with their other names."""
    listed = lightgbm.basic._ConfigAliases._get_all_param_aliases()
    return [*getattr(lightgbm, name)().get_params(), *listed, *(each for names in listed.values() for each in names)]


def grow(how: Settings, features: Any, labels: np.ndarray) -> bytes:
    """Trees, as text."""
    usual: dict[str, Any] = {**STEADY, ONE_WAY: not how.params.get(OTHER_WAY)}
    usual |= {} if "verbose" in how.params else QUIET
    made = getattr(lightgbm, how.name)(**usual | how.params, random_state=how.seed, n_jobs=how.threads)
    made.fit(features, labels, categorical_feature=[*range(how.categories)] or "auto")
    text: str = made.booster_.model_to_string()
    return (text.partition(BEHIND)[0] + "\n").encode()


def read(content: bytes, how: Settings) -> Answer:
    """What they answer."""
    booster = lightgbm.Booster(model_str=content.decode())

    def answer(features: Any) -> np.ndarray:
        return np.asarray(booster.predict(features, num_threads=how.threads))

    return answer
