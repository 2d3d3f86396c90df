"""The protocol by which a model of any library takes part in the line: fit, save, load, and predict a batch."""

from abc import ABC, abstractmethod
from typing import Any

import numpy as np

from pipeline.sections import Label

Classes = tuple[Label, ...] | None
"""The labels of a classification, in order; None of a regression."""


class Framework(ABC):
    """A model of a library that has no interface of scikit-learn's; docs/frameworks.md has an example.

    A class that derives from it, anywhere in src/pipeline, is named in train.estimator. Its parameters, train.params,
    are those of its __init__, by name; a parameter random_state gets train.seed. The rest is done for it: labels are
    counted, answers checked, and what `save` gives is kept in models/model.skops.
    """

    @abstractmethod
    def fit(self, features: Any, labels: np.ndarray, classes: Classes) -> None:
        """Learn; the same rows have to give the same bytes.

        Args:
            features: (rows, features) of float64 without gaps; a sparse matrix where there is a column of text.
            labels: (rows,) the place of each row's label among the classes, or its number.
            classes: what there is to tell apart, in order; None where numbers are foretold.
        """

    @abstractmethod
    def save(self) -> bytes:
        """What was learnt, in a format that runs no code when it is read; nothing of clock, paths or threads."""

    @abstractmethod
    def load(self, content: bytes) -> None:
        """Be what was saved; called of an object that was made anew, in another process and on another machine."""

    @abstractmethod
    def predict(self, features: Any) -> np.ndarray:
        """Answer for a batch, each row by itself: (rows, features), of one row or of thousands.

        Returns:
            (rows, classes) of chances in the order of the classes, of two classes perhaps (rows,) of the second alone;
            (rows,) of numbers for a regression.
        """
