"""Evidence about a canary that may be looked at, and acted on, after every batch of requests.

Each number E is an e-process: while its null holds, the chance that it EVER reaches 1/alpha is at most alpha, whenever
one looks and whenever one stops. Everything here is in logs: E >= 1/alpha reads log E >= -log(alpha).
"""

import math
import sys
from collections.abc import Iterable
from numbers import Real
from typing import Any, Self

import numpy as np
from scipy.special import betaln, logsumexp

from mainline.canary.bets import (
    BETS,
    DIRECTIONS,
    STARTS,
    Direction,
    Floats,
    gained,
    log_factors,
    log_mixture,
    without,
)
from mainline.canary.moments import NOTHING, Rate

FORMAT = 2
KEYS = ("format", "direction", "ratio", "margin", "restarts", "batches", "total", "bad", "logs", "since", "prices")
LARGEST_RATIO = 1000
LARGEST = 2**53  # above it a float no longer holds every whole number


class Evidence:
    """Evidence about one signal: bad requests among the canary's and among the champion's.

    direction "harm" gathers evidence against p_canary <= ratio * p_champion + margin, to roll back on;
    "non_inferiority" against p_canary >= ratio * p_champion + margin, to promote on. With `restarts` half of the
    stake begins anew after 1, 2, 4, ... 128 batches, so that a late fault is not outweighed by a long healthy start.

    Neither a randomised split nor rates that stay the same from batch to batch are needed. What is needed: requests
    independent of each other given the rates, and batches whose ends do not depend on what is bad in them. Where
    requests of one user hang together, `tempered` by their design effect holds asymptotically in users.

    >>> evidence = Evidence()
    >>> evidence.update(10, 4, 90, 0) >= math.log(20)  # 4 of 10 failed, none of 90
    True
    >>> evidence.tempered(5.0) >= math.log(20)  # as much as 2 requests say
    False

    Raises ValueError on an unknown direction, a ratio outside (0, 1000], or a margin outside [0, 1).
    """

    def __init__(
        self, *, direction: Direction = "harm", ratio: float = 1.0, margin: float = 0.0, restarts: bool = True
    ) -> None:
        if direction not in DIRECTIONS:
            raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}; not {direction!r}")
        if not isinstance(restarts, bool):
            raise ValueError(f"restarts must be true or false, not {restarts!r}")
        self.direction: Direction = direction
        self.ratio, self.margin, self.restarts = _number("ratio", ratio), _number("margin", margin), restarts
        if not 0 < self.ratio <= LARGEST_RATIO:
            raise ValueError(f"ratio must be above 0 and at most {LARGEST_RATIO}, not {ratio}")
        if not 0 <= self.margin < 1:
            raise ValueError(f"margin must be at least 0 and below 1, not {margin}")
        self._batches = self._total = self._bad = 0
        self._logs = np.zeros((len(STARTS) if restarts else 1, BETS))
        self._since = [0] * len(self._logs)  # requests of the canary, since each start
        self._prices = np.zeros((BETS, 2))  # of the last batch: log factors of one bad and one good request of its

    @property
    def log_e(self) -> float:
        """The log of the evidence so far; 0 before the first batch."""
        return self.tempered()

    def tempered(self, effect: float = 1.0, top: Rate = NOTHING) -> float:
        """Return log E where requests say as little as one in `effect` independent ones.

        Args:
            effect: the design effect, 1 or more.
            top: requests of one bucket of the canary, and the bad ones among them, that are to be left out.

        Raises ValueError on an effect below 1 and on impossible counts.
        """
        if not _number("effect", effect) >= 1:
            raise ValueError(f"effect must be at least 1, not {effect}")
        if not self._batches:
            return 0.0
        total, bad = _side("top", *top)
        logs = self._logs
        if total:
            logs = without(logs, total, bad, np.array(self._since) / self._since[0], self._prices)
        return float(log_mixture(logs / effect))

    def update(self, canary_total: int, canary_bad: int, champion_total: int, champion_bad: int) -> float:
        """Return log E after one more batch, given its requests and the bad ones among them, per side.

        A batch in which either side has no request changes nothing. Raises ValueError, and changes nothing, on
        counts that are negative, not whole, or larger than their total.
        """
        canary, canary_bad = _side("canary", canary_total, canary_bad)
        champion, champion_bad = _side("champion", champion_total, champion_bad)
        if canary and champion:
            begun = STARTS[: len(self._logs)] <= self._batches
            factors = log_factors(
                canary,
                champion,
                seen_total=self._total,
                seen_bad=self._bad,
                direction=self.direction,
                ratio=self.ratio,
                margin=self.margin,
            )
            self._logs[begun] += gained(factors, canary, canary_bad, champion, champion_bad)
            self._prices = factors[:, :2]
            self._since = [each + canary * int(on) for each, on in zip(self._since, begun, strict=True)]
            self._batches += 1
            self._total += canary + champion
            self._bad += canary_bad + champion_bad
        return self.log_e

    def state(self) -> dict[str, Any]:
        """Return all there is to know, fit for JSON: `from_state` goes on from it to the last bit."""
        settings = (self.direction, self.ratio, self.margin, self.restarts)
        sums = (self._batches, self._total, self._bad, self._logs.tolist(), list(self._since), self._prices.tolist())
        return dict(zip(KEYS, (FORMAT, *settings, *sums), strict=True))

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the evidence that `state` was taken of; raise ValueError if it is no such state."""
        if not isinstance(state, dict) or set(state) != set(KEYS):
            raise ValueError(f"a state of evidence has the keys {', '.join(KEYS)}")
        if state["format"] != FORMAT:
            raise ValueError(f"format must be {FORMAT}, not {state['format']!r}: another version wrote this state")
        made = cls(**{key: state[key] for key in ("direction", "ratio", "margin", "restarts")})
        made._batches = _count("batches", state["batches"])
        made._total, made._bad = _side("", state["total"], state["bad"])
        if made._total < 2 * made._batches or bool(made._total) != bool(made._batches):
            raise ValueError(f"{made._batches} batches cannot hold {made._total} requests: one a side at least")
        made._logs = _read_logs(state["logs"], made._logs.shape, made._batches)
        made._since = _read_since(state["since"], len(made._logs), made._batches, made._total)
        made._prices = _read_numbers("prices", state["prices"], (BETS, 2))
        return made


def split_mismatch(canary_total: int, champion_total: int, share: float) -> float:
    """Return log E against the null that each request went to the canary with probability `share`.

    The totals are those since the share was last changed: start again from 0 at each step. Evidence of a wrong split
    says that the two sides cannot be compared, not that the canary is bad. Raises ValueError on bad counts, and
    unless 0 < share < 1.
    """
    canary, champion = _count("canary total", canary_total), _count("champion total", champion_total)
    share = _number("share", share)
    if not 0 < share < 1:
        raise ValueError(f"share must be strictly between 0 and 1, not {share}")
    a, b = 100 * share, 100 * (1 - share)
    mixture = betaln(a + canary, b + champion) - betaln(a, b)
    return float(mixture - canary * math.log(share) - champion * math.log1p(-share))


def mean_evidence(logs: Iterable[float]) -> float:
    """Return the log of the mean of several E, given their logs: evidence that at least one of their nulls is false.

    Under all of the nulls the mean is again an e-process, however the signals hang together. To claim something of
    EVERY signal take the least E, not the mean. Raises ValueError if there is none, or one is not finite.
    """
    values = [_number("log E", log) for log in logs]
    if not values:
        raise ValueError("a mean of evidence needs one signal at least")
    if min(values) == max(values):  # to the last bit
        return values[0]
    return float(logsumexp(values)) - math.log(len(values))


def _number(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not abs(value) <= sys.float_info.max:
        raise ValueError(f"{name} must be a finite number, not {value!r}")
    return float(value)


def _count(name: str, value: float) -> int:
    """Return `value` as an int; a float is taken when it is whole, as counters of Prometheus are floats."""
    if isinstance(value, bool) or not isinstance(value, Real) or not value == value // 1:
        raise ValueError(f"{name} must be a whole number, not {value!r}")
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{name} must be between 0 and 2^53, not {value!r}")
    return int(value)


def _side(side: str, total: float, bad: float) -> tuple[int, int]:
    requests, wrong = _count(f"{side} total".strip(), total), _count(f"{side} bad".strip(), bad)
    if wrong > requests:
        raise ValueError(f"{side} bad must not exceed the total of {requests}, not {wrong}".strip())
    return requests, wrong


def _read_logs(logs: Any, shape: tuple[int, ...], batches: int) -> Floats:
    """Return the logs of a state, (starts, 8); those not yet begun must be 0."""
    made = _read_numbers("logs", logs, shape)
    if made[STARTS[: len(made)] >= batches].any():
        raise ValueError(f"logs of bets that begin after {batches} batches must be 0")
    return made


def _read_numbers(name: str, rows: Any, shape: tuple[int, ...]) -> Floats:
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == shape[1] for row in rows):
        raise ValueError(f"{name} must be a list of lists of {shape[1]} numbers")
    if len(rows) != shape[0]:
        raise ValueError(f"{name} must have {shape[0]} rows, not {len(rows)}")
    return np.array([[_number(name, value) for value in row] for row in rows])


def _read_since(since: Any, starts: int, batches: int, total: int) -> list[int]:
    """Return the canary's requests since each start: fewer since a later one, none before it has begun."""
    if not isinstance(since, list) or len(since) != starts:
        raise ValueError(f"since must be a list of {starts} counts")
    made = [_count("since", value) for value in since]
    begun = (STARTS[:starts] < batches).tolist()
    if sorted(made, reverse=True) != made or made[0] > total - batches or [each > 0 for each in made] != begun:
        raise ValueError(f"since cannot be {made} after {batches} batches of {total} requests")
    return made
