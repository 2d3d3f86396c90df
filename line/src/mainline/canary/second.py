"""A signal of what the canary failed or refused, and production then answered: exact, however users differ.

Where no request fares worse at the canary than it would at production, which answers it with chance 1 - p, it is failed
by the canary alone with chance p (1 - p) at most: at most 1/4, whatever was seen before. So a stake that grows by
1 + 3 delta with each such request and by 1 - delta with each other one is at best a fair game, user by user; and so is
the mean over all users of the canary, each from the look after its first such request on. The same stakes on what the
canary failed, without what it refused, gain no more than that: so there are two, and for refusals nothing is barred.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp

from mainline.canary.moments import NOTHING, Floats, Rate, add
from mainline.canary.pair import rate
from mainline.canary.routed import BUCKETS, Routed

DELTAS = np.array([0.3, 0.6, 0.9])
LOWEST = -700.0  # the log of evidence of nothing at all, as a number that adds up
Told = tuple[int, int, int]
"""Of one user: requests, those that production alone answered, and of these what the canary failed."""
NONE: Told = (0, 0, 0)


def log_stakes(total: ArrayLike, alone: ArrayLike) -> Floats:
    """Return the log of what a stake on each user has become, given its requests and those failed by the canary alone.

    >>> float(np.exp(log_stakes(1, 1)))  # the mean of 1.9, 2.8 and 3.7
    2.8...
    >>> bool(log_stakes(100, 25) < 0)
    True
    """
    n, d = (np.asarray(each, dtype=np.float64)[..., None] for each in (total, alone))
    return np.asarray(logsumexp(d * np.log1p(3 * DELTAS) + (n - d) * np.log1p(-DELTAS), axis=-1) - np.log(len(DELTAS)))


class Second:
    """What production answered and the canary did not, user by user."""

    shown = None

    def __init__(self) -> None:
        self.heard = False
        """Whether a router has told of it at all."""
        self._life = ""
        self._last: dict[int, Told] = {}
        self._staked: dict[int, Told] = {}
        self._weights: dict[int, float] = {}
        self._both: dict[str, dict[int, int]] = {}  # of the router's earlier lives
        self._now: dict[str, dict[int, int]] = {}
        self.canary: Rate = NOTHING
        self.champion: Rate = NOTHING
        self.harm, self.without_top = LOWEST, LOWEST
        """Of what the canary failed, with and without its worst user."""
        self.asks = LOWEST
        """Log of the evidence of all that production alone answered: what a person is asked about."""
        self.bucket: int | None = None

    @property
    def both(self) -> Mapping[str, Mapping[int, int]]:
        """What production failed or refused as well, by signal and bucket, in all lives of the router."""
        return _added(self._both, self._now)

    def hear(self, routed: Routed, share: float) -> None:
        """Take in what the router tells, at a share of the users.

        A user's stake begins at the look after its first such request: that one was not bet on. So it is in another
        life of the router, which counts from the first that it sees.
        """
        self.heard = True
        if routed.life != self._life:
            self._life, self._last, self._both = routed.life, {}, _added(self._both, self._now)
        self._now = {signal: dict(each) for signal, each in routed.both.items()}
        for bucket, rate_now in routed.alone.items():
            now = (*rate_now, routed.failed.get(bucket, 0))
            n, d, f = (each - was for each, was in zip(now, self._last.get(bucket, NONE), strict=True))
            goes_on = bucket in self._last and n >= d >= f >= 0  # else it began anew
            self._last[bucket] = now
            self._weights.setdefault(bucket, 1 / (BUCKETS * max(share, 1 / BUCKETS)))
            staked = self._staked.get(bucket, NONE)
            self._staked[bucket] = (staked[0] + n, staked[1] + d, staked[2] + f) if goes_on else staked
            self.canary = add(self.canary, (n, d) if goes_on else rate_now)
        self._weigh()

    def begin_anew(self) -> None:
        """Forget all stakes: what was seen so far has been answered for."""
        self._staked = dict.fromkeys(self._staked, NONE)
        self.canary = NOTHING
        self._weigh()

    def words(self) -> str:
        """What was seen, for people."""
        users = f"{len(self._staked):,} user{'' if len(self._staked) == 1 else 's'}"
        return f"production answered {self.canary[1]:,} requests of {users} that the canary failed or refused"

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        users = [
            [bucket, self._last.get(bucket), self._staked[bucket], self._weights[bucket]] for bucket in self._staked
        ]
        return {
            "heard": self.heard,
            "life": self._life,
            "users": users,
            "both": self._both,
            "now": self._now,
            "canary": self.canary,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; raise ValueError, KeyError or TypeError if it is none of this signal."""
        self.heard, self._life = bool(state["heard"]), str(state["life"])
        self._last, self._staked, self._weights = {}, {}, {}
        for bucket, last, staked, weight in state["users"]:
            self._staked[int(bucket)], self._weights[int(bucket)] = _told(staked), float(weight)
            if last is not None:
                self._last[int(bucket)] = _told(last)
        self._both, self._now = (_added({}, state[name]) for name in ("both", "now"))
        self.canary = rate(state["canary"])
        self._weigh()

    def _weigh(self) -> None:
        if not self._staked:
            return
        n, d, f = np.array(list(self._staked.values())).T
        weights = np.log([self._weights[it] for it in self._staked])
        self.asks = max(LOWEST, float(logsumexp(log_stakes(n, d) + weights)))
        each = log_stakes(n, f) + weights
        largest = int(np.argmax(each))
        self.bucket = list(self._staked)[largest]
        self.harm = max(LOWEST, float(logsumexp(each)))
        self.without_top = max(LOWEST, float(logsumexp(np.delete(each, largest)))) if len(each) > 1 else LOWEST


def _told(value: Sequence[Any]) -> Told:
    total, alone, failed = value
    return int(total), int(alone), int(failed)


def _added(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, dict[int, int]]:
    made: dict[str, dict[int, int]] = {}
    for signal, buckets in (*one.items(), *other.items()):
        there = made.setdefault(signal, {})
        for bucket, number in buckets.items():
            there[int(bucket)] = there.get(int(bucket), 0) + int(number)
    return made
