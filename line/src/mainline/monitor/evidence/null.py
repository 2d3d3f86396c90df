"""What "nothing moved further than allowed" means for one signal, and what a day's counts gain against it.

The null: given the days before, a day's mean score is at most its reference plus a tolerance, in each stratum. Eight
bets multiply their wealth by 1 + lam * (score - allowed) for each unit of the day. Units of one day hang together, by
the intraclass correlation `icc`: so a day's gain is divided by its design effect 1 + (n - 1) * icc (Kish, "Survey
Sampling", 1965). A bet's expected factor is then at most 1: exactly where days are alike, exactly for rates whose days
follow a beta distribution (`days_price`), and to second order otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mainline.monitor.evidence.price import days_price

Floats = NDArray[np.float64]
BETS = 8
SHARES: Floats = np.array([0.95 / 2**bet for bet in range(BETS)])  # of the largest bet that can never lose everything
WATCHABLE = 0.25  # a signal that may move by more than this is not worth being watched
KEYS = ("scores", "centres", "tolerance", "icc")


@dataclass(frozen=True)
class Null:
    """What is allowed of one signal with K bins, under S scores, in T strata.

    Raises ValueError where the shapes do not fit, a score or a centre lies outside [0, 1], or a number is negative.

    >>> null = Null.of(scores=[[0, 1]], centres=[[0.10]], tolerance=0.02)  # bad in a tenth, 12% are allowed
    >>> null.gains([[[80, 20]], [[95, 5]]])[:, 0, 3].round(2)  # the fourth bet's, on days of 20% and of 5%
    array([ 2.41, -8.88])
    """

    scores: Floats
    """(S, K): the score of a unit in each bin, in [0, 1]."""
    centres: Floats
    """(S, T): the mean score in the reference."""
    tolerance: Floats
    """(S,): how far the mean may move up from its centre."""
    icc: Floats
    """(S,): how much alike units of one day are, 0 where days do not differ."""

    @classmethod
    def of(cls, scores: ArrayLike, centres: ArrayLike, tolerance: ArrayLike, icc: ArrayLike = 0.0) -> Self:
        """The same from anything like arrays; one tolerance and one `icc` may stand for all scores."""
        made = [np.asarray(each, dtype=np.float64) for each in (scores, centres, tolerance, icc)]
        if made[0].ndim != 2 or not made[0].size:
            raise ValueError(f"scores must be (scores, bins), not of the shape {made[0].shape}")
        for at, name in ((2, "tolerance"), (3, "icc")):
            if made[at].shape not in ((), (len(made[0]),)):
                raise ValueError(f"{name} must be one number, or one for each of the {len(made[0])} scores")
            made[at] = np.broadcast_to(made[at], len(made[0])).copy()
        return cls(*made)

    def __post_init__(self) -> None:
        if self.centres.ndim != 2 or len(self.centres) != len(self.scores) or not self.centres.size:
            raise ValueError(f"centres must be ({len(self.scores)}, strata), not of the shape {self.centres.shape}")
        for name, most in (("scores", 1.0), ("centres", 1.0), ("tolerance", np.inf), ("icc", np.inf)):
            each = getattr(self, name)
            if not (np.isfinite(each) & (each >= 0) & (each <= most)).all():
                raise ValueError(f"{name} must be at least 0{' and at most 1' if most == 1 else ''}: {each.tolist()}")

    @property
    def allowed(self) -> Floats:
        """(S, T): the largest mean score that is no change."""
        return np.clip(self.centres + self.tolerance[:, None], 1e-6, 1 - 1e-6)

    @property
    def watchable(self) -> NDArray[np.bool_]:
        """(S,): whether a change would show before it is enormous."""
        return self.tolerance <= WATCHABLE

    @property
    def bets(self) -> Floats:
        """(S, J): what each bet stakes for a score of 1 above what is allowed."""
        return np.asarray(SHARES / self.allowed.max(axis=-1)[:, None])

    def gains(self, days: ArrayLike) -> Floats:
        """Return (D, S, J), the log of what each day multiplies each bet's wealth by.

        Args:
            days: (D, T, K) of units, at least 0; they need not be whole.

        Raises ValueError on another shape, and where a count is negative or not finite.
        """
        counts = counted(days, (self.centres.shape[1], self.scores.shape[1]))
        factors = self.scores[:, None, None, :] - self.allowed[:, None, :, None]
        table = np.log1p(self.bets[:, :, None, None] * factors)  # (S, J, T, K)
        raw = np.tensordot(counts, table, axes=([1, 2], [2, 3]))
        units = counts.sum(axis=(1, 2))
        effect = 1 + np.maximum(units - 1, 0)[:, None] * self.icc
        return np.asarray(raw / effect[..., None] - self._price(units))

    def _price(self, units: Floats) -> Floats:
        """(D, S, J): what a rate's skewed days would gain on average, taken from every day."""
        taken = np.zeros((len(units), len(self.scores), BETS))
        for at in np.flatnonzero(((self.scores == 0) | (self.scores == 1)).all(axis=1) & (self.icc > 0)):
            taken[:, at] = days_price(SHARES, self.allowed[at].max(), self.icc[at], units)
        return taken

    def moved(self, days: ArrayLike) -> Floats:
        """Return (S,), how far the mean score of all units of these days lies above its reference; 0 without any.

        >>> Null.of([[0, 1]], [[0.1]], 0.02).moved([[[80, 20]], [[90, 10]]]).round(3)
        array([0.05])
        """
        counts = counted(days, (self.centres.shape[1], self.scores.shape[1])).sum(axis=0)
        above = (counts[None] * (self.scores[:, None, :] - self.centres[:, :, None])).sum(axis=(1, 2))
        return np.asarray(above / max(counts.sum(), 1e-12))

    def opposite(self) -> "Null":
        """The claim turned round: that the mean is ABOVE what is allowed here. Evidence against it shows no harm.

        >>> Null.of([[0, 1]], [[0.10]], 0.02).opposite().allowed
        array([[0.88]])
        """
        return Null(1 - self.scores, 1 - self.allowed, np.zeros_like(self.tolerance), self.icc)

    def state(self) -> dict[str, Any]:
        """Return all there is to know, fit for JSON."""
        return {key: getattr(self, key).tolist() for key in KEYS}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the null that `state` was taken of; raise ValueError if it is no such state."""
        if not isinstance(state, dict) or set(state) != set(KEYS):
            raise ValueError(f"a state of a null has the keys {', '.join(KEYS)}")
        return cls.of(**{key: numbers(key, state[key]) for key in KEYS})


def counted(counts: ArrayLike, shape: Sequence[int]) -> Floats:
    """Return (..., *shape) of counts as floats; raise ValueError where they are none."""
    made = numbers("counts", counts)
    if made.shape[1:] != tuple(shape):
        raise ValueError(f"counts must be (days, {', '.join(map(str, shape))}), not of the shape {made.shape}")
    if not (np.isfinite(made) & (made >= 0)).all():
        raise ValueError("counts must be finite and at least 0")
    return made


def numbers(name: str, values: Any) -> Floats:
    """Return `values` as an array of floats; raise ValueError where there are others in it."""
    try:
        made = np.asarray(values)
    except ValueError:
        raise ValueError(f"{name} must be numbers in rows of one length") from None
    if made.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be numbers, not {made.dtype}")
    return made.astype(np.float64)
