"""XGBoost, LightGBM and CatBoost in a script: by name alone, as none of them need be installed where it is read."""

import ast
from collections.abc import Iterator
from typing import Any

NAMES = {
    "xgboost": ("XGBClassifier", "XGBRegressor", "XGBRFClassifier", "XGBRFRegressor"),
    "lightgbm": ("LGBMClassifier", "LGBMRegressor"),
    "catboost": ("CatBoostClassifier", "CatBoostRegressor"),
}
"""The classes that the stages know."""
NATIVE = {"enable_categorical", "feature_types", "cat_features", "categorical_feature", "categorical_features"}
"""Who says one of these has the estimator split by categories itself."""
STOPS = {"early_stopping_rounds", "early_stopping_round", "od_wait", "od_type", "use_best_model", "eval_set"}
NO_STOP = "training keeps no rows apart to stop by; `mainline search` finds how many trees are good"
QUIETLY = {"use_label_encoder", "verbose", "verbosity", "silent", "logging_level", "allow_writing_files", "train_dir"}
"""What changes no tree: nothing is said of it."""
THREADS = "other trees on a machine of more cores; say how many in train.params"


def path(said: str) -> str | None:
    """The path of a class that the stages know, from wherever the script has it: xgboost.sklearn.XGBClassifier."""
    library, name = said.partition(".")[0], said.rpartition(".")[2]
    return f"{library}.{name}" if name in NAMES.get(library, ()) else None


def package(estimator: str) -> str | None:
    """The package that an estimator needs beside the line's own."""
    library = estimator.partition(".")[0]
    return library if library in NAMES else None


def why_not(name: str, value: Any, estimator: str) -> str | None:
    """Why a parameter stays out of train.params: a phrase, empty where there is nothing to say; None where it stays."""
    if name in STOPS:
        return NO_STOP
    if name == "thread_count" and estimator.startswith("catboost.") and isinstance(value, int) and value < 1:
        return THREADS
    return "" if name in QUIETLY | NATIVE else None


def in_fits(tree: ast.AST) -> Iterator[ast.keyword]:
    """What a script gives to calls of fit that is said elsewhere here: eval_set, cat_features."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "fit":
            yield from (each for each in node.keywords if each.arg in STOPS | NATIVE)
