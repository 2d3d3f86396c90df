"""What the judge watches of many canaries, on arrays: rates of users, second opinions, labels that come late.

Beside it stands what "today" would be: the rules before users counted, requests as units, and labels as they come.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crowd import Bets, Bools, Floats, Ints, Sums, effect, mean
from mainline.canary.cohorts import Cohorts, chosen
from mainline.canary.second import log_stakes
from users import Crowded, lives

AGES = (10, 30, 60, 300, 1800, 7200, 43200, 86400, 259200, 604800)
FIRST = 8
ALIKE = 0.005


@dataclass(frozen=True)
class Part:
    """What came to one side: requests and bad ones by place; without places by canary, each a user of its own."""

    n: Ints
    b: Ints
    places: Ints | None = None
    spared: Ints | None = None

    def totals(self, canaries: int, users: int) -> tuple[Floats, Floats, Floats]:
        """Requests, bad ones, and those that are harm."""
        harm = self.b if self.spared is None else self.b - self.spared
        if self.places is None:
            return self.n.astype(float), self.b.astype(float), harm.astype(float)
        of = self.places // users % canaries
        n, b, h = (np.bincount(of, each, minlength=canaries) for each in (self.n, self.b, harm))
        return n.astype(float), b.astype(float), h.astype(float)


class Watched:
    """One rate, as the judge keeps it: evidence for both questions, from all requests and from each user's first."""

    def __init__(
        self,
        world: Crowded,
        canaries: int,
        ratio: float,
        margin: float,
        harm: tuple[float, float] = (1.0, 0.0),
        first: bool = True,
    ) -> None:
        self._world, self._canaries = world, canaries
        self._own = world.independent
        size = (canaries, 1 if self._own else world.users, lives(world))
        self.sums = [[Sums(*size) for _ in range(2)] for _ in range(2 if first else 1)]
        self._harm = [Bets(canaries, "harm", *harm) for _ in self.sums]
        self._shown = [Bets(canaries, "non_inferiority", ratio, margin) for _ in self.sums]
        self._plain = Bets(canaries, "harm", *harm)
        self._spared = np.zeros(canaries)
        self._bad = np.zeros(canaries)
        self.totals = np.zeros((2, canaries))

    def take(self, rng: np.random.Generator, ours: Part, theirs: Part) -> None:
        """What came to both sides."""
        firsts = [self._first(rng, part, i) for i, part in enumerate((ours, theirs))] if len(self.sums) > 1 else []
        for view, parts in enumerate([(ours, theirs), *([tuple(firsts)] if firsts else [])]):
            (n, b, h), (m, c, _) = (part.totals(self._canaries, self._world.users) for part in parts)
            if view:
                h = b - self._owed(b)
            else:
                self._plain.update(n, b, m, c)
                self.totals += np.stack([n, m])
                self._bad += h
            for side, part in zip(self.sums[view], parts, strict=True):
                if part.places is not None:
                    side.add(part.places, part.n, part.b, part.spared)
            self._harm[view].update(n, h, m, c)
            self._shown[view].update(n, b, m, c)

    def harm(self, *, alone: bool = False) -> Floats:
        """Log of the evidence of harm; alone, without the bucket that does most for it."""
        each = []
        for bets, (canary, champion) in zip(self._harm, self.sums, strict=True):
            one = np.minimum(1, self._bad)
            top = (one, one) if self._own else canary.top
            each.append(bets.log_e(1.0 if self._own else effect(canary, champion), top if alone else None))
        return mean(each)

    def shown(self, *, both: bool = False) -> Floats:
        """Log of the evidence that it is good enough: of all requests, or of both views."""
        each = [
            bets.log_e(1.0 if self._own else effect(ours, theirs, ALIKE))
            for bets, (ours, theirs) in zip(self._shown, self.sums, strict=True)
        ]
        return mean(each) if both else each[0]

    def plain(self) -> tuple[Floats, Floats]:
        """The same by requests, as of today."""
        return self._plain.log_e(), self._shown[0].log_e()

    def _first(self, rng: np.random.Generator, part: Part, side: int) -> Part:
        """Of a bucket's first requests, which are bad is chance."""
        if part.places is None:
            return Part(part.n, part.b, None, part.spared)
        room = FIRST - self.sums[0][side].n[part.places]
        k = np.clip(np.minimum(part.n, room), 0, None)
        some = k > 0
        n, b, k = part.n[some], part.b[some], k[some]
        return Part(k, rng.hypergeometric(b, n - b, k), part.places[some])

    def _owed(self, bad: Floats) -> Floats:
        """What production failed as well, of which none says whether it was among the first."""
        if self._own:
            known = np.zeros(self._canaries)
        else:
            spared = np.minimum(self.sums[0][0].spared, FIRST).reshape(-1, self._canaries, self._world.users)
            known = spared.sum(axis=(0, 2))
        owed = np.minimum(np.maximum(known - self._spared, 0), bad)
        self._spared += owed
        return np.asarray(owed)


class Seconds:
    """`mainline.canary.second.Second` for many canaries."""

    def __init__(self, canaries: int, users: int) -> None:
        self.n, self.d, self.f = np.zeros((3, canaries, users))
        self._asks, self._log = np.full((2, canaries, users), -np.inf)
        self._weight = np.zeros((canaries, users))

    def take(self, places: Ints, n: Ints, alone: Ints, failed: Ints, share: float) -> None:
        """What came to the canary: requests of buckets, those that production answered, and of these what it failed."""
        begun = np.isfinite(self._log.ravel()[places])
        on = places[begun]
        self.n.ravel()[on] += n[begun]
        self.d.ravel()[on] += alone[begun]
        self.f.ravel()[on] += failed[begun]
        new = places[~begun & (alone > 0)]
        self._weight.ravel()[new] = -math.log(10_000 * share)
        touched = np.concatenate([on, new])
        for log, bad in ((self._asks, self.d), (self._log, self.f)):
            stakes = log_stakes(self.n.ravel()[touched], bad.ravel()[touched])
            log.ravel()[touched] = stakes + self._weight.ravel()[touched]

    def begun(self) -> Bools:
        """Which users had such a request."""
        return np.asarray(np.isfinite(self._log))

    def asks(self) -> Floats:
        """Log E of all that production answered."""
        return np.asarray(np.maximum(np.logaddexp.reduce(self._asks, axis=1), -700))

    def log_e(self) -> tuple[Floats, Floats]:
        """Log E of what the canary failed, and without the largest."""
        largest = self._log.max(axis=1, keepdims=True)
        each = np.exp(self._log - np.where(np.isfinite(largest), largest, 0))
        total = each.sum(axis=1)
        rest = np.maximum(total - 1, 0)
        with np.errstate(divide="ignore"):
            both = [np.log(one) + np.where(np.isfinite(largest[:, 0]), largest[:, 0], 0) for one in (total, rest)]
        return np.maximum(both[0], -700), np.maximum(both[1], -700)


class Late:
    """Labels that come when they come: as of today, and by cohort."""

    def __init__(self, world: Crowded, canaries: int) -> None:
        self._world, self._canaries = world, canaries
        self.arrived = Bets(canaries), Bets(canaries, "non_inferiority", 1.0, 0.02)
        self._when = [self._pmf(delay) for delay in (world.canary_delay or world.delay, world.delay)]
        self.how = self._chosen()
        self._lags = [max(1, round(age / world.seconds)) for age in self.how.ages]
        self.ages = [Watched(world, canaries, 1.0, 0.02) for _ in self.how.ages]
        self._due: dict[tuple[int, int], list[tuple[Part, ...]]] = {}
        self._coming = np.zeros((2, 2, world.looks + 2, canaries))

    def take(self, rng: np.random.Generator, look: int, sides: tuple[Part, Part], steady: float) -> None:
        """Rows of this look, and those of them that are wrong; and what is due of earlier ones."""
        cohort = [self._split(rng, part, when) for part, when in zip(sides, self._when, strict=True)]
        for i, lag in enumerate(self._lags):
            self._due.setdefault((i, look + lag - 1), []).append((cohort[0][i], cohort[1][i]))
        for i, watched in enumerate(self.ages):
            for ours, theirs in self._due.pop((i, look), []):
                watched.take(rng, ours, theirs)
        now = [self._arrivals(rng, look, side, part, steady) for side, part in enumerate(sides)]
        cells = now[0].sum(axis=0), now[0][1], now[1].sum(axis=0), now[1][1]
        for bets in self.arrived:
            bets.update(*cells)

    def harm(self, *, alone: bool = False) -> Floats:
        """Of all ages."""
        return mean([watched.harm(alone=alone) for watched in self.ages])

    def shown(self) -> Floats:
        """Of the last age."""
        return self.ages[-1].shown(both=True)

    def _pmf(self, delay: tuple[float, float]) -> NDArray[np.float64]:
        """(right or wrong, looks of age): the part of the labels that comes then."""
        looks = np.arange(self._world.looks + 1)
        made = np.zeros((2, len(looks)))
        for i, each in enumerate(delay):
            if self._world.spread:
                made[i] = np.diff(1 - np.exp(-np.arange(len(looks) + 1) / max(each, 0.3)))
            elif each < len(looks):
                made[i, int(each)] = 1
        if self._world.complaints:
            made[0] = 0
        return made

    def _chosen(self) -> Cohorts:
        """As the judge does, by many labels of production's."""
        came = {}
        for i, (name, rate) in enumerate((("right", 1 - self._world.wrong), ("wrong", self._world.wrong))):
            mean_delay = self._world.delay[i]
            by = [max(1, round(age / self._world.seconds)) for age in AGES]
            if self._world.spread:
                parts = [1 - math.exp(-looks / max(mean_delay, 0.3)) for looks in by]
            else:
                parts = [float(looks > mean_delay) for looks in by]
            total = 0 if self._world.complaints and name == "right" else round(1e6 * rate)
            came[name] = {float(age): round(total * part) for age, part in zip(AGES, parts, strict=True)}
            came[name][math.inf] = total
        how = chosen(came, self._world.wait)
        assert how is not None
        return how

    def _split(self, rng: np.random.Generator, part: Part, when: Floats) -> list[Part]:
        """Of the rows of a cohort, those labelled by each age: by the last first, by the earlier of them."""
        right, wrong = part.n - part.b, part.b
        made: list[Part] = []
        before = [1.0, 1.0]
        for lag in reversed(self._lags):
            by = [float(when[i, :lag].sum()) for i in (0, 1)]
            chances = [min(1.0, now / was) if was else 0.0 for now, was in zip(by, before, strict=True)]
            right, wrong = (rng.binomial(each, p) for each, p in zip((right, wrong), chances, strict=True))
            n = part.n if self._world.complaints else right + wrong
            some = n > 0
            made.append(Part(n[some], wrong[some], part.places[some]) if part.places is not None else Part(n, wrong))
            before = by
        return made[::-1]

    def _arrivals(self, rng: np.random.Generator, look: int, side: int, part: Part, steady: float) -> Floats:
        """(right or wrong, canaries) that come now, of production also those of the time before the canary."""
        n, b, _ = part.totals(self._canaries, self._world.users)
        when = self._when[side]
        for i, rows in enumerate((n - b, b)):
            left = rows.astype(int)
            tail = np.append(np.cumsum(when[i][::-1])[::-1], 0)
            ages = np.flatnonzero(when[i])
            for age in ages[ages <= self._world.looks - look]:
                chance = min(1.0, when[i, age] / max(tail[age] + max(0.0, 1 - tail[0]), 1e-12))
                come = rng.binomial(left, chance)
                self._coming[side, i, look + age] += come
                left = left - come
        now = self._coming[side, :, look].copy()
        if side:
            rates = 1 - self._world.wrong, self._world.wrong
            for i, rate in enumerate(rates):
                now[i] += rng.poisson(steady * rate * when[i][look:].sum(), self._canaries)
        return now
