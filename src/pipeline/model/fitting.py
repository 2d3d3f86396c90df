"""Fits the model that params.yaml asks for: on all training rows, or on some of them."""

import warnings

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.errors import FAILURES, ModelError, brief
from pipeline.model import estimator, signature
from pipeline.model.signature import Signature, Window
from pipeline.params import Params
from pipeline.sections import Kind, Split, Train
from pipeline.table import cells, columns, tables, task
from pipeline.table.tables import ROW_ID


def fit(train: pd.DataFrame, params: Params) -> tuple[Pipeline, Signature]:
    """Fit the model that params.yaml asks for.

    Args:
        train: (rows, row_id + features + target), parsed.

    Raises:
        ModelError: the estimator fails on these rows.
    """
    about = describe(train, params)
    return fit_to(train, unfitted(params.train, about, train), about), about


def describe(train: pd.DataFrame, params: Params) -> Signature:
    """What a model of these rows is asked with: (rows, row_id + features + target), parsed."""
    target = params.data.target
    rules = cells.rules_of(params.clean, params.data, [*map(str, train.columns.drop(ROW_ID))])
    return signature.describe(
        train,
        target=target,
        task=task.infer(train[target], params.data, rules.get(target)),
        kinds=_kinds(train.drop(columns=[ROW_ID, target]), params),
        estimator=params.train.estimator,
        trusted=params.train.trusted,
        positive=params.data.positive,
        private=tuple(
            dict.fromkeys([*params.service.private, *(name for name in params.data.hashed if name in train)])
        ),
        left_out=[*params.data.left_out, *train.attrs.get(tables.LEFT_OUT, ())],
        missing=params.data.missing,
        dates=train.attrs.get(tables.DATES),
        clean=rules,
        sealed=_sealed(params.split),
    )


def unfitted(section: Train, about: Signature, train: pd.DataFrame) -> Pipeline:
    """The model of a section `train`, before it has seen a row.

    Args:
        train: all training rows, which say how texts are written.

    Raises:
        ParamsError: there is no such estimator, or it knows no such parameter.
    """
    texts = [column.name for column in about.features if column.kind == "text"]
    without_blanks = [name for name in texts if columns.without_blanks(columns.as_text(train[name]).dropna())]
    return estimator.build(section, about, without_blanks)


def fit_to(rows: pd.DataFrame, model: Pipeline, about: Signature) -> Pipeline:
    """Fit a model to some of the training rows, and return it.

    Args:
        rows: (rows, row_id + features + target), parsed.

    Raises:
        ModelError: the estimator fails on them.
    """
    return fit_conformed(about.conform(rows), rows[about.target].to_numpy(), model, about)


def fit_conformed(features: pd.DataFrame, labels: np.ndarray, model: Pipeline, about: Signature) -> Pipeline:
    """The same of features that Signature.conform made: (rows, features), and (rows,) labels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return model.fit(features, labels)
    except FAILURES as error:
        raise ModelError(f"{about.estimator} failed on the training rows: {brief(error)}") from None


def _sealed(split: Split) -> Window:
    _, start, stop = split.edges
    return Window(salt=split.salt, start=start, stop=stop, group=split.group)


def _kinds(features: pd.DataFrame, params: Params) -> dict[str, Kind]:
    kinds = columns.kinds_of(features, params.data.kinds)
    if params.split.group is not None:
        kinds[params.split.group] = "ignored"  # it says who a row is of: on other sides there are only strangers
    return kinds
