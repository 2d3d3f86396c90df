"""Makes the model that params.yaml asks for: preprocessing by column kind, then any scikit-learn-like estimator."""

import importlib
import inspect
from collections.abc import Collection
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline

from pipeline import features, own
from pipeline.errors import ModelError, ParamsError, absent_library, brief, nearest
from pipeline.model import treatments
from pipeline.model.adapter import AdaptedClassifier, AdaptedRegressor
from pipeline.model.boosters import libraries, parameters
from pipeline.model.framework import Framework
from pipeline.model.signature import Signature
from pipeline.sections import Train

NATIVE = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
"""Those of scikit-learn's that split by categories themselves."""


def build(train: Train, signature: Signature, without_blanks: Collection[str] = ()) -> Pipeline:
    """The unfitted model for tables of this signature.

    Args:
        without_blanks: columns of text without blanks between words.

    Raises:
        ParamsError: train.estimator is no estimator for the task, or knows no such parameter; or train.columns says
            what does not fit a column, or train.categories what the estimator cannot do.
    """
    inputs = [(column.name, column.kind) for column in signature.features]
    if not inputs:
        raise ModelError("no column is left to learn from: all are constant or name each row; see data.kinds")
    treated = treatments.of(train.columns, signature.columns, without_blanks)
    codes = train.categories == "native"
    preprocessing = features.transformer(inputs, scale=train.scale, treatments=treated, codes=codes)
    estimator = _estimator(train, signature, [kind for _, kind in inputs])
    return Pipeline([("columns", preprocessing), ("estimator", estimator)])


def takes_categories(path: str) -> bool:
    """Whether an estimator can split by categories itself: train.categories may be native.

    Raises:
        ParamsError: there is no such estimator.
    """
    cls = _import(path)
    return cls in NATIVE or libraries.path_of(cls) is not None


def _estimator(train: Train, signature: Signature, kinds: list[str]) -> Any:
    cls = _import(train.estimator)
    count = _categories(train, cls, kinds)
    if libraries.path_of(cls):
        estimator = parameters.build(cls, train, signature, count)
    else:
        given = _given(cls, train, {"categorical_features": [*range(count)]} if count else {})
        estimator = _made(cls, given)
    if isinstance(estimator, Framework):
        adapted = AdaptedRegressor if signature.task == "regression" else AdaptedClassifier
        estimator = adapted(f"{cls.__module__}.{cls.__name__}", given)
    _require(estimator, cls, train.estimator, signature.task)
    return estimator


def _categories(train: Train, cls: type, kinds: list[str]) -> int:
    """How many columns the estimator is told to be categories."""
    if train.categories != "native":
        return 0
    if not takes_categories(train.estimator):
        raise ParamsError(
            f"train.categories: native is for HistGradientBoosting, XGBoost, LightGBM and CatBoost, which split by "
            f"categories themselves; {cls.__name__} does not, so say onehot"
        )
    if "text" in kinds:
        raise ParamsError("train.categories: native goes with no column of text; say onehot, or ignore those columns")
    return kinds.count("categorical")


def _given(cls: type, train: Train, more: dict[str, Any]) -> dict[str, Any]:
    """What a class is made with."""
    parameters = inspect.signature(cls).parameters.values()
    known = [p.name for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    for name in train.params:
        if name not in known and not open_ended:
            raise ParamsError(f"train.params: {cls.__name__} has no parameter {name!r}{nearest(name, known)}")
    return ({"random_state": train.seed} if "random_state" in known else {}) | more | train.params


def _made(cls: type, given: dict[str, Any]) -> Any:
    try:
        return cls(**given)
    except (TypeError, ValueError, AttributeError) as error:
        raise ParamsError(f"train.params: {cls.__name__} refuses them ({brief(error)})") from None


def _require(estimator: Any, cls: type, path: str, task: str) -> None:
    """It answers what the task asks."""
    try:
        fits = is_regressor(estimator) if task == "regression" else is_classifier(estimator)
    except (TypeError, ValueError, AttributeError) as error:
        raise ParamsError(f"train.params: {cls.__name__} refuses them ({brief(error)})") from None
    if not fits or not hasattr(estimator, "predict"):
        wanted = "regressor" if task == "regression" else "classifier"
        raise ParamsError(f"train.estimator: {path} is no {wanted}, and the task is {task}")
    if task != "regression" and not hasattr(estimator, "predict_proba"):
        raise ParamsError(f"train.estimator: {cls.__name__} gives no probabilities (predict_proba); {_way_out(cls)}")


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
    except (ImportError, OSError, TypeError, ValueError) as error:
        if lacking := absent_library(error):
            raise ParamsError(f"train.estimator: {module_name} cannot be imported: {lacking}") from None
        raise ParamsError(f"train.estimator: {module_name} cannot be imported ({error}){_hint(path, error)}") from None
    cls = getattr(module, name, None)
    if not inspect.isclass(cls):
        public = [each for each in dir(module) if inspect.isclass(getattr(module, each)) and not each.startswith("_")]
        raise ParamsError(f"train.estimator: {module_name} has no class {name!r}{nearest(name, public)}")
    if not hasattr(cls, "fit"):
        raise ParamsError(f"train.estimator: {path} cannot be fitted; it is no estimator")
    return cls


def _hint(path: str, error: Exception) -> str:
    """What to do where a module cannot be imported: another name, or its package."""
    package = path.partition(".")[0]
    lacking = (getattr(error, "name", None) or "").partition(".")[0]
    if package == own.PACKAGE and lacking not in ("", package):
        return f"; `mainline add` brings the package of {lacking}"
    if package in libraries.NAMES:
        return f"; run `mainline add {package}`"
    if path.startswith("sk"):
        return nearest(path, _of_sklearn())
    close = nearest(path, libraries.PATHS)
    return close if close.startswith("; did") else "; `mainline add` brings the package that it lies in"


def _of_sklearn() -> list[str]:
    """The import paths of scikit-learn's estimators."""
    from sklearn.utils import all_estimators

    public = (f"{cls.__module__.partition('._')[0]}.{name}" for name, cls in all_estimators())
    return sorted(public)
