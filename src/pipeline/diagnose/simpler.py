"""Simpler models on the same folds, after the same preprocessing: a model must be better than all of them."""

import warnings
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.diagnose.view import View

NAME = "simpler models"
DEPTH = 3


def look(view: View, models: list[Pipeline]) -> list[dict[str, Any]]:
    """Score three simpler models.

    Args:
        models: the model of each fold, whose preprocessing is used again.

    Returns:
        For each its name, its estimator, and its answers' credit (held,).
    """
    simple = _of_numbers() if view.numbers else _of_classes(view.params.train.seed)
    said = {name: np.empty(len(view.labels), view.labels.dtype if not view.numbers else "float64") for name in simple}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # these models are ours: what a library has to say of them helps nobody
        for fold, model in zip(view.folds, models, strict=True):
            plain = model[:-1]
            scaled = plain if view.params.train.scale else view.fit(view.make(scale=True)[:-1], fold.learnt)
            made: dict[int, tuple[Any, Any]] = {}
            for name, estimator in simple.items():
                step = scaled if name == "linear" else plain
                if id(step) not in made:
                    made[id(step)] = tuple(step.transform(view.features.iloc[at]) for at in fold)
                learnt, held = made[id(step)]
                estimator.fit(learnt, view.labels[fold.learnt])
                said[name][fold.held] = estimator.predict(held)
    return [
        {
            "name": name,
            "estimator": f"{type(each).__module__.partition('._')[0]}.{type(each).__name__}",
            "credit": view.credit(said[name][view.held]),
        }
        for name, each in simple.items()
    ]


def comparable(name: str, estimator: str) -> bool:
    """Whether a simpler model says something of this one: a linear model is not beaten by another."""
    return not (name == "linear" and estimator.startswith("sklearn.linear_model."))


def _of_classes(seed: int) -> dict[str, Any]:
    return {
        "dummy": DummyClassifier(),
        "linear": LogisticRegression(max_iter=200),
        "small tree": DecisionTreeClassifier(max_depth=DEPTH, random_state=seed),
    }


def _of_numbers() -> dict[str, Any]:
    return {
        "dummy": DummyRegressor(),
        "linear": Ridge(),
        "small tree": DecisionTreeRegressor(max_depth=DEPTH, random_state=0),
    }
