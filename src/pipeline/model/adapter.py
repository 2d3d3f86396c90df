"""A Framework as an estimator of scikit-learn's: what of it is saved are plain values and the bytes that it gives."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from pipeline import own
from pipeline.errors import ModelError, PipelineError, brief
from pipeline.model.framework import Classes, Framework

SOME = 32


class _Adapted(BaseEstimator):  # type: ignore[misc]
    """A model by the protocol.

    Args:
        path: of its class, a Framework in src/pipeline.
        params: what the class is made with.
    """

    def __init__(self, path: str, params: dict[str, Any]) -> None:
        self.path = path
        self.params = params

    def _learn(self, features: Any, labels: np.ndarray, classes: Classes) -> None:
        with _in_one_line(self.path):
            model = self._made()
            model.fit(features, labels, classes)
            content = model.save()
        if not isinstance(content, bytes):
            raise ValueError(f"save gives {type(content).__name__}, and has to give bytes")
        self.n_features_in_ = features.shape[1]
        self.content_ = np.frombuffer(content or b"\0", dtype=np.uint8)[: len(content)]
        self._read()  # so that it is asked as it will be once it is loaded
        if not np.allclose(self._asked(features[:1]), self._asked(features[:SOME])[:1], rtol=1e-3):
            raise ValueError("it answers a row in another way where others are beside it; each is one by itself")

    def _made(self) -> Framework:
        cls = own.named(self.path, Framework)
        if cls is None:
            raise ModelError(f"{self.path!r} is no class of src/pipeline that derives from Framework")
        made: Framework = cls(**self.params)
        return made

    def _read(self) -> None:
        with _in_one_line(self.path):
            self._model = self._made()
            self._model.load(self.content_.tobytes())

    def _asked(self, features: Any) -> np.ndarray:
        """(rows, classes) of chances, or (rows,) of numbers."""
        check_is_fitted(self)
        if features.shape[1] != self.n_features_in_:
            raise ValueError(f"{features.shape[1]} features, and the model knows {self.n_features_in_}")
        with _in_one_line(self.path):
            said = np.asarray(self._model.predict(features), dtype=np.float64)
        rows, classes = features.shape[0], len(getattr(self, "classes_", ()))
        if said.shape == (rows, 1) and classes in (0, 2):
            said = said[:, 0]
        if classes == 2 and said.shape == (rows,):
            said = np.column_stack([1 - said, said])
        if said.shape != (wanted := (rows, classes) if classes else (rows,)):
            raise ValueError(f"it answers {rows} rows with an array of {said.shape}, and {wanted} is asked for")
        return said

    def __getstate__(self) -> dict[str, Any]:
        return {name: said for name, said in vars(self).items() if name != "_model"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if hasattr(self, "content_"):
            self._read()


class AdaptedClassifier(ClassifierMixin, _Adapted):  # type: ignore[misc]
    """Of classes, whatever they are called."""

    def fit(self, features: Any, labels: np.ndarray) -> "AdaptedClassifier":
        """Learn: (rows, features), (rows,)."""
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"all rows are {self.classes_[0]!r}; there is nothing to tell apart")
        self._learn(features, codes, tuple(self.classes_.tolist()))
        return self

    def predict_proba(self, features: Any) -> np.ndarray:
        """(rows, classes) of chances."""
        return self._asked(features)

    def predict(self, features: Any) -> np.ndarray:
        """(rows,) of labels."""
        said: np.ndarray = self.classes_[self._asked(features).argmax(axis=1)]
        return said


class AdaptedRegressor(RegressorMixin, _Adapted):  # type: ignore[misc]
    """Of numbers."""

    def fit(self, features: Any, labels: np.ndarray) -> "AdaptedRegressor":
        """Learn: (rows, features), (rows,)."""
        self._learn(features, np.asarray(labels, dtype=np.float64), None)
        return self

    def predict(self, features: Any) -> np.ndarray:
        """(rows,) of numbers."""
        return self._asked(features)


@contextmanager
def _in_one_line(path: str) -> Iterator[None]:
    """Whatever a library raises, and any may be behind it, is a ValueError."""
    try:
        yield
    except (PipelineError, ImportError, ValueError):
        raise
    except Exception as error:
        raise ValueError(f"{path.rpartition('.')[2]}: {type(error).__name__}: {brief(error)}") from None
