"""The points of the curves: ROC, precision-recall, calibration, coverage and the error curve; numbers only."""

import numpy as np

from mainline.report.compare import Array, Comparison, Floats, Predicted

_POINTS = 200  # a curve keeps at most about so many points: more cannot be seen
_BINS = 10


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    keep = np.unique(np.linspace(0, len(x) - 1, min(len(x), _POINTS)).round().astype(int))
    return x[keep], y[keep]


def outcomes(c: Comparison, said: Predicted) -> tuple[Array, Floats]:
    """What the ranking curves rank: the positive class, or every class against the rest, pooled."""
    if c.task == "binary":
        return c.truth == c.positive, said.chance[:, c.positive]
    return np.eye(len(c.classes), dtype=bool)[c.truth].ravel(), said.chance.ravel()


def _cumulated(positive: Array, score: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(-score, kind="stable")
    last = np.r_[np.flatnonzero(np.diff(score[order])), len(score) - 1]
    found = np.cumsum(positive[order])[last].astype(float)
    return found, last + 1 - found


def roc(positive: Array, score: Floats) -> tuple[Floats, Floats]:
    """False positive rate and true positive rate, from (0, 0) to (1, 1)."""
    found, false = _cumulated(positive, score)
    return _thinned(np.r_[0, false] / max(false[-1], 1), np.r_[0, found] / max(found[-1], 1))


def precision_recall(positive: Array, score: Floats) -> tuple[Floats, Floats]:
    """Recall and precision, from the strictest threshold to the loosest."""
    found, false = _cumulated(positive, score)
    precision = found / (found + false)
    return _thinned(np.r_[0, found] / max(found[-1], 1), np.r_[precision[0], precision])


def calibration(c: Comparison, said: Predicted) -> tuple[Floats, Floats, Floats]:
    """Mean probability, share that came true, and share of the rows, in ten equal bins (empty ones left out).

    Binary: of the positive class. Multiclass: of the class each row was given.
    """
    if c.task == "binary":
        chance, true = said.chance[:, c.positive], c.truth == c.positive
    else:
        chance, true = said.sureness, c.truth == said.label
    bins = np.clip((chance * _BINS).astype(int), 0, _BINS - 1)
    size = np.bincount(bins, minlength=_BINS)
    held = size > 0
    mean = np.bincount(bins, chance, _BINS)[held] / size[held]
    return mean, np.bincount(bins, true, _BINS)[held] / size[held], size[held] / len(bins)


def calibration_error(c: Comparison, said: Predicted) -> float:
    """Expected calibration error: the mean distance of the points of `calibration` from the diagonal."""
    mean, came, share = calibration(c, said)
    return float((np.abs(mean - came) * share).sum())


def coverage(c: Comparison, said: Predicted) -> tuple[Floats, Floats]:
    """Share of rows kept, surest first, and the accuracy among them (from 5% of the rows on).

    Rows that are equally sure count with their mean, so that the order of the file does not show.
    """
    order = np.argsort(-said.sureness, kind="stable")
    _, tied = np.unique(-said.sureness, return_inverse=True)
    mean = np.bincount(tied, said.label == c.truth) / np.bincount(tied)
    right = np.cumsum(mean[tied][order])
    kept = np.arange(1, len(order) + 1)
    start = min(len(order) - 1, len(order) // 20)
    return _thinned(kept[start:] / len(order), right[start:] / kept[start:])


def error_curve(c: Comparison, said: Predicted) -> tuple[Floats, Floats]:
    """Absolute error, and the share of rows no further off than that."""
    error = np.sort(np.abs(said.label - c.truth))
    return _thinned(np.r_[0, error], np.r_[0, np.arange(1, len(error) + 1) / len(error)])


def outline(values: Floats, edges: Floats) -> tuple[Floats, Floats]:
    """A histogram's outline: x and the share of the values, as steps."""
    share = np.histogram(values, edges)[0] / max(len(values), 1)
    return np.repeat(edges, 2), np.r_[0, np.repeat(share, 2), 0]
