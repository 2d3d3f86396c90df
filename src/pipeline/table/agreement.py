"""How far people agree on labels, and how right one of them is by the others: figures with 95% intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES, SEED = 1000, 0
DIGITS = 6  # more could differ from machine to machine
Z = 1.959964  # of 95%
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Votes:
    """Votes on rows that several people have voted on."""

    row: NDArray[np.intp]
    """Which row each is on, (votes,), from 0 on without a gap."""
    values: Floats
    """(votes, classes): 1 where the vote says the class; or (votes, 1): the numbers that they say."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.row.max()) + 1 if len(self.row) else 0

    def sums(self, of: Floats) -> Floats:
        """The sum of a figure over the votes of each row, (rows, ...)."""
        total = np.zeros((self.rows, *of.shape[1:]))
        np.add.at(total, self.row, of)
        return total


def alpha(votes: Votes) -> dict[str, float] | None:
    """Krippendorff's alpha: 1 where all agree, 0 where no more do than would by chance; None where all say one thing.

    Nominal for classes, interval for numbers: with one column a class, the squared distance of two votes is 0 or 2.
    Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011). The interval resamples rows.
    """
    count, sums = votes.sums(np.ones(len(votes.row))), votes.sums(votes.values)
    squares = votes.sums((votes.values**2).sum(axis=1))
    apart = (count * squares - (sums**2).sum(axis=1)) / (count - 1)

    def of(weight: Floats) -> float:
        n = weight @ count
        expected = (n * (weight @ squares) - ((weight @ sums) ** 2).sum()) / (n - 1)
        return float(1 - (weight @ apart) / expected) if expected > 1e-9 * n else np.nan

    return _told("alpha", of, votes.rows)


def level(votes: Votes) -> tuple[dict[str, float] | None, Floats]:
    """How right one person is by the others: the share of classes that are what most others say, or a mean error.

    A vote on which the others are split says nothing.

    Returns:
        The figure, whose interval resamples rows; and of each vote 1 or 0, or its error, missing where it says nothing.
    """
    sums = votes.sums(votes.values)[votes.row] - votes.values
    if votes.values.shape[1] == 1:
        others = votes.sums(np.ones(len(votes.row)))[votes.row] - 1
        right, name = np.abs(votes.values[:, 0] - sums[:, 0] / others), "mean_absolute_error"
    else:
        top = sums.max(axis=1)
        split = (sums == top[:, None]).sum(axis=1) > 1
        right = np.where(split, np.nan, (sums.argmax(axis=1) == votes.values.argmax(axis=1)).astype(float))
        name = "accuracy"
    says = ~np.isnan(right)
    total, count = votes.sums(np.where(says, right, 0.0)), votes.sums(says.astype(float))

    def of(weight: Floats) -> float:
        return float(weight @ total / (weight @ count)) if weight @ count else np.nan

    return _told(name, of, votes.rows), right


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Wilson's 95% interval of a share."""
    middle, wide = hits + Z * Z / 2, Z * np.sqrt(hits * (total - hits) / total + Z * Z / 4)
    return round(float(middle - wide) / (total + Z * Z), DIGITS), round(float(middle + wide) / (total + Z * Z), DIGITS)


def _told(name: str, of: Any, rows: int) -> dict[str, float] | None:
    """A figure of rows with weights, and the interval in which 95% of resamples have it."""
    if rows < 2 or np.isnan(value := of(np.ones(rows))):
        return None
    random = np.random.default_rng(SEED)
    drawn = [of(np.bincount(random.integers(rows, size=rows), minlength=rows).astype(float)) for _ in range(RESAMPLES)]
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    told = {name: value, "low": float(low), "high": float(high)}
    return {each: round(figure, DIGITS) for each, figure in told.items()} | {"rows": rows}
