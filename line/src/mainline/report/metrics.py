"""The metrics of each task as functions of row weights, so that one call scores every bootstrap resample.

Each equals scikit-learn's function of the same name with `sample_weight`; the tests hold them to it.
A resample on which a metric is not defined (ROC AUC with one class) gives NaN.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from mainline.report.compare import Array, Comparison, Floats, Predicted

Scores = Mapping[str, Floats]
Scorer = Callable[[Floats], Scores]
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Metric:
    """`bounded` metrics live near 0..1 and are printed with fixed decimals."""

    name: str
    higher_is_better: bool
    bounded: bool = True


METRICS: Mapping[str, tuple[Metric, ...]] = {
    "binary": (
        Metric("accuracy", True),
        Metric("ROC AUC", True),
        Metric("F1", True),
        Metric("average precision", True),
        Metric("log loss", False),
        Metric("Brier score", False),
    ),
    "multiclass": (
        Metric("accuracy", True),
        Metric("balanced accuracy", True),
        Metric("macro F1", True),
        Metric("log loss", False),
    ),
    "regression": (
        Metric("RMSE", False, bounded=False),
        Metric("MAE", False, bounded=False),
        Metric("R2", True),
    ),
}


def _divide(top: Floats, bottom: Floats, empty: float = np.nan) -> Floats:
    ratio = np.full(np.broadcast(top, bottom).shape, empty)
    np.divide(top, bottom, out=ratio, where=bottom != 0)
    return ratio


def _log_loss(truth: Array, chance: Floats) -> Floats:
    given = np.take_along_axis(chance, truth[:, None], axis=1)[:, 0]
    return np.asarray(-np.log(np.clip(given, _EPS, 1 - _EPS)))


def _ranking(positive: Array, score: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Of weights (b, n): (b,) ROC AUC and (b,) average precision; rows of equal score count together."""
    order = np.argsort(-score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) != 0])
    truth, tied = positive[order].astype(float), len(starts) < len(order)

    def of(weights: Floats) -> tuple[Floats, Floats]:
        every = weights[:, order]
        hits = every * truth
        if tied:
            hits, every = (np.add.reduceat(part, starts, axis=1) for part in (hits, every))
        seen, found = np.cumsum(every, axis=1), np.cumsum(hits, axis=1)
        total, negatives = found[:, -1], seen[:, -1] - found[:, -1]
        # negatives ranked below each group, and half of those within it
        below = negatives[:, None] - (seen - found) + (every - hits) / 2
        area = np.einsum("ij,ij->i", hits, below)
        precision = np.einsum("ij,ij->i", hits, found / np.where(seen > 0, seen, 1.0))
        return _divide(area, total * negatives), _divide(precision, total)

    return of


def _binary(c: Comparison, said: Predicted) -> Scorer:
    truth, label, score = c.truth == c.positive, said.label == c.positive, said.chance[:, c.positive]
    loss = _log_loss(c.truth, said.chance)
    per_row = np.column_stack([truth == label, truth & label, truth, label, loss, (score - truth) ** 2]).astype(float)
    ranking = _ranking(truth, score)

    def of(weights: Floats) -> Scores:
        right, both, true, called, loss, brier = (weights @ per_row).T
        rows = weights.sum(axis=1)
        auc, precision = ranking(weights)
        return {
            "accuracy": right / rows,
            "ROC AUC": auc,
            "F1": _divide(2 * both, true + called, empty=0.0),
            "average precision": precision,
            "log loss": loss / rows,
            "Brier score": brier / rows,
        }

    return of


def _multiclass(c: Comparison, said: Predicted) -> Scorer:
    classes = len(c.classes)
    one_hot = np.eye(classes)
    right = (c.truth == said.label).astype(float)
    loss = _log_loss(c.truth, said.chance)
    per_row = np.hstack([one_hot[c.truth], one_hot[said.label], one_hot[c.truth] * right[:, None], loss[:, None]])

    def of(weights: Floats) -> Scores:
        sums, rows = weights @ per_row, weights.sum(axis=1)
        true, called, hits = (sums[:, k * classes : (k + 1) * classes] for k in range(3))
        f1 = _divide(2 * hits, true + called, empty=0.0)
        recall = _divide(hits, true, empty=0.0)
        return {
            "accuracy": hits.sum(axis=1) / rows,
            "balanced accuracy": recall.sum(axis=1) / (true > 0).sum(axis=1),
            "macro F1": f1.sum(axis=1) / (true + called > 0).sum(axis=1),
            "log loss": sums[:, -1] / rows,
        }

    return of


def _regression(c: Comparison, said: Predicted) -> Scorer:
    error = said.label - c.truth
    centred = c.truth - c.truth.mean()  # keeps the sum of squares exact when the target is far from zero
    per_row = np.column_stack([error**2, np.abs(error), centred, centred**2])

    def of(weights: Floats) -> Scores:
        squares, sizes, shift, spread = (weights @ per_row).T
        rows = weights.sum(axis=1)
        return {
            "RMSE": np.sqrt(squares / rows),
            "MAE": sizes / rows,
            "R2": 1 - _divide(squares, spread - shift**2 / rows),
        }

    return of


_BY_TASK: Mapping[str, Callable[[Comparison, Predicted], Scorer]] = {
    "binary": _binary,
    "multiclass": _multiclass,
    "regression": _regression,
}


def scorer(comparison: Comparison, said: Predicted) -> Scorer:
    """The function that turns row weights (b, n) into every metric of the task, each (b,)."""
    return _BY_TASK[comparison.task](comparison, said)


def score(comparison: Comparison, said: Predicted) -> Mapping[str, float]:
    """Every metric of the task on the rows as they are."""
    made = scorer(comparison, said)(np.ones((1, len(comparison.truth))))
    return {name: float(values[0]) for name, values in made.items()}
