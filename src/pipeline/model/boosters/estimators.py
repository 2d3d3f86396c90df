"""Trees of another library as an estimator: what of it is saved are plain values and the library's own bytes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from pipeline.errors import brief
from pipeline.model.boosters import libraries
from pipeline.model.boosters.libraries import Answer, Settings

WEIGHTS = ("class_weight", "class_weights")
WHERE = re.compile(r"^(\[[\d:]+\] )?\S+:\d+: ")
"""What XGBoost and CatBoost say first: when, and where in their own code."""


class _Boosted(BaseEstimator):  # type: ignore[misc]
    """Trees that a library grows.

    Args:
        path: of its class, one of libraries.PATHS.
        params: what the class is made with, but for its seed and threads.
        random_state: the seed.
        n_jobs: threads, to grow and to answer.
        categories: how many of the features, from the first on, are codes of categories.
    """

    def __init__(
        self, path: str, params: dict[str, Any], random_state: int = 0, n_jobs: int = 1, categories: int = 0
    ) -> None:
        self.path = path
        self.params = params
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.categories = categories

    def _grow(self, features: Any, labels: np.ndarray, params: dict[str, Any]) -> None:
        with _in_one_line(self.path):
            content = libraries.of(self.path).grow(self._how(params), features, labels)
        self.n_features_in_ = features.shape[1]
        self.grown_ = np.frombuffer(content, dtype=np.uint8)
        self._read()

    def _how(self, params: dict[str, Any]) -> Settings:
        name, classes = self.path.partition(".")[2], isinstance(self, ClassifierMixin)
        return Settings(name, params, self.random_state, self.n_jobs, self.categories, classes)

    def _read(self) -> None:
        library, content = libraries.of(self.path), self.grown_.tobytes()
        if not content.startswith(library.HEAD):
            raise ValueError(f"not the trees of {self.path}")
        with _in_one_line(self.path):
            self._answer: Answer = library.read(content, self._how(self.params))

    def _asked(self, features: Any) -> np.ndarray:
        check_is_fitted(self)
        if features.shape[1] != self.n_features_in_:
            raise ValueError(f"{features.shape[1]} features, and the trees know {self.n_features_in_}")
        with _in_one_line(self.path):
            return self._answer(features)

    def __getstate__(self) -> dict[str, Any]:
        return {name: said for name, said in vars(self).items() if name != "_answer"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if hasattr(self, "grown_"):
            self._read()


class BoostedClassifier(ClassifierMixin, _Boosted):  # type: ignore[misc]
    """Of classes, whatever they are called: the library gets them as 0, 1, ... in their order."""

    def fit(self, features: Any, labels: np.ndarray) -> "BoostedClassifier":
        """Grow trees: (rows, features), (rows,)."""
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"all rows are {self.classes_[0]!r}; there is nothing to tell apart")
        weighed = {
            name: {code: said.get(label, 1.0) for code, label in enumerate(self.classes_.tolist())}
            for name, said in self.params.items()
            if name in WEIGHTS and isinstance(said, dict)
        }
        self._grow(features, codes, self.params | weighed)
        return self

    def predict_proba(self, features: Any) -> np.ndarray:
        """(rows, classes) of chances."""
        said = self._asked(features)
        return np.column_stack([1 - said, said]) if said.ndim == 1 else said

    def predict(self, features: Any) -> np.ndarray:
        """(rows,) of labels."""
        said: np.ndarray = self.classes_[self.predict_proba(features).argmax(axis=1)]
        return said


class BoostedRegressor(RegressorMixin, _Boosted):  # type: ignore[misc]
    """Of numbers."""

    def fit(self, features: Any, labels: np.ndarray) -> "BoostedRegressor":
        """Grow trees: (rows, features), (rows,)."""
        self._grow(features, labels, self.params)
        return self

    def predict(self, features: Any) -> np.ndarray:
        """(rows,) of numbers."""
        said = self._asked(features)
        if said.shape != (features.shape[0],):
            raise ValueError("the trees answer a row with several numbers; choose another objective")
        return said


@contextmanager
def _in_one_line(path: str) -> Iterator[None]:
    """What a library raises is a ValueError, without the place in the library's own code."""
    try:
        yield
    except libraries.of(path).ERRORS as error:
        raise ValueError(WHERE.sub("", brief(error))) from None
