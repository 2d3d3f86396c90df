"""What is tried where params.yaml names no models, and what is always tried first."""

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
LOGISTIC = {"C": {"low": 0.01, "high": 100.0, "log": True}, "max_iter": 1000}
BALANCED = {"class_weight": [None, "balanced"]}
TEXTS = [None, {"ngrams": [1, 2]}, {"analyzer": "char", "ngrams": [2, 4]}]
"""Words, words and pairs of them, characters."""


def models(about: Signature) -> tuple[Candidate, ...]:
    """Linear, boosted trees and a forest; where there are texts, linear alone, which reads them in several ways."""
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
    return tuple(Candidate.model_validate(each) for each in found)


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
