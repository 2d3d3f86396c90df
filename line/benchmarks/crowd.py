"""The judge's evidence for many canaries side by side, each with users of its own: its own functions, on arrays."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln, logsumexp

from mainline.canary.bets import BETS, STARTS, Direction, log_factors, log_mixture, without
from mainline.canary.moments import design_effect, excess, likeness

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Cells = tuple[Floats, Floats, Floats, Floats]
"""Canary total, canary bad, champion total, champion bad: (canaries,)."""


class Bets:
    """`mainline.canary.pair.Pair` for one direction: batches without a request on either side wait."""

    def __init__(
        self,
        canaries: int,
        direction: Direction = "harm",
        ratio: float = 1.0,
        margin: float = 0.0,
    ) -> None:
        self._asked: dict[str, Any] = {"direction": direction, "ratio": ratio, "margin": margin}
        starts = len(STARTS) if direction == "harm" else 1
        self._logs, self._since = np.zeros((starts, canaries, BETS)), np.zeros((starts, canaries))
        self._batches = np.zeros(canaries, dtype=int)
        self._seen = np.zeros((2, canaries))
        self._waiting = np.zeros((4, canaries))
        self._prices = np.zeros((canaries, BETS, 2))

    def update(self, *cells: Floats) -> None:
        """Take in what is new on both sides."""
        self._waiting += np.stack(cells)
        canary, bad, champion, champion_bad = self._waiting
        go = (canary > 0) & (champion > 0)
        ours, theirs = np.where(go, canary, 1), np.where(go, champion, 1)
        factors = log_factors(ours, theirs, seen_total=self._seen[0], seen_bad=self._seen[1], **self._asked)
        counts = np.stack([bad, canary - bad, champion_bad, champion - champion_bad], axis=-1)
        gains = (counts[:, None, :] * factors).sum(axis=-1)
        for i in range(len(self._logs)):
            begun = go & (STARTS[i] <= self._batches)
            self._logs[i][begun] += gains[begun]
            self._since[i] += np.where(begun, canary, 0)
        self._prices[go] = factors[go][:, :, :2]
        self._seen += np.where(go, np.stack([canary + champion, bad + champion_bad]), 0)
        self._batches += go
        self._waiting[:, go] = 0

    def log_e(self, effect: Floats | float = 1.0, top: tuple[Floats, Floats] | None = None) -> Floats:
        """Log E, tempered; without a bucket of so many requests and bad ones."""
        logs = self._logs
        if top is not None:
            logs = without(logs, *top, self._since / np.maximum(self._since[0], 1), self._prices)
        effects = np.broadcast_to(np.asarray(effect, dtype=np.float64), self._batches.shape)
        return np.where(self._batches > 0, log_mixture(logs / effects[None, :, None]), 0.0)


class Sums:
    """`mainline.canary.moments.Moments` of one side and rate, for many canaries, kept up request by request."""

    def __init__(self, canaries: int, users: int, processes: int = 1) -> None:
        self.n, self.b, self.spared = (np.zeros(processes * canaries * users, dtype=np.int32) for _ in range(3))
        self._of = np.zeros((6, processes, canaries))  # n b nn bb nb buckets
        self._users, self._canaries = users, canaries
        self._top = np.full(canaries, -1, dtype=np.int64)

    def add(self, places: Ints, n: Ints, b: Ints, spared: Ints | None = None) -> None:
        """More requests, and bad ones, of the buckets at `places` (process, canary, user): each once.

        Args:
            spared: bad ones that are no harm.
        """
        was_n, was_b = self.n[places].astype(np.int64), self.b[places].astype(np.int64)
        self.n[places] += n.astype(np.int32)
        self.b[places] += b.astype(np.int32)
        if spared is not None:
            self.spared[places] += spared.astype(np.int32)
        now_n, now_b = was_n + n, was_b + b
        grown = (n, b, now_n**2 - was_n**2, now_b**2 - was_b**2, now_n * now_b - was_n * was_b, (was_n == 0) & (n > 0))
        cell = places // self._users
        for i, each in enumerate(grown):
            self._of[i].ravel()[:] += np.bincount(cell, each, minlength=self._of[i].size)
        harm = now_b - self.spared[places]
        worst = harm * len(self.n) + places
        np.maximum.at(self._top, cell % self._canaries, np.where(harm > 0, worst, -1))

    @property
    def total(self) -> Floats:
        """Requests (canaries,)."""
        return np.asarray(self._of[0].sum(axis=0))

    @property
    def buckets(self) -> Floats:
        """Of the processes that know most of them."""
        return np.asarray(self._of[5].max(axis=0))

    @property
    def top(self) -> tuple[Floats, Floats]:
        """Requests of the bucket with most bad ones, and those."""
        there = self._top >= 0
        place = np.where(there, self._top % len(self.n), 0)
        harm = self.b[place] - self.spared[place]
        return np.where(there, self.n[place], 0).astype(float), np.where(there, harm, 0).astype(float)

    def excess(self) -> Floats:
        """Of all processes together."""
        return excess(*self._of[:5].sum(axis=1))

    def pairs(self) -> Floats:
        """Of requests in one bucket of one process."""
        return np.asarray((self._of[2] - self._of[0]).sum(axis=0))

    def size(self) -> Floats:
        """Of the bucket of an average request, at most."""
        return np.asarray((self._of[2] / np.maximum(self._of[0], 1)).sum(axis=0))


def effect(canary: Sums, champion: Sums, alike: float = 0.0) -> Floats:
    """The design effect, as `mainline.canary.moments.Users.of` has it."""
    rho = likeness(canary.excess(), champion.excess(), canary.pairs() + champion.pairs(), alike)
    return design_effect(rho, (canary.size(), champion.size()), (canary.total, champion.total))


def mean(logs: list[Floats]) -> Floats:
    """Of evidence, given as logs."""
    return np.asarray(logsumexp(np.stack(logs), axis=0) - math.log(len(logs)))


def split(canary: Floats, champion: Floats, share: float, tolerance: float = 0.5) -> Floats:
    """Log of the evidence that the two do not follow the share, as the judge has it."""
    odds = share / (1 - share)
    low, high = (each / (1 + each) for each in (odds / (1 + tolerance), odds * (1 + tolerance)))
    nearest = np.clip(canary / np.maximum(canary + champion, 1), low, high)
    logs = [
        betaln(100 * q + canary, 100 * (1 - q) + champion)
        - betaln(100 * q, 100 * (1 - q))
        - canary * np.log(q)
        - champion * np.log1p(-q)
        for q in (low, nearest, high)
    ]
    return np.asarray(np.min(logs, axis=0))
