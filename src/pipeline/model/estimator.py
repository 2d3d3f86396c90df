"""Makes the model that params.yaml asks for: preprocessing by column kind, then any scikit-learn-like estimator."""

import importlib
import inspect
from collections.abc import Collection
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.pipeline import Pipeline

from pipeline import features
from pipeline.errors import ModelError, ParamsError, brief, nearest
from pipeline.model import treatments
from pipeline.model.signature import Signature
from pipeline.sections import Train


def build(train: Train, signature: Signature, without_blanks: Collection[str] = ()) -> Pipeline:
    """The unfitted model for tables of this signature.

    Args:
        without_blanks: columns of text without blanks between words.

    Raises:
        ParamsError: train.estimator is no estimator for the task, or knows no such parameter; or train.columns says
            what does not fit a column.
    """
    inputs = [(column.name, column.kind) for column in signature.features]
    if not inputs:
        raise ModelError("no column is left to learn from: all are constant or name each row; see data.kinds")
    treated = treatments.of(train.columns, signature.columns, without_blanks)
    preprocessing = features.transformer(inputs, scale=train.scale, treatments=treated)
    return Pipeline([("columns", preprocessing), ("estimator", _estimator(train, signature.task))])


def _estimator(train: Train, task: str) -> Any:
    cls = _import(train.estimator)
    parameters = inspect.signature(cls).parameters.values()
    known = [p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for name in train.params:
        if name not in known and not open_ended:
            raise ParamsError(f"train.params: {cls.__name__} has no parameter {name!r}{nearest(name, known)}")
    seed = {"random_state": train.seed} if "random_state" in known else {}
    try:
        estimator = cls(**seed | train.params)
        fits = is_regressor(estimator) if task == "regression" else is_classifier(estimator)
    except (TypeError, ValueError, AttributeError) as error:
        raise ParamsError(f"train.params: {cls.__name__} refuses them ({brief(error)})") from None
    if not fits or not hasattr(estimator, "predict"):
        wanted = "regressor" if task == "regression" else "classifier"
        raise ParamsError(f"train.estimator: {train.estimator} is no {wanted}, and the task is {task}")
    if task != "regression" and not hasattr(estimator, "predict_proba"):
        raise ParamsError(f"train.estimator: {cls.__name__} gives no probabilities (predict_proba); {_way_out(cls)}")
    return estimator


def _way_out(cls: type) -> str:
    if cls.__name__ == "SVC":
        return "use sklearn.linear_model.LogisticRegression or sklearn.neighbors.KNeighborsClassifier"
    return "choose one that does"


def _import(path: str) -> Any:
    module_name, _, name = path.rpartition(".")
    if not module_name:
        raise ParamsError(f"train.estimator: {path!r} is no import path such as sklearn.tree.DecisionTreeClassifier")
    try:
        module = importlib.import_module(module_name)
    except (ImportError, TypeError, ValueError) as error:
        hint = (
            nearest(path, _of_sklearn())
            if path.startswith("sk")
            else "; `mainline add` brings the package that it lies in"
        )
        raise ParamsError(f"train.estimator: {module_name} cannot be imported ({error}){hint}") from None
    cls = getattr(module, name, None)
    if not inspect.isclass(cls):
        public = [each for each in dir(module) if inspect.isclass(getattr(module, each)) and not each.startswith("_")]
        raise ParamsError(f"train.estimator: {module_name} has no class {name!r}{nearest(name, public)}")
    if not hasattr(cls, "fit"):
        raise ParamsError(f"train.estimator: {path} cannot be fitted; it is no estimator")
    return cls


def _of_sklearn() -> list[str]:
    """The import paths of scikit-learn's estimators."""
    from sklearn.utils import all_estimators

    public = (f"{cls.__module__.partition('._')[0]}.{name}" for name, cls in all_estimators())
    return sorted(public)
