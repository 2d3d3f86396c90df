"""The libraries of boosted trees that are known here, and what each must be able to do."""

import importlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, cast

import numpy as np

from pipeline.errors import ModelError, absent_library

NAMES = {
    "xgboost": ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor"),
    "catboost": ("CatBoostClassifier", "CatBoostRegressor"),
}
"""The classes of each."""
PATHS = tuple(f"{library}.{name}" for library, names in NAMES.items() for name in names)
Answer = Callable[[Any], np.ndarray]
"""(rows, features) -> (rows, classes) of chances, of two classes perhaps of the second alone; or (rows,) of numbers."""


class Settings(NamedTuple):
    """How trees are grown, and how they answer."""

    name: str
    """The library's class."""
    params: dict[str, Any]
    """Its parameters, but for what follows."""
    seed: int
    threads: int
    categories: int
    """How many of the features, from the first on, are codes of categories, nan where there is none."""
    classes: bool


class Library(Protocol):
    """One library, as the module of it that lies beside this one."""

    ERRORS: tuple[type[Exception], ...]
    """What it raises at rows and parameters that it was not made for."""
    HEAD: bytes
    """What its format begins with; its reader, which is no Python, may end the process at bytes of another one."""

    def known(self, name: str) -> Sequence[str]:
        """The parameters that a class takes."""

    def grow(self, how: Settings, features: Any, labels: np.ndarray) -> bytes:
        """Trees in the library's own format, and nothing in it of clock, threads or paths; classes count from 0."""

    def read(self, content: bytes, how: Settings) -> Answer:
        """What such trees answer."""


def path_of(cls: type) -> str | None:
    """The path of a class that is known here, from wherever it was imported."""
    path = f"{cls.__module__.partition('.')[0]}.{cls.__name__}"
    return path if path in PATHS else None


def of(path: str) -> Library:
    """The library of a path.

    Raises:
        ModelError: it is not installed, or lacks a library of the system, or the path is none of PATHS.
    """
    if path not in PATHS:
        raise ModelError(f"{path!r} grows no trees that are known here; there are: {', '.join(PATHS)}")
    name = path.partition(".")[0]
    try:
        return cast(Library, importlib.import_module(f"pipeline.model.boosters.of_{name}"))
    except (ImportError, OSError, ValueError) as error:  # a ValueError: what XGBoost makes of the system's OSError
        if lacking := absent_library(error):
            raise ModelError(f"the model needs {name}, which cannot be loaded: {lacking}") from None
        raise ModelError(f"the model needs {name}, which is not there ({error}); `mainline add {name}`") from None
