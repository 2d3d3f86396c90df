"""What is tried where params.yaml names no models, and what is always tried first."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.model.signature import Signature
from pipeline.search.space import today
from pipeline.sections import Candidate, Train

FOREST = {
    "n_estimators": 200,
    "min_samples_leaf": {"low": 1, "high": 50, "log": True},
    "max_features": ["sqrt", 0.3, 1.0],
}
BOOSTING = {
    "learning_rate": {"low": 0.02, "high": 0.3, "log": True},
    "max_iter": {"low": 50, "high": 300, "step": 50},
    "max_leaf_nodes": [7, 15, 31, 63],
    "min_samples_leaf": {"low": 5, "high": 100, "log": True},
    "l2_regularization": {"low": 0.001, "high": 10.0, "log": True},
}
RATES = {"low": 0.02, "high": 0.3, "log": True}
COUNTS = {"low": 50, "high": 300, "step": 50}
SHARES = {"low": 0.5, "high": 1.0}
BOOSTERS: dict[str, dict[str, Any]] = {
    "xgboost": {
        "learning_rate": RATES,
        "n_estimators": COUNTS,
        "max_depth": {"low": 3, "high": 10},
        "min_child_weight": {"low": 1, "high": 30, "log": True},
        "subsample": SHARES,
        "colsample_bytree": SHARES,
        "reg_lambda": {"low": 0.01, "high": 10.0, "log": True},
    },
    "lightgbm": {
        "learning_rate": RATES,
        "n_estimators": COUNTS,
        "num_leaves": [7, 15, 31, 63],
        "min_child_samples": {"low": 5, "high": 100, "log": True},
        "subsample": SHARES,
        "subsample_freq": 1,
        "colsample_bytree": SHARES,
        "reg_lambda": {"low": 0.01, "high": 10.0, "log": True},
    },
    "catboost": {
        "learning_rate": RATES,
        "iterations": COUNTS,
        "depth": {"low": 3, "high": 8},
        "l2_leaf_reg": {"low": 0.5, "high": 20.0, "log": True},
    },
}
"""By library, for whichever of its classes is tried without params."""
LOGISTIC = {"C": {"low": 0.01, "high": 100.0, "log": True}, "max_iter": 1000}
BALANCED = {"class_weight": [None, "balanced"]}
TEXTS = [None, {"ngrams": [1, 2]}, {"analyzer": "char", "ngrams": [2, 4]}]
"""Words, words and pairs of them, characters."""


def models(about: Signature, train: Train) -> tuple[Candidate, ...]:
    """Linear, boosted trees and a forest; where there are texts, linear alone, which reads them in several ways.

    And today's, where it is of one of BOOSTERS.
    """
    texts = {column.name: TEXTS for column in about.features if column.kind == "text"}
    numbers = about.task == "regression"
    found: list[dict[str, Any]] = [{"scale": True, "columns": texts}]
    if numbers:
        found[0] |= {"estimator": "sklearn.linear_model.Ridge", "params": {"alpha": LOGISTIC["C"]}}
    else:
        found[0] |= {"estimator": "sklearn.linear_model.LogisticRegression", "params": {**LOGISTIC, **BALANCED}}
    if not texts:  # of thousands of words, of which a row has few, trees are slow and no better
        kind, params = ("Regressor", FOREST) if numbers else ("Classifier", {**FOREST, **BALANCED})
        found += [
            {"estimator": f"sklearn.ensemble.RandomForest{kind}", "params": params, "scale": False},
            {"estimator": f"sklearn.ensemble.HistGradientBoosting{kind}", "params": BOOSTING, "scale": False},
        ]
    if train.estimator.partition(".")[0] in BOOSTERS:
        found.append({"estimator": train.estimator, "scale": False})
    return filled([Candidate.model_validate(each) for each in found])


def filled(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """With the params of BOOSTERS for whatever is of one of these, and says none."""

    def each() -> Iterator[Candidate]:
        for candidate in candidates:
            if "params" in candidate.model_fields_set:
                yield candidate
                continue
            for path in [candidate.estimator] if isinstance(candidate.estimator, str) else candidate.estimator:
                params = BOOSTERS.get(path.partition(".")[0], {})
                yield candidate.model_copy(update={"estimator": path, "params": params})

    return tuple(each())


def first(about: Signature, train: Train) -> dict[str, dict[str, Any]]:
    """The sections `train` that are tried in any case: a guess, a linear model, and today's."""
    if about.task == "regression":
        dummy: dict[str, Any] = {"estimator": "sklearn.dummy.DummyRegressor", "params": {}}
        linear: dict[str, Any] = {"estimator": "sklearn.linear_model.Ridge", "params": {}}
    else:
        dummy = {"estimator": "sklearn.dummy.DummyClassifier", "params": {"strategy": "prior"}}
        linear = {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 1000}}
    now = today(train)
    rest = {"scale": True, "columns": now["columns"]}
    return {"dummy": {**dummy, **rest}, "linear": {**linear, **rest}, "today": now}
