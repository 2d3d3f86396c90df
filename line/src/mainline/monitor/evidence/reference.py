"""What the first weeks in production say of a signal: where it lies, how much its days differ, how far it may move."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta, chi2

from mainline.monitor.evidence.null import Floats, Null, counted, numbers

WEEK = 7
SHRINK = 50.0  # a stratum of few units is taken to be like the whole: so many units' worth
LEVEL = 0.10  # how surely days differ as much as is said, and at least as much
SPREAD = 3.0  # how many times what days differ by anyway is no change


@dataclass(frozen=True)
class Spread:
    """How much days of a reference differ beyond chance, under S scores."""

    icc: Floats
    """(S,): units of one day are at most so much alike; an upper bound, and so above 1 where days are few."""
    sd: Floats
    """(S,): standard deviation of the days' own means, a lower bound."""
    variance: Floats
    """(S,): of one unit's score within its stratum."""

    @classmethod
    def of(cls, daily: ArrayLike, scores: ArrayLike) -> Self:
        """From the counts of days (D, T, K); each week is compared with the other weeks.

        Raises ValueError with fewer than eight days (nothing would be left to compare with), or no unit.

        >>> alike = np.tile([[90.0, 10.0]], (28, 1, 1))
        >>> Spread.of(alike, [[0, 1]]).icc
        array([0.])
        >>> Spread.of([[[95, 5]], [[85, 15]]] * 14, [[0, 1]]).icc.round(3)
        array([0.032])
        """
        each = numbers("scores", scores)
        counts = counted(daily, (np.shape(daily)[1:2] or (1,)) + each.shape[1:])
        if len(counts) <= WEEK or not counts.sum():
            raise ValueError(f"a reference needs units of more than {WEEK} days, not {len(counts)} days")
        weeks = [_week(counts, each, first) for first in range(0, len(counts), WEEK)]
        days, weekly, expected = (np.sum([week[part] for week in weeks], axis=0) for part in range(3))
        seen = int((counts.sum(axis=(1, 2)) > 0).sum())
        units = counts.sum() / seen
        ratio = days / np.maximum(expected, 1e-12)
        bound = np.maximum(ratio * seen / chi2.ppf(LEVEL, seen), weekly / np.maximum(expected, 1e-12))
        surely = np.maximum(ratio * seen / chi2.ppf(1 - LEVEL, seen) - 1, 0)
        variance = expected / seen
        return cls(np.maximum(bound - 1, 0) / max(units - 1, 1), np.sqrt(surely * variance / units), variance)


@dataclass(frozen=True)
class Reference:
    """The first weeks of one signal, and what they allow."""

    null: Null
    days: int
    units: float

    @classmethod
    def of(cls, daily: ArrayLike, scores: ArrayLike, tolerance: float = 0.02, ratio: float = 1.0) -> Self:
        """From the counts of its days (D, T, K), whole weeks, under `scores` (S, K).

        Args:
            tolerance: how far a mean score may move at least.
            ratio: so many times the reference is allowed as well, beside the tolerance.

        A mean may move by the largest of: that, what is not known of it (its 95% upper bound), and three times what
        days differ by anyway. Raises ValueError on bad counts, too few days, a negative tolerance or a ratio below 1.

        >>> reference = Reference.of(np.tile([[900.0, 100.0]], (28, 1, 1)), [[0, 1]])
        >>> reference.null.allowed.round(3), reference.watchable
        (array([[0.12]]), array([ True]))
        """
        if not tolerance >= 0 or not ratio >= 1:
            raise ValueError(f"tolerance must be at least 0 and ratio at least 1, not {tolerance} and {ratio}")
        spread, each = Spread.of(daily, scores), numbers("scores", scores)
        counts = counted(daily, np.shape(daily)[1:])
        whole, units = counts.sum(axis=0), float(counts.sum())
        centre = (whole.sum(axis=0) * each).sum(axis=1) / units
        effect = 1 + (units / len(counts) - 1) * spread.icc
        unknown = upper_bound(centre, spread.variance, units / np.maximum(effect, 1)) - centre
        allowed = np.maximum((ratio - 1) * centre + tolerance, np.maximum(unknown, SPREAD * spread.sd))
        return cls(Null.of(each, _centres(whole, each), allowed, spread.icc), len(counts), units)

    @property
    def watchable(self) -> NDArray[np.bool_]:
        """(S,): whether a change would show before it is enormous."""
        return self.null.watchable


def upper_bound(mean: ArrayLike, variance: ArrayLike, units: ArrayLike, level: float = 0.95) -> Floats:
    """Return the upper bound of a mean in [0, 1] of so many units: Clopper and Pearson's.

    That is for rates. Another mean's variance is smaller than a rate's, and it counts as a rate of as many more units.

    >>> float(upper_bound(0.0, 0.0, 100).round(3)), float(upper_bound(0.5, 1 / 12, 100).round(3))
    (0.03, 0.549)
    """
    mean, variance, units = (np.asarray(each, dtype=np.float64) for each in (mean, variance, units))
    rate = mean * (1 - mean)
    total = units * np.where((variance > 0) & (rate > variance), rate / np.maximum(variance, 1e-12), 1.0)
    bad = total * mean
    return np.where(bad < total, beta.ppf(level, bad + 1, np.maximum(total - bad, 1e-9)), 1.0)


def _week(counts: Floats, scores: Floats, first: int) -> tuple[Floats, Floats, Floats]:
    """Each (S,): squared residuals of a week's days, of the week itself, and what chance alone makes of them."""
    week = counts[first : first + WEEK]
    centre = _centres(counts.sum(axis=0) - week.sum(axis=0), scores)  # of the other weeks
    units = week.sum(axis=(1, 2))[:, None]
    cells, sums = week.sum(axis=2)[:, None, :], np.einsum("dtk,sk->dst", week, scores)
    residual = (sums - cells * centre).sum(axis=-1) / np.maximum(units, 1e-12)
    squares = np.einsum("dtk,sk->dst", week, scores**2) - 2 * centre * sums + cells * centre**2
    days = (residual**2 * units).sum(axis=0)
    weekly = (residual * units).sum(axis=0) ** 2 / max(units.sum(), 1e-12) * (units > 0).sum()
    return days, weekly, (squares.sum(axis=-1) / np.maximum(units, 1e-12)).sum(axis=0)


def _centres(counts: Floats, scores: Floats) -> Floats:
    """(S, T): mean scores by stratum, drawn to the whole where a stratum has few units."""
    total, sums = counts.sum(axis=-1), np.einsum("tk,sk->st", counts, scores)
    whole = sums.sum(axis=-1, keepdims=True) / max(total.sum(), 1e-12)
    return np.asarray(np.clip((sums + SHRINK * whole) / (total + SHRINK), 0, 1))
