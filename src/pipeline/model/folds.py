"""Asks a model of training rows that it has not seen: it is fitted anew without each fold, preprocessing and all."""

import warnings
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit
from sklearn.pipeline import Pipeline

from pipeline.errors import FAILURES, ModelError, ParamsError, brief
from pipeline.model import fitting, predicting
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import keys

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
    if about.task != "regression" and (fewest := int(labels.value_counts().min())) < count:
        said = f"{count} folds, and {about.target!r} is {labels.value_counts().idxmin()!r} in "
        if fewest > 1:
            raise ParamsError(f"{said}{fewest} training rows; take fewer, by search.folds")
        raise ParamsError(f"{said}1 training row; bring more of them, or make two classes one, by clean.columns")
    group = keys.of(rows, params).to_numpy()
    if (found := len(np.unique(group))) < count:
        of_what = "rows that differ" if params.split.group is None else f"groups of {params.split.group!r}"
        raise ParamsError(f"{count} folds, and {found} {of_what}; take fewer, by search.folds")
    return _shared(rows, params, about, group, count)


def most(rows: pd.DataFrame, params: Params, about: Signature, count: int = FOLDS) -> tuple[Fold, ...]:
    """The same of any table: in fewer folds where it has too few rows or groups; a rare class is not in each of them.

    Returns:
        At most `count` of them; none where they would leave less than two classes to learn.
    """
    labels, group = rows[about.target], keys.of(rows, params).to_numpy()
    first = labels if params.split.group is not None else labels[~pd.Series(group, labels.index).duplicated()]
    common = first.value_counts().max() if about.task != "regression" else len(rows) - 1
    possible = min(count, int(common), len(np.unique(group)))
    if possible < 2:
        return ()
    found = _shared(rows, params, about, group, possible)
    found = tuple(each for each in found if len(each.held) and len(each.learnt))
    return found if all(labels.iloc[each.learnt].nunique() > 1 for each in found) else ()


def _shared(rows: pd.DataFrame, params: Params, about: Signature, group: np.ndarray, count: int) -> tuple[Fold, ...]:
    labels, seed, numbers = rows[about.target], params.train.seed, about.task == "regression"
    if params.split.time is not None:
        return _forward(rows[params.split.time], group, count)
    first, member = np.unique(group, return_index=True, return_inverse=True)[1:]
    if params.split.group is None:  # rows that say the same: few, so that one of them may stand for all
        by = KFold if numbers else StratifiedKFold
        some = labels.iloc[np.sort(first)]
        member = np.argsort(np.argsort(first))[member]
        parts = _quietly(by(count, shuffle=True, random_state=seed), some, None)
        return tuple(Fold(*(np.flatnonzero(np.isin(member, part)) for part in each)) for each in parts)
    if numbers:
        return _quietly(GroupKFold(count), labels, group)
    return _quietly(StratifiedGroupKFold(count, shuffle=True, random_state=seed), labels, group)


def _quietly(by: KFold, labels: pd.Series, group: np.ndarray | None) -> tuple[Fold, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes that are in fewer rows than there are folds
        return tuple(Fold(*each) for each in by.split(labels, labels, group))


def _forward(moments: pd.Series, group: np.ndarray, count: int) -> tuple[Fold, ...]:
    """Each fold's rows are later than those it is learnt from, of none of their groups; unknown moments are early."""
    known = moments.notna().to_numpy()
    late = np.flatnonzero(known)
    order = np.concatenate([np.flatnonzero(~known), late[np.argsort(moments[known].to_numpy(), kind="stable")]])
    found = []
    for learnt, held in TimeSeriesSplit(count).split(order):
        early, late = order[learnt], order[held]
        found.append(Fold(early, late[~np.isin(group[late], group[early])]))
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
        try:
            said = predicting.predict(model, about, rows.iloc[fold.held]).set_axis(fold.held, axis=0)
        except FAILURES as error:
            raise ModelError(f"{about.estimator} failed on rows that it has not seen: {brief(error)}") from None
        for label in about.classes or ():
            if f"p_{label}" not in said:
                said[f"p_{label}"] = 0.0
        told.append(said.assign(fold=number))
        models.append(model)
    found = pd.concat(told).sort_index()
    chances = [f"p_{label}" for label in about.classes or ()]
    return found[[name for name in found if name not in (*chances, "fold")] + [*chances, "fold"]], models
