"""Asks a model of training rows that it has not seen: it is fitted anew without each fold, preprocessing and all."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import Pipeline

from pipeline.errors import ParamsError
from pipeline.model import fitting, predicting
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import columns

FOLDS = 5


class Fold(NamedTuple):
    """Places of rows in a table: (n,) each, none in both."""

    learnt: np.ndarray
    held: np.ndarray


def of(rows: pd.DataFrame, params: Params, about: Signature, count: int = FOLDS) -> tuple[Fold, ...]:
    """Share rows out as split does: groups stay together, and with split.time what is held out is later.

    Args:
        rows: (rows, row_id + features + target), parsed.

    Returns:
        `count` of them; with split.time the first rows are in none that is held out.

    Raises:
        ParamsError: the rarest class, or the groups, are fewer than the folds.
    """
    labels = rows[about.target]
    group = None if params.split.group is None else columns.as_text(rows[params.split.group]).to_numpy()
    if about.task != "regression" and (fewest := int(labels.value_counts().min())) < count:
        rarest = labels.value_counts().idxmin()
        raise ParamsError(f"{count} folds, and {about.target!r} is {rarest!r} in {fewest} training rows; take fewer")
    if group is not None and (found := len(np.unique(group))) < count:
        raise ParamsError(f"{count} folds, and {found} groups of {params.split.group!r}; take fewer")
    if params.split.time is not None:
        return _forward(rows[params.split.time], group, count)
    seed = params.train.seed
    if about.task == "regression":
        by = KFold(count, shuffle=True, random_state=seed) if group is None else GroupKFold(count)
    elif group is None:
        by = StratifiedKFold(count, shuffle=True, random_state=seed)
    else:
        by = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    return tuple(Fold(*each) for each in by.split(rows, labels, group))


def _forward(moments: pd.Series, group: np.ndarray | None, count: int) -> tuple[Fold, ...]:
    """Each fold's rows are later than those it is learnt from, and of none of their groups."""
    order = np.argsort(moments.to_numpy(), kind="stable")
    found = []
    for learnt, held in TimeSeriesSplit(count).split(order):
        early, late = order[learnt], order[held]
        if group is not None:
            late = late[~np.isin(group[late], group[early])]
        found.append(Fold(early, late))
    return tuple(found)


def answers(
    rows: pd.DataFrame, folds: Sequence[Fold], about: Signature, make: Callable[[], Pipeline]
) -> tuple[pd.DataFrame, list[Pipeline]]:
    """What models say of the rows that they were not fitted to.

    Args:
        rows: (rows, row_id + features + target), parsed.
        make: makes the model, unfitted.

    Returns:
        (held rows, row_id + prediction + p_<class>... + fold), with their places as the index, rising; a class that a
        fold has not learnt gets the chance 0. And the models, one a fold.

    Raises:
        ModelError: it cannot be fitted, or answers with no numbers.
    """
    told, models = [], []
    for number, fold in enumerate(folds):
        model = fitting.fit_to(rows.iloc[fold.learnt], make(), about)
        said = predicting.predict(model, about, rows.iloc[fold.held]).set_axis(fold.held, axis=0)
        for label in about.classes or ():
            if f"p_{label}" not in said:
                said[f"p_{label}"] = 0.0
        told.append(said.assign(fold=number))
        models.append(model)
    return pd.concat(told).sort_index(), models
