"""How a model treats the groups of a sensitive column, by fairlearn's MetricFrame."""

from collections.abc import Callable, Mapping
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

from mainline.report.compare import Comparison
from mainline.report.side import Signature
from mainline.report.slices import groups, kind_of


@dataclass(frozen=True)
class Fairness:
    """One sensitive column: a line of scores for each group, the widest gap of each score, and summary gaps."""

    column: str
    scores: tuple[str, ...]
    groups: tuple[tuple[str, int, tuple[float, ...]], ...]
    gaps: tuple[float, ...]
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


def fairness(c: Comparison, signature: Signature, column: str) -> Fairness:
    """The challenger's scores in each group of `column`; for a binary task of choosing the positive class."""
    truth, said = c.truth, c.challenger.label
    if c.task == "binary":
        truth, said = (truth == c.positive).astype(int), (said == c.positive).astype(int)
    named = groups(c.rows[column], kind_of(signature, column, c.rows[column]))
    metrics = _metrics(c.task)
    frame = MetricFrame(metrics={"rows": count, **metrics}, y_true=truth, y_pred=said, sensitive_features=named)
    by_group: pd.DataFrame = frame.by_group
    summary: tuple[tuple[str, float], ...] = ()
    if c.task == "binary":
        parity = demographic_parity_difference(truth, said, sensitive_features=named)
        odds = equalized_odds_difference(truth, said, sensitive_features=named)
        summary = (
            ("demographic parity difference", float(parity)),
            ("equalized odds difference", float(odds)),
        )
    gap = frame.difference(method="between_groups")
    return Fairness(
        column=column,
        scores=tuple(metrics),
        groups=tuple(
            (str(name), int(row["rows"]), tuple(float(row[m]) for m in metrics)) for name, row in by_group.iterrows()
        ),
        gaps=tuple(float(gap[m]) for m in metrics),
        summary=summary,
    )
