"""Evidence, day by day, that a signal has moved further than allowed: it may be looked at on any day, for years.

R is a Shiryaev-Roberts e-detector (Shin, Ramdas and Rinaldo, "E-detectors", 2022): R <- (1 + R) * today's factor adds
up the wealth of all bets that could have begun on any day so far. While the null holds E R(n) <= n: the chance that R
reaches A within n days is at most n / A, and days until it does are A or more on average. So does any weighted mean of
R over signals, however they hang together. Everything here is in logs.
"""

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from mainline.monitor.evidence.null import BETS, SHARES, Floats, Null, numbers

__all__ = ["ALPHA", "BAR", "BETS", "SHARES", "YEAR", "Detector", "combined", "evidence", "since"]
YEAR = 365
ALPHA = 0.05
BAR = YEAR / ALPHA  # 7,300: at most 5% of years, once in 20 years on average
FORMAT = 1
KEYS = ("format", "null", "weights", "days", "logs")


def evidence(gains: ArrayLike) -> Floats:
    """Return (D, ...), log R on each day, of `gains` (D, ..., J): the mean over the bets.

    >>> nothing = np.zeros((3, 8))  # days without a unit
    >>> np.exp(evidence(nothing))
    array([1., 2., 3.])
    """
    each = _gains(gains)
    until = each.cumsum(axis=0)
    begun = np.logaddexp.accumulate(each - until, axis=0)  # of bets that began on each day so far: less what was before
    return np.asarray(logsumexp(until + begun, axis=-1) - math.log(each.shape[-1]))


def combined(logs: ArrayLike, weights: ArrayLike) -> Floats:
    """Return (D,), the log of the weighted sum of R over signals, of `logs` (D, S) and `weights` (S,).

    The weights add up to at most 1, so that the sum keeps the promise of one. Raises ValueError where they do not.

    >>> float(np.exp(combined(np.log([[10.0, 1000.0]]), [0.5, 0.25]))[0].round(6))
    255.0
    """
    each, share = numbers("logs", logs), _weights(weights)
    if each.ndim != 2 or each.shape[1] != len(share):
        raise ValueError(f"logs must be (days, {len(share)}), not of the shape {each.shape}")
    if np.isnan(each).any():
        raise ValueError("logs must be numbers")
    with np.errstate(divide="ignore"):
        return np.asarray(logsumexp(each + np.log(share), axis=1))


def since(gains: ArrayLike) -> int:
    """Return the day (0 is the first) from which on the bets won: the start that does most for R on the last day.

    Args:
        gains: (D, J), or (D, S, J) of several scores of one signal, at least one day.

    >>> since(np.array([[-1.0], [-2.0], [3.0], [1.0]]))
    2
    """
    each = _gains(gains)
    if not len(each) or each.ndim < 2:
        raise ValueError("gains must hold one day at least")
    from_here = each[::-1].cumsum(axis=0)[::-1].reshape(len(each), -1)
    return int(logsumexp(from_here, axis=1).argmax())


class Detector:
    """Evidence about one signal, a day at a time; it goes on from its `state` to the last bit.

    Raises ValueError on weights that are negative or add up to more than 1.

    >>> detector = Detector(Null.of(scores=[[0, 1]], centres=[[0.10]], tolerance=0.02))
    >>> [detector.update([[80, 20]]) > math.log(BAR) for day in range(6)]  # 20 of 100 are bad, 12 are allowed
    [False, False, False, False, True, True]
    """

    def __init__(self, null: Null, weights: ArrayLike | None = None) -> None:
        """Of all the scores of `null`: weights (S,), equal as they are not given."""
        count = len(null.scores)
        self.null, self.weights = null, _weights(np.full(count, 1 / count) if weights is None else weights)
        if len(self.weights) != count:
            raise ValueError(f"weights must be one for each of the {count} scores")
        self.days = 0
        self._logs = np.full((count, BETS), -np.inf)

    @property
    def log_r(self) -> float:
        """The evidence so far; minus infinity before the first day."""
        each = logsumexp(self._logs, axis=-1) - math.log(BETS)
        return float(combined(each[None], self.weights)[0])

    def update(self, day: ArrayLike) -> float:
        """Return log R after one more day.

        Args:
            day: (T, K) of units.

        Raises ValueError, and changes nothing, on another shape and on counts that are negative or not finite.
        """
        gain = self.null.gains(numbers("counts", day)[None])[0]
        self._logs = np.logaddexp(self._logs, 0.0) + gain
        self.days += 1
        return self.log_r

    def state(self) -> dict[str, Any]:
        """Return all there is to know, fit for JSON."""
        logs = self._logs.tolist() if self.days else []
        return dict(zip(KEYS, (FORMAT, self.null.state(), self.weights.tolist(), self.days, logs), strict=True))

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the detector that `state` was taken of; raise ValueError if it is no such state."""
        if not isinstance(state, dict) or set(state) != set(KEYS):
            raise ValueError(f"a state of a detector has the keys {', '.join(KEYS)}")
        if state["format"] != FORMAT:
            raise ValueError(f"format must be {FORMAT}, not {state['format']!r}: another version wrote this state")
        made = cls(Null.from_state(state["null"]), numbers("weights", state["weights"]))
        days = state["days"]
        if isinstance(days, bool) or not isinstance(days, int) or days < 0:
            raise ValueError(f"days must be a whole number, not {days!r}")
        if days:
            made._logs = _logs(state["logs"], made._logs.shape)
        elif state["logs"] != []:
            raise ValueError("logs must be empty before the first day")
        made.days = days
        return made


def _logs(values: Any, shape: Sequence[int]) -> Floats:
    logs = numbers("logs", values)
    if logs.shape != tuple(shape) or not np.isfinite(logs).all():
        raise ValueError(f"logs must be {' times '.join(map(str, shape))} finite numbers")
    return logs


def _gains(gains: ArrayLike) -> Floats:
    each = numbers("gains", gains)
    if each.ndim < 2 or not each.shape[-1] or np.isnan(each).any():
        raise ValueError(f"gains must be (days, ..., bets) of numbers, not of the shape {each.shape}")
    return each


def _weights(weights: ArrayLike) -> Floats:
    share = numbers("weights", weights)
    if share.ndim != 1 or not len(share) or not (share >= 0).all() or not share.sum() <= 1 + 1e-9:
        raise ValueError(f"weights must be at least 0 and add up to at most 1: {share.tolist()}")
    return share
