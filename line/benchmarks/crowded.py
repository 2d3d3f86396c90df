"""What becomes of many canaries in a world of users, by today's rules and by the judge's."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from crowd import Bets, Bools, Floats, Ints, mean, split
from users import Asked, Crowded, Users, slow
from watched import Late, Part, Seconds, Watched

NOWHERE = -700.0
BAR, TWICE = math.log(20), math.log(40)
QUANTILES = {"p50": (0.5, 0.05), "p95": (0.05, 0.02), "p99": (0.01, 0.01)}


@dataclass
class Ends:
    """What became of them."""

    rolled: Bools
    paused: Bools
    shown: Bools
    split: Bools
    alone: Bools
    """One bucket alone made it look worse, at some look."""
    at: Floats
    """Canary requests until it was rolled back or paused; infinity where it was not."""
    shown_at: Floats
    logs: dict[str, tuple[Floats, Floats, Floats]] = field(default_factory=dict)
    """Evidence at the last look, by signal: of harm, of harm without the worst bucket, and that it is good enough."""

    @property
    def open(self) -> Bools:
        """Those that nothing has come of."""
        return ~(self.rolled | self.paused)


def _ends(canaries: int) -> Ends:
    one, two, three, four, five = np.zeros((5, canaries), dtype=bool)
    return Ends(one, two, three, four, five, *np.full((2, canaries), np.inf))


class Played:
    """Canaries of one world, look by look."""

    def __init__(self, world: Crowded, canaries: int, seed: int = 1) -> None:
        self.world, self.canaries = world, canaries
        self.rng = np.random.default_rng(seed)
        self.users = None if world.independent else Users(world, canaries, self.rng)
        self.errors = Watched(world, canaries, 1.25, 0.005)
        self.refusals = Watched(world, canaries, 1.25, 0.02, (1.25, 0.02), first=False)
        self.labels = Late(world, canaries) if world.labels else None
        self.second = None if world.independent else Seconds(canaries, world.users)
        self.latency = {
            q: (Bets(canaries), Bets(canaries, "non_inferiority", 1.0, m)) for q, (_, m) in QUANTILES.items()
        }
        self.today, self.new = _ends(canaries), _ends(canaries)
        self.requests = np.zeros((2, canaries))
        self._step = np.zeros((2, canaries))
        self._seen: set[int] | None = None
        self._met = np.zeros((2, canaries, world.users if self.users else 1), dtype=bool)
        self._met_by_request = np.zeros((2, canaries))
        self._share = 0.0

    def run(self, tap: Callable[["Played", float], None] = lambda played, share: None) -> "Played":
        """All looks; after each `tap` is given the canaries, and their share."""
        for look in range(1, self.world.looks + 1):
            self._look(look)
            tap(self, self._share)
        return self

    def _look(self, look: int) -> None:
        share = [each for since, each in self.world.steps if since < look][-1]
        if share != self._share:
            self._share = share
            self._step[:], self._met[:], self._met_by_request[:] = 0, False, 0
        asked = self.users.ask(self.rng, share, look) if self.users else None
        if asked is None:
            self._independent(look, share)
        else:
            self._of_users(asked, look, share)
        self._verdicts(look, share)

    def _of_users(self, asked: Asked, look: int, share: float) -> None:
        where = self._processes(look, asked)
        sides = [asked.on, ~asked.on]
        u, run = asked.places % self.world.users, asked.places // self.world.users
        for i, side in enumerate(sides):
            there = side & (asked.n > 0)
            self._met[i, run[there], u[there]] = True

        def parts(n: Ints, b: Ints, spared: Ints | None = None) -> tuple[Part, Part]:
            made = []
            for i, side in enumerate(sides):
                some = side & (n > 0)
                kept = spared[some] if spared is not None and i == 0 else None
                made.append(Part(n[some], b[some], where[some], kept))
            return made[0], made[1]

        errors = parts(asked.n, asked.errors, asked.errors - asked.errors_alone)
        refusals = parts(asked.n, asked.refusals + asked.refused_alone, asked.refusals)
        self.errors.take(self.rng, *errors)
        self.refusals.take(self.rng, *refusals)
        if self.labels:
            self.labels.take(self.rng, look, parts(asked.rows, asked.wrong), self.world.requests * (1 - share))
        if self.second:
            on = asked.on
            alone = asked.errors_alone + asked.refused_alone
            self.second.take(asked.places[on], asked.n[on], alone[on], asked.errors_alone[on], share)
        self._count(np.stack([np.bincount(run[s], asked.n[s], minlength=self.canaries) for s in sides]), look)

    def _processes(self, look: int, asked: Asked) -> Ints:
        """Where each bucket's requests of this look go: to the process of the time, or to any one."""
        size = self.canaries * self.world.users
        if self.world.lives:
            return np.asarray(asked.places + (look - 1) // self.world.lives * size)
        if self.world.processes == 1:
            return asked.places
        return np.asarray(asked.places + self.rng.integers(self.world.processes, size=len(asked.places)) * size)

    def _independent(self, look: int, share: float) -> None:
        world, rng, bad = self.world, self.rng, look > self.world.late
        ours = rng.binomial(world.requests, share, self.canaries)
        n = ours, world.requests - ours
        rates = world.canary_errors if bad and world.canary_errors else world.errors, world.errors
        wrongs = world.canary_wrong if bad and world.canary_wrong else world.wrong, world.wrong
        e = [rng.binomial(each, rate) for each, rate in zip(n, rates, strict=True)]
        r = [rng.binomial(each - bad, world.refused) for each, bad in zip(n, e, strict=True)]
        rows = [each - a - b for each, a, b in zip(n, e, r, strict=True)]
        wrong = [rng.binomial(each, rate) for each, rate in zip(rows, wrongs, strict=True)]
        self.errors.take(rng, *(Part(a, b) for a, b in zip(n, e, strict=True)))
        self.refusals.take(rng, *(Part(a, b) for a, b in zip(n, r, strict=True)))
        if self.labels:
            both = [Part(a, b) for a, b in zip(rows, wrong, strict=True)]
            self.labels.take(rng, look, (both[0], both[1]), world.requests * (1 - share))
        self._met_by_request += np.stack(n)
        self._count(np.stack(n).astype(float), look)

    def _count(self, n: Floats, look: int) -> None:
        self.requests += n
        self._step += n
        times = self.world.slower if look > self.world.late else 1.0
        ours, theirs = n.astype(int)
        for name, (rate, _) in QUANTILES.items():
            bad = self.rng.binomial(theirs, rate)
            above = self.rng.binomial(ours, slow(rate, 1.0, times))  # the same answers: above 1.25 L is above L
            far = self.rng.binomial(above, slow(rate, 1.25, times) / slow(rate, 1.0, times))
            self.latency[name][0].update(ours, far, theirs, bad)
            self.latency[name][1].update(ours, above, theirs, bad)

    def _verdicts(self, look: int, share: float) -> None:
        zero = np.zeros(self.canaries)
        slow_harm = mean([harm.log_e() for harm, _ in self.latency.values()])
        slow_shown = np.min([shown.log_e() for _, shown in self.latency.values()], axis=0)
        labels = self.labels
        today = [self.errors.plain()[0], self.refusals.plain()[0], slow_harm]
        today_shown = [self.errors.plain()[1], self.refusals.plain()[1], slow_shown]
        new, alone = [self.errors.harm(), slow_harm], [self.errors.harm(alone=True), slow_harm]
        shown = [self.errors.shown(), self.refusals.shown(), slow_shown]
        if labels:
            today.append(labels.arrived[0].log_e())
            today_shown.append(labels.arrived[1].log_e())
            new.append(labels.harm())
            alone.append(labels.harm(alone=True))
            shown.append(labels.shown())
        second, second_alone = self.second.log_e() if self.second else (zero + NOWHERE, zero + NOWHERE)
        asks = self.second.asks() if self.second else zero + NOWHERE
        refused, refused_alone = self.refusals.harm(), self.refusals.harm(alone=True)
        harm, rest = mean([*new, second]), mean([*alone, second_alone])
        users = self._met.sum(axis=2).astype(float) if self.users else self._met_by_request
        apart = split(self._step[0], self._step[1], share) >= BAR if share < 1 else zero > 0
        apart_new = split(users[0], users[1], share) >= BAR if share < 1 else zero > 0
        both = (harm >= BAR) & (rest >= BAR)
        paused = ((refused >= TWICE) & (refused_alone >= TWICE)) | (asks >= TWICE)
        self._end(self.today, mean(today) >= BAR, zero > 0, apart, np.min(today_shown, axis=0))
        self._end(self.new, both, paused & ~both, apart_new, np.min(shown, axis=0))
        self.new.alone |= self.new.open & ~apart_new & ((harm >= BAR) | (refused >= TWICE))
        self.new.logs = {
            "errors": (new[0], alone[0], shown[0]),
            "refusals": (refused, refused_alone, shown[1]),
            "labels": (new[-1], alone[-1], shown[-1]),
            "second": (second, second_alone, zero),
        }

    def _end(self, ends: Ends, rolled: Bools, paused: Bools, apart: Bools, shown: Floats) -> None:
        first = ends.open & ~apart
        ends.split |= ends.open & apart
        now = first & (rolled | paused)
        ends.at[now] = self.requests[0][now]
        ends.rolled |= first & rolled
        ends.paused |= first & paused & ~rolled
        on = ends.open & ~ends.shown & (shown >= BAR)
        ends.shown |= on
        ends.shown_at[on] = self.requests[0][on]
