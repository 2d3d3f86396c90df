"""How a model treats the groups of a sensitive column, by fairlearn's MetricFrame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import (
    MetricFrame,
    count,
    demographic_parity_difference,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import accuracy_score, mean_absolute_error

from mainline.report import apart
from mainline.report.bootstrap import Interval
from mainline.report.compare import Array, Comparison
from mainline.report.side import Signature
from mainline.report.slices import groups, kind_of

FEW_ROWS = 50  # a group smaller than this says little about how it is treated
CROSS = " \N{MULTIPLICATION SIGN} "


@dataclass(frozen=True)
class Fairness:
    """One sensitive column, or two crossed: scores of each group, the widest gap of each score, and summary gaps."""

    column: str
    scores: tuple[str, ...]
    groups: tuple[tuple[str, int, tuple[float, ...]], ...]
    gaps: tuple[float, ...]
    intervals: tuple[Interval, ...]
    """Of each gap: of the difference between the two groups that it lies between."""
    summary: tuple[tuple[str, float], ...]


def _mean_error(truth: Any, said: Any) -> float:
    return float(np.mean(np.asarray(said) - np.asarray(truth)))


def _metrics(task: str) -> Mapping[str, Callable[..., float]]:
    if task == "regression":
        return {"MAE": mean_absolute_error, "mean error": _mean_error}
    if task == "multiclass":
        return {"accuracy": accuracy_score}
    return {
        "accuracy": accuracy_score,
        "selection rate": partial(selection_rate, pos_label=1),
        "true positive rate": partial(true_positive_rate, pos_label=1),
        "false positive rate": partial(false_positive_rate, pos_label=1),
    }


def fairness(c: Comparison, signature: Signature, *columns: str) -> Fairness:
    """The challenger's scores in each group of a column; for a binary task of choosing the positive class.

    Args:
        columns: one; or several, whose groups are crossed, and of which those with under FEW_ROWS rows are left out.
    """
    named = _named(c, signature, columns)
    kept = named.notna().to_numpy()
    named, truth, said = named[kept], c.truth[kept], c.challenger.label[kept]
    if c.task == "binary":
        truth, said = (truth == c.positive).astype(int), (said == c.positive).astype(int)
    metrics = _metrics(c.task)
    title = CROSS.join(columns)
    if named.empty:
        return Fairness(title, tuple(metrics), (), (), (), ())
    frame = MetricFrame(metrics={"rows": count, **metrics}, y_true=truth, y_pred=said, sensitive_features=named)
    by_group: pd.DataFrame = frame.by_group
    gap = frame.difference(method="between_groups")
    return Fairness(
        column=title,
        scores=tuple(metrics),
        groups=tuple(
            (str(name), int(row["rows"]), tuple(float(row[m]) for m in metrics)) for name, row in by_group.iterrows()
        ),
        gaps=tuple(float(gap[m]) for m in metrics),
        intervals=apart.intervals(c.task, truth, said, named.to_numpy(), by_group[list(metrics)]),
        summary=_summary(truth, said, named) if c.task == "binary" else (),
    )


def _named(c: Comparison, signature: Signature, columns: Sequence[str]) -> "pd.Series[str]":
    """Each row's group; of crossed columns none where the group is small."""
    each = [groups(c.rows[name], kind_of(signature, name, c.rows[name])) for name in columns]
    named = each[0].str.cat(each[1:], sep=CROSS) if each[1:] else each[0]
    return named.where(named.map(named.value_counts()) >= FEW_ROWS) if each[1:] else named


def _summary(truth: Array, said: Array, named: "pd.Series[str]") -> tuple[tuple[str, float], ...]:
    parity = demographic_parity_difference(truth, said, sensitive_features=named)
    odds = equalized_odds_difference(truth, said, sensitive_features=named)
    return (("demographic parity difference", float(parity)), ("equalized odds difference", float(odds)))
