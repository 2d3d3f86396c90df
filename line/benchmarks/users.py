"""Users in front of canaries: who ask unevenly, fail alike, come in bursts, label late, or mean no good."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from crowd import Bools, Floats, Ints


@dataclass(frozen=True)
class Crowded:
    """A world; rates are chances per request, `conc` how alike a user's are: of a beta about the rate."""

    users: int = 2000
    sigma: float = 0.0
    """Of the log of how often a user asks."""
    independent: bool = False
    """Each request is a user of its own."""
    burst: int = 1
    """Requests of a user that come together."""
    errors: float = 0.01
    errors_conc: float | None = None
    wrong: float = 0.1
    wrong_conc: float | None = None
    refused: float = 0.005
    canary_errors: float | None = None
    canary_wrong: float | None = None
    segment: float = 0.0
    """Of the users, those whose every request the canary fails."""
    refuses: float = 0.0
    """Of the users, those whom the canary alone refuses."""
    broken: float = 0.0
    """Of the users, those who send only what is malformed."""
    malformed: int = 0
    """Such requests of one of the canary's users, at the fifth look."""
    forged: tuple[int, int] = (0, 0)
    """Names on the canary's side, and wrong labels of each, from the fifth look to the fourteenth."""
    slower: float = 1.0
    late: int = 0
    """Looks until the fault begins."""
    labels: bool = True
    delay: tuple[float, float] = (0.0, 0.0)
    """Looks until a label comes that says right, and wrong."""
    canary_delay: tuple[float, float] | None = None
    spread: bool = False
    """Those are means, of exponential times."""
    complaints: bool = False
    """Only wrong labels come."""
    wait: float | None = None
    seconds: float = 10.0
    """Of a look."""
    looks: int = 60
    requests: int = 400
    """Of a look."""
    steps: tuple[tuple[int, float], ...] = ((0, 0.1),)
    """Looks at which the share becomes so much."""
    processes: int = 1
    """Of either side, among which requests are spread."""
    lives: int = 0
    """Looks after which each side's process is replaced."""


def lives(world: Crowded) -> int:
    """How many processes a side has had in the end."""
    return -(-world.looks // world.lives) if world.lives else world.processes


def slow(rate: float, over: float, times: float, sigma: float = 0.4) -> float:
    """The chance of an answer above `over` times the quantile that `rate` of production's are above."""
    return float(1 - norm.cdf(norm.ppf(1 - rate) + (math.log(over) - math.log(times)) / sigma))


class Users:
    """Who asks, and how each fares at either side."""

    def __init__(self, world: Crowded, canaries: int, rng: np.random.Generator) -> None:
        self.world, self.canaries = world, canaries
        shape = canaries, world.users
        self.active = np.exp(rng.normal(0, world.sigma, shape))
        self.active /= self.active.sum(axis=1, keepdims=True)
        self.at = rng.random(shape)
        """Where a user's bucket lies: the canary has those below its share."""

        def each(rate: float, conc: float | None) -> Floats:
            return np.full(shape, rate) if conc is None else rng.beta(rate * conc, (1 - rate) * conc, shape)

        def more(rates: Floats, to: float | None, base: float) -> Floats:
            if to is None:
                return rates
            return np.clip(rates * (to / base), 0, 1) if to < 1 else np.ones(shape)

        self.errors, self.wrong = each(world.errors, world.errors_conc), each(world.wrong, world.wrong_conc)
        self.refused = np.where(rng.random(shape) < world.broken, 1.0, world.refused)
        self.canary_errors = more(self.errors, world.canary_errors, world.errors)
        self.canary_errors = np.where(rng.random(shape) < world.segment, 1.0, self.canary_errors)
        self.canary_wrong = more(self.wrong, world.canary_wrong, world.wrong)
        self.refuses = rng.random(shape) < world.refuses

    def ask(self, rng: np.random.Generator, share: float, look: int) -> "Asked":
        """One look's requests."""
        world, bad = self.world, look > self.world.late
        n = rng.poisson(world.requests * self.active / world.burst) * world.burst
        extra = np.zeros_like(n)
        if world.malformed and look == 5:
            extra[np.arange(self.canaries), (self.at < share).argmax(axis=1)] = world.malformed
        forged = self._forged(share, look)
        places = np.flatnonzero(n + extra + forged)
        n, extra, forged = (each.ravel()[places] for each in (n, extra, forged))
        on = self.at.ravel()[places] < share
        rates = np.where(on & bad, self.canary_errors.ravel()[places], self.errors.ravel()[places])
        e = rng.binomial(n, rates)
        r = rng.binomial(n - e, self.refused.ravel()[places]) + extra
        alone = np.where(on & self.refuses.ravel()[places] & bad, n + extra - e - r, 0)
        failed_alone = rng.binomial(np.where(on, e, 0), 1 - self.errors.ravel()[places])
        good = n + extra - e - r - alone
        wrong = rng.binomial(good, np.where(on & bad, self.canary_wrong.ravel()[places], self.wrong.ravel()[places]))
        return Asked(places, on, n + extra, e, failed_alone, r, alone, good + forged, wrong + forged)

    def _forged(self, share: float, look: int) -> Ints:
        """Wrong labels that come now, of names on the canary's side: (canaries, users)."""
        names, labels = self.world.forged
        made = np.zeros(self.at.shape, dtype=np.int64)
        if names and 5 <= look < 15:
            there = np.argsort(np.where(self.at < share, self.at, 2), axis=1)[:, :names]
            np.put_along_axis(made, there, labels // 10 or int(look - 5 < labels), axis=1)
        return made


@dataclass(frozen=True)
class Asked:
    """Requests by bucket: errors, those of them that production answered, refusals, those of the canary alone, rows."""

    places: Ints
    on: Bools
    n: Ints
    errors: Ints
    errors_alone: Ints
    refusals: Ints
    refused_alone: Ints
    rows: Ints
    wrong: Ints
