"""Whether the mean of a bounded loss fell by more than a margin: by betting, valid for any number of rows."""

import math

import numpy as np
from numpy.typing import ArrayLike

from mainline.gate.levels import check_probability
from mainline.gate.tests.checks import numbers

CHUNK = 1 << 20  # rows the betting test holds at once


def bounded_loss_rejects(differences: ArrayLike, *, margin: float, low: float, high: float, alpha: float) -> bool:
    """Return whether the mean of `differences` (n,), loss_old - loss_new per row, is shown above `margin`.

    The betting test of Waudby-Smith and Ramdas (2023): a false yes has probability at most `alpha`, for every
    n and every distribution on [low, high]. The rows must come in an order fixed before their losses were
    seen: that of the hash of their ids.
    """
    check_probability("alpha", alpha)
    x = numbers("differences", differences)
    if not (math.isfinite(low) and math.isfinite(high) and low < margin < high):
        raise ValueError(f"need low < margin < high, all finite; not {low}, {margin}, {high}")
    rounding = 1e-9 * (high - low)
    if x.min() < low - rounding or x.max() > high + rounding:
        raise ValueError(f"differences reach beyond [{low}, {high}]")  # by how much, would tell of the labels
    target, cap, prior = math.log(1 / alpha), 0.9 / (margin - low), (high - low) ** 2 / 16
    total, squares, variance, wealth = margin, prior, prior, 0.0
    for start in range(0, len(x), CHUNK):
        rows = x[start : start + CHUNK]
        seen = np.arange(start + 2, start + 2 + len(rows))
        totals = total + np.cumsum(rows)
        spread = squares + np.cumsum((rows - totals / seen) ** 2)
        variances = spread / seen
        before = np.concatenate(([variance], variances[:-1]))
        bets = np.minimum(np.sqrt(2 * target / (len(x) * before)), cap)
        fortunes = wealth + np.cumsum(np.log1p(bets * (rows - margin)))
        if fortunes.max() >= target:
            return True
        total, squares, variance, wealth = totals[-1], spread[-1], variances[-1], fortunes[-1]
    return False
