"""The benchmark's worlds of users, played on arrays, are played by the judge's own rules."""

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mainline import config
from mainline.canary import units
from mainline.canary.counts import Counts
from mainline.canary.judge import Judge, Opinion
from mainline.canary.moments import Moments
from mainline.canary.routed import Routed

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from crowded import Played
from users import Crowded

SMALL = Crowded(
    users=40, sigma=1.0, errors=0.05, errors_conc=3, wrong_conc=5, broken=0.05, requests=90, looks=12, refuses=0.05
)
TELLING = {"right": {10.0: 900, math.inf: 900}, "wrong": {10.0: 900, math.inf: 900}}


class Judged:
    """One of the played canaries, told to a judge as service and router tell of it."""

    def __init__(self, canary: int, world: Crowded) -> None:
        self.canary, self.world = canary, world
        self.judge = Judge(config.Canary(signals=config.Signals(latency=False, drift=False)))
        nothing = Counts(unit="u", ages=TELLING)
        self.judge.observe(nothing, nothing, world.steps[0][1], 0, routed=Routed(unit="u"))
        self.looks = 0

    def buckets(self, sums: Any, bad: str = "b") -> dict[int, tuple[int, int]]:
        users, size = self.world.users, len(sums.n) // self.world.processes
        assert size % users == 0
        mine = slice(self.canary * users, (self.canary + 1) * users)
        n, b = sums.n[mine].tolist(), getattr(sums, bad)[mine].tolist()
        return {user: (n[user], b[user]) for user in range(users) if n[user]}

    def side(self, played: Played, side: int) -> Counts:
        watched = {"errors": (played.errors, None), "refusals": (played.refusals, None)}
        assert played.labels is not None
        watched["labels"] = (played.labels.ages[0], 10.0)
        moments = {
            units.key(name, view, age): Moments.of(self.buckets(sums[side]), most=100)
            for name, (it, age) in watched.items()
            for view, sums in zip((units.ALL, units.FIRST), it.sums, strict=False)
        }
        errors, refusals = moments["errors//all"], moments["refusals//all"]
        return Counts(errors.n, errors.b, refusals.b, unit="u", moments=moments, ages=TELLING)

    def look(self, played: Played, share: float) -> Opinion:
        self.looks += 1
        assert played.second is not None
        n, d, f = (each[self.canary].tolist() for each in (played.second.n, played.second.d, played.second.f))
        begun = played.second.begun()[self.canary].tolist()
        alone = {u: (int(n[u]) + 1, int(d[u]) + 1) for u in range(self.world.users) if begun[u]}
        failed = {u: int(f[u]) for u in alone}
        both = {
            name: {u: b for u, (_, b) in self.buckets(it.sums[0][0], "spared").items() if b}
            for name, it in (("errors", played.errors), ("refusals", played.refusals))
        }
        routed = Routed("1", "u", alone=alone, both=both, failed=failed)
        ours, theirs = self.side(played, 0), self.side(played, 1)
        return self.judge.observe(ours, theirs, share, self.looks, routed=routed)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"canary_errors": 0.3},
        {"canary_wrong": 0.5, "steps": ((0, 0.2), (6, 0.5))},
        {"forged": (2, 40), "malformed": 30},
    ],
    ids=["equal", "fails", "is wrong, and its share grows", "is lied about"],
)
def test_a_played_canary_is_judged_as_by_the_judge(changed: dict[str, Any]) -> None:
    """Look by look and signal by signal: harm, harm without the worst user, and that it is good enough."""
    world = replace(SMALL, **changed)
    judged = [Judged(canary, world) for canary in range(3)]
    seen = 0

    def compare(played: Played, share: float) -> None:
        nonlocal seen
        for each in judged:
            opinion = each.look(played, share)
            for name, logs in played.new.logs.items():
                harm, without_top, shown = (float(log[each.canary]) for log in logs)
                said = opinion.signals[name]
                assert said["harm"] == pytest.approx(harm, abs=1e-8), (name, each.looks)
                assert said["without_top"] == pytest.approx(without_top, abs=1e-8), (name, each.looks)
                assert name == "second" or said["non_inferiority"] == pytest.approx(shown, abs=1e-8)
                seen += abs(harm) > 1e-6

    Played(world, 3).run(compare)
    assert seen > 50


def test_a_canary_that_is_not_told_of_users_is_judged_by_its_requests() -> None:
    """Independent requests are users of their own, as in today's evidence."""
    played = Played(Crowded(independent=True, looks=10), 5).run()
    assert played.errors.harm() == pytest.approx(played.errors.plain()[0], abs=1e-9)
    assert played.errors.shown() == pytest.approx(played.errors.plain()[1], abs=1e-9)
