"""Simpler models on the same folds, after the same preprocessing: a model must be better than all of them."""

import warnings
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.itself import Itself
from pipeline.diagnose.view import View
from pipeline.model.folds import Fold

NAME = "simpler models"
DEPTH = 3


def look(view: View, own: Itself) -> Finding:
    """Score three simpler models, after the preprocessing of the model itself."""
    simple = _of_numbers() if view.numbers else _of_classes(view.params.train.seed)
    answers = _answers(view, own, simple)
    figures = []
    for name, each in simple.items():
        score, se = view.score(view.credit(answers[name][view.held]))
        estimator = f"{type(each).__module__.partition('._')[0]}.{type(each).__name__}"
        figures.append({"name": name, "estimator": estimator, "score": score, "se": se})
    return Finding(_check(own.score, _best(view, figures)), figures)


def gain(view: View, own: Itself, found: Finding | None) -> float:
    """By how much the model beats all simpler ones; 0 where they were not looked at."""
    return own.score - _best(view, found.figures)["score"] if found else 0.0


def _best(view: View, figures: list[dict[str, Any]]) -> dict[str, Any]:
    """The best that says something of this model: a linear one is not beaten by another."""
    compared = [each for each in figures if not (view.linear and each["name"] == "linear")]
    return max(compared, key=lambda each: each["score"])


def _check(score: float, best: dict[str, Any]) -> Check:
    said = f"the model scores {score:.3f}, and the best simpler one ({best['name']}) {best['score']:.3f}"
    if score > best["score"]:
        return Check(NAME, "fine", said)
    return Check(NAME, "warning", f"{said}: take that one, or find out what holds this one back")


def _answers(view: View, own: Itself, simple: dict[str, Any]) -> dict[str, np.ndarray]:
    """What each simpler model says of the rows that it has not seen: (rows,), where they are held out."""
    said = {name: np.empty(len(view.labels), "float64" if view.numbers else view.labels.dtype) for name in simple}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # these models are ours: what a library has to say of them helps nobody
        for fold, model in zip(view.folds, own.models, strict=True):
            plain = scaled = _arranged(view, fold, model[:-1])
            if view.params.train.categories == "native":  # which these cannot read
                plain = _arranged(view, fold, view.fit(view.make(categories="onehot")[:-1], fold.learnt))
            if not view.params.train.scale or view.params.train.categories == "native":
                changed = view.make(scale=True, categories="onehot")
                scaled = _arranged(view, fold, view.fit(changed[:-1], fold.learnt))
            for name, estimator in simple.items():
                learnt, held = scaled if name == "linear" else plain
                said[name][fold.held] = estimator.fit(learnt, view.labels[fold.learnt]).predict(held)
    return said


def _arranged(view: View, fold: Fold, columns: Pipeline) -> tuple[Any, Any]:
    learnt, held = (columns.transform(view.features.iloc[places]) for places in fold)
    return learnt, held


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
