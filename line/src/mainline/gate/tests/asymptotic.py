"""Whether AUC, F1 or RMSE improved by more than a margin: ratios of means, by a normal approximation."""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from mainline.gate.tests.checks import Floats, check_binary, check_margin, labels, numbers, same_length

ENOUGH = 50  # rows of each class below which a normal approximation promises nothing
_NO_SPREAD = 1e-12  # a standard error that is rounding alone, on metrics of size one


def auc_p(y: ArrayLike, old_score: ArrayLike, new_score: ArrayLike, *, margin: float = 0.0) -> float:
    """Return the one-sided p-value of AUC_new - AUC_old > `margin`, by paired DeLong with midranks.

    `y` (n,) holds 0 and 1, the scores (n,) are higher for 1. Asymptotic: fewer than 50 rows of a class raise
    ValueError. Source: DeLong et al. (1988), computed as in Sun and Xu (2014).
    """
    truth, old, new = numbers("y", y), numbers("old_score", old_score), numbers("new_score", new_score)
    same_length(truth, old, new)
    check_margin(margin, 1)
    check_binary("y", truth)
    _check_classes([0, 1], [int((truth == 0).sum()), int((truth == 1).sum())])
    old_of_ones, old_of_zeros = _placements(truth == 1, old)
    new_of_ones, new_of_zeros = _placements(truth == 1, new)
    ones, zeros = new_of_ones - old_of_ones, new_of_zeros - old_of_zeros
    error = math.sqrt(ones.var(ddof=1) / len(ones) + zeros.var(ddof=1) / len(zeros))
    differing = int(np.count_nonzero(ones) + np.count_nonzero(zeros))
    return _one_sided(float(ones.mean()), margin, error, differing, worst=1.0, rows=min(len(ones), len(zeros)))


def _placements(is_one: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
    """Return, per row of class 1 and of class 0, the share of the other class it is ordered rightly with."""
    from scipy.stats import rankdata  # here, as scipy.stats takes a second to import, and only AUC needs it

    ones, zeros = score[is_one], score[~is_one]
    ranks = rankdata(score)
    of_ones = (ranks[is_one] - rankdata(ones)) / len(zeros)
    return of_ones, 1 - (ranks[~is_one] - rankdata(zeros)) / len(ones)


def f1_p(
    y: ArrayLike, old: ArrayLike, new: ArrayLike, *, average: Literal["binary", "macro"], margin: float = 0.0
) -> float:
    """Return the one-sided p-value of F1_new - F1_old > `margin`, by the influence function of F1.

    `y`, `old` and `new` (n,) are labels: 0 and 1 for "binary", whose positive is 1; numbers or strings for
    "macro", the mean F1 over every label that occurs. Asymptotic: fewer than 50 rows of a class raise
    ValueError.
    """
    if average not in ("binary", "macro"):
        raise ValueError(f'average must be "binary" or "macro", not {average!r}')
    check_margin(margin, 1)
    columns = [labels("y", y), labels("old", old), labels("new", new)]
    same_length(*columns)
    if len({column.dtype.kind in "US" for column in columns}) > 1:
        raise ValueError("the columns mix numbers and strings")
    if average == "binary":
        for name, column in zip(("y", "old", "new"), columns, strict=True):
            check_binary(name, column)
    classes, codes = np.unique(np.concatenate(columns), return_inverse=True)
    truth, before, after = np.split(codes, 3)
    counts = np.bincount(truth, minlength=len(classes))
    _check_classes(classes.tolist(), counts.tolist())
    if len(classes) < 2:
        raise ValueError(f"y has a single class, {classes[0]!r}: F1 compares at least two")
    averaged = [1] if average == "binary" else range(len(classes))
    gain, influence = 0.0, np.zeros(len(truth))
    for label in averaged:
        new_value, new_influence = _f1(truth == label, after == label)
        old_value, old_influence = _f1(truth == label, before == label)
        gain += (new_value - old_value) / len(averaged)
        influence += (new_influence - old_influence) / len(averaged)
    error = math.sqrt(influence.var(ddof=1) / len(truth))
    rows = len(averaged) * int(min(counts[label] for label in averaged))
    return _one_sided(gain, margin, error, int((before != after).sum()), worst=1.0, rows=rows)


def _f1(is_true: NDArray[np.bool_], is_predicted: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Return one class's F1 and each row's influence on it."""
    hits = 2.0 * (is_true & is_predicted)
    counted = is_true.astype(np.float64) + is_predicted
    value = float(hits.sum() / counted.sum())
    return value, (hits - value * counted) / counted.mean()


def rmse_p(y: ArrayLike, old: ArrayLike, new: ArrayLike, *, margin: float = 0.0) -> float:
    """Return the one-sided p-value of RMSE_old - RMSE_new > `margin`, by the influence function of RMSE.

    `y`, `old` and `new` (n,) and `margin` share one unit. Asymptotic: fewer than 50 rows raise ValueError;
    errors that are rarely huge break its level even with thousands of rows. `bounded_loss_rejects` on
    clipped squared errors keeps its own.
    """
    truth, before, after = numbers("y", y), numbers("old", old), numbers("new", new)
    same_length(truth, before, after)
    check_margin(margin)
    if len(truth) < ENOUGH:
        raise ValueError(f"{len(truth)} rows: the asymptotic guarantee needs at least {ENOUGH}")
    with np.errstate(over="ignore"):
        errors = np.abs([before - truth, after - truth])
    largest = float(errors.max())
    if not math.isfinite(largest):
        raise ValueError("the errors are too large for float64")
    if largest == 0:  # two perfect models: nothing tells the size of an error on the next row
        return 1.0
    old_value, old_influence = _rmse(errors[0] / largest)
    new_value, new_influence = _rmse(errors[1] / largest)
    influence = old_influence - new_influence
    error = math.sqrt(influence.var(ddof=1) / len(truth))
    differing = int((before != after).sum())
    worst = 1 / (old_value + new_value)  # what a row as bad as the worst one seen would cost
    return _one_sided(old_value - new_value, margin / largest, error, differing, worst=worst, rows=len(truth))


def _rmse(errors: Floats) -> tuple[float, Floats]:
    """Return the RMSE and each row's influence on it."""
    squares = errors**2
    value = math.sqrt(squares.mean())
    return value, (squares - value**2) / (2 * value) if value else squares


def _one_sided(gain: float, margin: float, error: float, differing: int, *, worst: float, rows: int) -> float:
    """Return the one-sided p-value of a gain with a standard error, kept honest where few rows differ.

    With fewer than 50 differing rows the normal tail says nothing about rows that were not seen. There the
    p-value is at least the chance that `rows` rows, each able to cost `worst`, all show this gain while the
    mean is only `margin` (Markov). So two equal models are non-inferior only where there are enough rows for
    a difference to have shown, as in the exact test of accuracy.
    """
    certain = error <= _NO_SPREAD
    p = float(gain <= margin) if certain else float(special.ndtr((margin - gain) / error))
    if gain > margin and (certain or differing < ENOUGH):
        return max(p, (max(0.0, margin + worst) / (gain + worst)) ** rows) if gain + worst > 0 else 1.0
    return p


def _check_classes(classes: Sequence[object], counts: Sequence[int]) -> None:
    for label, count in zip(classes, counts, strict=True):
        if count < ENOUGH:
            needs = f"the asymptotic guarantee needs at least {ENOUGH} rows of each class"
            raise ValueError(f"{count} rows of class {label!r}: {needs}")
