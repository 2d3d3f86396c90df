"""Finds columns that give the target away: copies of it, or values known only once the answer is."""

from collections.abc import Collection, Iterator

import pandas as pd
from sklearn.metrics import balanced_accuracy_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.errors import DataError
from pipeline.sections import Task

TOO_GOOD = 0.999
SAMPLE = 5_000


def refuse(frame: pd.DataFrame, target: str, task: Task, known: Collection[str]) -> None:
    """Refuse a table in which one column alone predicts the target.

    Args:
        frame: (rows, features + target), parsed.
        known: columns that may.

    Raises:
        DataError: a column's score reaches 0.999 (balanced accuracy, or R2 for regression).
    """
    for name, score in alone(frame.drop(columns=[*known], errors="ignore"), target, task):
        if score >= TOO_GOOD:
            raise DataError(
                f"column {name!r} alone predicts {target!r} ({score:.1%}): known only once the answer is? Put it into "
                f"data.drop, or into validate.known_leaks if it may stay"
            )


def alone(frame: pd.DataFrame, target: str, task: Task) -> Iterator[tuple[str, float]]:
    """How well each column by itself predicts the target: balanced accuracy, or R2 for regression.

    Args:
        frame: (rows, features + target), parsed; at most 5,000 rows are looked at.
    """
    sample = frame[target].sample(frac=1, random_state=0)
    # the rarest class is in it too, and being right about the commonest is not enough
    of_class = SAMPLE if task == "regression" else SAMPLE // sample.nunique()
    sample = sample.head(SAMPLE) if task == "regression" else sample.groupby(sample).head(of_class)
    for name in frame.columns.drop(target):
        yield str(name), _score_alone(frame[name].loc[sample.index], sample, task)


def _score_alone(column: pd.Series, target: pd.Series, task: Task) -> float:
    """How well a small tree does with this column only: a few leaves cannot learn rows by heart."""
    if pd.api.types.is_numeric_dtype(column):
        values = column.astype("float64")
    elif pd.api.types.is_datetime64_any_dtype(column):
        values = column.astype("int64").astype("float64")
    else:
        # text that repeats the target takes few values; codes in the target's order put those next to each other
        labels = 0 if task == "regression" else target.nunique()  # as many texts as numbers fit any of them
        if column.nunique() > max(2 * labels, min(50, len(column) // 10)):
            return 0.0
        order = target.astype("category").cat.codes.groupby(column).mean().rank(method="first")
        values = column.map(order).astype("float64")
    features = values.to_frame().fillna(values.min() - 1 if values.notna().any() else 0)
    if task == "regression":
        leaves = max(2, min(64, len(target) // 20))
        fitted = DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0).fit(features, target)
        filled = features.iloc[:, 0]
        by_value, by_rank = _correlation(filled, target), _correlation(filled.rank(), target.rank())
        return max(float(fitted.score(features, target)), by_value, by_rank)
    tree = DecisionTreeClassifier(max_leaf_nodes=2 * target.nunique(), class_weight="balanced", random_state=0)
    return float(balanced_accuracy_score(target, tree.fit(features, target).predict(features)))


def _correlation(one: pd.Series, other: pd.Series) -> float:
    """Squared; 0 for a constant. Of the values it finds the target in another unit, of their ranks on another scale."""
    return float(one.corr(other.astype("float64")) ** 2) if one.nunique() > 1 else 0.0
