"""The risk before labels come: how wrong answers of this confidence, or rows like these, were among the dev rows.

For classes the confidence is calibrated on dev rows (as CBPE does: NannyML, "Performance estimation"), for numbers a
second model guesses the clipped error. Both give scores of bins, to be counted day by day. They are true only while
the truth stays what it was: a changed one they never see. Hence they say "suspected", and never act.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

from mainline.monitor.evidence.features import Encoder
from mainline.monitor.evidence.null import Floats, numbers

BINS = 10
LEAST = 40  # rows to learn from, and as many to calibrate by


def calibrated(loss: ArrayLike, total: ArrayLike, *, rising: bool) -> Floats:
    """Return (K,), the mean loss of a row in each bin, which only rises (or only falls) from bin to bin.

    Args:
        loss: (K,) the sum of the losses in each bin: for classes the wrong answers.
        total: (K,) rows in each bin; one without rows lies between its neighbours, at an end it is as the last.
        rising: whether later bins are worse; confidence is the other way round.

    Isotonic regression (Barlow et al., 1972): where a later bin did better than an earlier one, both get their mean.

    >>> calibrated([5, 4, 0, 1], [10, 10, 0, 10], rising=False).round(2)  # wrong answers, by confidence
    array([0.5 , 0.4 , 0.25, 0.1 ])

    Raises ValueError where no bin has a row, or a loss is negative or exceeds its rows.
    """
    losses, rows = numbers("loss", loss), numbers("total", total)
    if losses.ndim != 1 or losses.shape != rows.shape:
        raise ValueError(f"loss and total must be of the same bins, not {losses.shape} and {rows.shape}")
    if not ((losses >= 0) & (losses <= rows * (1 + 1e-9)) & np.isfinite(rows)).all():
        raise ValueError("each loss must be between 0 and the rows of its bin")
    seen = np.flatnonzero(rows > 0)
    if not len(seen):
        raise ValueError("a calibration needs dev rows")
    fitted = IsotonicRegression(y_min=0, y_max=1, increasing=rising, out_of_bounds="clip")
    fitted.fit(seen, losses[seen] / rows[seen], sample_weight=rows[seen])
    return np.asarray(fitted.predict(np.arange(len(rows))), dtype=np.float64)


@dataclass(frozen=True)
class Guess:
    """A second model that guesses how wrong an answer of the first one is, for targets that are numbers.

    >>> x = np.random.default_rng(0).uniform(size=2000)
    >>> guess = Guess.fit({"x": x}, {"x": "number"}, error=x**2)
    >>> guess.scores.shape, bool(np.diff(guess.scores).min() >= 0)
    ((1, 10), True)
    >>> guess.bins({"x": [0.01, 0.99]})
    array([0, 9])
    """

    encoder: Encoder
    model: Any
    edges: Floats
    scores: Floats
    """(1, K): the mean clipped error of a row in each bin of the guesses."""

    @classmethod
    def fit(cls, columns: Mapping[str, ArrayLike], kinds: Mapping[str, str], error: ArrayLike, seed: int = 0) -> Self:
        """Learn from half of the dev rows, and calibrate by the other half.

        Args:
            columns: name to values of the dev rows.
            kinds: name to number, date, category or text.
            error: (N,) clipped error of each row, from 0 to 1.

        Raises ValueError with fewer than 80 rows, and where an error lies outside [0, 1].
        """
        losses = numbers("error", error)
        if losses.ndim != 1 or not ((losses >= 0) & (losses <= 1)).all():
            raise ValueError("error must be one number from 0 to 1 for each row")
        if len(losses) < 2 * LEAST:
            raise ValueError(f"a guess of the error needs {2 * LEAST} dev rows, not {len(losses)}")
        encoder = Encoder.of(columns, kinds)
        rows = encoder.plain(columns)
        if len(rows) != len(losses):
            raise ValueError(f"there are {len(rows)} rows and {len(losses)} errors")
        order = np.random.default_rng(seed).permutation(len(losses))
        ours, theirs = order[: len(order) // 2], order[len(order) // 2 :]
        model = HistGradientBoostingRegressor(max_iter=100, early_stopping=False, random_state=seed)
        with threadpool_limits(1):  # beside services, on their host
            model.fit(rows[ours], losses[ours])
            guesses = model.predict(rows[theirs])
        edges = np.unique(np.quantile(guesses, np.arange(1, BINS) / BINS))
        bins = np.searchsorted(edges, guesses, side="right")
        total, sums = (np.bincount(bins, weights=each, minlength=len(edges) + 1) for each in (None, losses[theirs]))
        return cls(encoder, model, edges, calibrated(sums, total, rising=True)[None])

    def bins(self, columns: Mapping[str, ArrayLike]) -> NDArray[np.int64]:
        """Return (N,), the bin of each row, from 0."""
        with threadpool_limits(1):
            guesses = self.model.predict(self.encoder.plain(columns))
        return np.asarray(np.searchsorted(self.edges, guesses, side="right"), dtype=np.int64)
