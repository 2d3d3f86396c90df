"""What is looked at: some of the training rows, brought into the model's form once, and their folds."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.diagnose import scores
from pipeline.errors import FAILURES, ModelError, brief
from pipeline.model import fitting, folds, predicting
from pipeline.model.folds import Fold
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import keys

SALT = "diagnose\0"
"""What the hash of a choice begins with: another one than a side's."""


@dataclass(frozen=True)
class View:
    """Training rows, and all that every question about them needs."""

    params: Params
    rows: pd.DataFrame
    """(rows, row_id + features + target), parsed."""
    about: Signature
    features: pd.DataFrame
    """(rows, features), conformed."""
    labels: np.ndarray
    folds: tuple[Fold, ...]

    @property
    def numbers(self) -> bool:
        """Whether the target is a number, not a class."""
        return self.about.classes is None

    @property
    def unfit(self) -> str:
        """Why nothing can be looked at, and what helps; empty where it can."""
        rows, most = len(self.rows), self.params.diagnose.rows
        if not rows:
            return f"rows that belong together are more than diagnose.rows: {most}; raise it"
        if not self.folds or len(set(self.labels[self.held].tolist())) < 2:
            return f"{rows} training rows cannot be shared out so that labels differ in each part; bring more data"
        return ""

    @cached_property
    def held(self) -> np.ndarray:
        """Places of the rows that some fold holds out, rising; each is in one."""
        return np.sort(np.concatenate([fold.held for fold in self.folds]))

    @cached_property
    def weights(self) -> np.ndarray:
        """A bootstrap of the held rows, by their keys: (draws, held)."""
        named = keys.of(self.rows, self.params).to_numpy()[self.held]
        return scores.draws(np.unique(named, return_inverse=True)[1], self.params.train.seed)

    @property
    def linear(self) -> bool:
        """Whether it is one of scikit-learn's linear models."""
        return self.about.estimator.startswith("sklearn.linear_model.")

    def make(self, **changes: Any) -> Pipeline:
        """The model of params.yaml, unfitted, with other values of the section train."""
        return fitting.unfitted(self.params.train.model_copy(update=changes), self.about, self.rows)

    def fit(self, model: Pipeline, places: np.ndarray, labels: np.ndarray | None = None) -> Pipeline:
        """Fit a model to rows at these places, with their labels or others.

        Raises:
            ModelError: it fails on them.
        """
        labels = self.labels if labels is None else labels
        return fitting.fit_conformed(self.features.iloc[places], labels[places], model, self.about)

    def says(self, model: Any, features: Any) -> np.ndarray:
        """A class, or a number, for each row: (rows,).

        Raises:
            ModelError: it fails on them.
        """
        try:
            told = predicting.answer(model, self.about, features)
        except FAILURES as error:
            raise ModelError(f"{self.about.estimator} failed on rows that it has not seen: {brief(error)}") from None
        said: np.ndarray = told if self.numbers else np.asarray(model.classes_)[told.argmax(axis=1)]
        return said

    def out_of_fold(self, fitted: Callable[[int, Fold], Pipeline]) -> np.ndarray:
        """What models say of the rows that they have not seen: (held,).

        Args:
            fitted: the model that has learnt a fold's rows, by its number.
        """
        said: np.ndarray = np.empty(len(self.labels), dtype="float64" if self.numbers else self.labels.dtype)
        for number, fold in enumerate(self.folds):
            said[fold.held] = self.says(fitted(number, fold), self.features.iloc[fold.held])
        answers: np.ndarray = said[self.held]
        return answers

    def credit(self, said: np.ndarray) -> np.ndarray:
        """What answers for the held rows are worth: (..., held)."""
        return scores.credit(said, self.labels[self.held], numbers=self.numbers)

    def score(self, credits: np.ndarray) -> tuple[float, float]:
        """The score of answers for the held rows, and its standard error."""
        drawn = self.drawn(credits[None])[:, 0]
        return scores.score(credits, self.labels[self.held], numbers=self.numbers), scores.deviation(drawn)

    def drawn(self, credits: np.ndarray) -> np.ndarray:
        """Scores of several models over the bootstrap: (models, held) -> (draws, models)."""
        return scores.weighted(credits, self.labels[self.held], self.weights, numbers=self.numbers)

    def fitting_score(self, model: Pipeline, places: np.ndarray) -> float:
        """The score on rows that a model may have learnt from."""
        credits = scores.credit(self.says(model, self.features.iloc[places]), self.labels[places], numbers=self.numbers)
        return scores.score(credits, self.labels[places], numbers=self.numbers)


def of(train: pd.DataFrame, params: Params) -> View:
    """At most diagnose.rows of the training rows, by a hash of their keys, so that groups stay together."""
    about = fitting.describe(train, params)
    rows = train.iloc[_chosen(keys.of(train, params), params.diagnose.rows)].reset_index(drop=True)
    target = rows[about.target]
    shared = folds.most(rows, params, about) if target.nunique() > 1 else ()
    return View(params, rows, about, about.conform(rows), target.to_numpy(), shared)


def _chosen(named: pd.Series, most: int) -> np.ndarray:
    if len(named) <= most:
        return np.arange(len(named))
    sizes, taken = named.value_counts().to_dict(), set()
    for key in sorted(sizes, key=lambda key: keys.position(key, SALT)):
        if sizes[key] <= most:  # a group that would go beyond is left out
            taken.add(key)
            most -= sizes[key]
    return np.flatnonzero(named.isin(taken))


def mixed(labels: np.ndarray, places: np.ndarray, seed: int, *, numbers: bool) -> np.ndarray:
    """Places in an order whose every beginning has the classes in about the shares of all."""
    order = np.random.default_rng(seed).permutation(places)
    if numbers:
        return order
    named = pd.Series(labels[order])
    rank = named.groupby(named).cumcount()  # from 0, so that the first few rows have one of each class
    return order[np.argsort((rank / named.map(named.value_counts())).to_numpy(), kind="stable")]
