"""How much of what a side has counted is new since the look before, process by process."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import Any, Self

from pydantic import TypeAdapter

from mainline.canary.counts import COUNTS, Counts
from mainline.canary.moments import NOTHING, Moments, Rate, add

SUMS = TypeAdapter(dict[str, Moments])
LOST = TypeAdapter(dict[float, int])


class Meter:
    """Reads what is new on one side, process by process.

    A process seen for the first time only sets where counting starts. One that has begun anew since (another start
    time, or a counter that fell) counts from zero. Sums over users are told as they stand, with those of earlier lives.
    """

    def __init__(self, last: Iterable[Counts] = ()) -> None:
        self._last = {each.process: each for each in last}
        self._past: dict[str, Moments] = {}
        self._lost: dict[float, int] = {}
        self.restarts = 0

    def read(self, readings: Sequence[Counts]) -> Counts:
        """What came since the reading before; nothing, at the first."""
        new, fresh = Counts(), dict[str, Rate]()
        for now in readings:
            before = self._last.get(now.process)
            if before is not None:
                self.restarts += now.began != before.began or now._fell(before)
                new = new.plus(now.since(before))
                if now.began != before.began or _emptied(now, before):
                    self._past = _sums([self._past, before.moments])
                    self._lost = _counted([self._lost, before.lost])
                    before = Counts()
                for name, each in now.moments.items():
                    was = before.moments.get(name, Moments())
                    fresh[name] = add(fresh.get(name, NOTHING), (each.n - was.n, each.b - was.b))
            self._last[now.process] = now
        return replace(
            new,
            fresh=fresh,
            moments=_sums([self._past, *(each.moments for each in self._last.values())]),
            lost=_counted([self._lost, *(each.lost for each in self._last.values())]),
            ages=_aged(list(self._last.values())),
        )

    @property
    def standing(self) -> Counts:
        """What the processes have counted since they began, all together."""
        last = list(self._last.values())
        return reduce(Counts.plus, last, Counts(ages=_aged(last)))

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {
            "restarts": self.restarts,
            "last": COUNTS.dump_python(list(self._last.values()), mode="json"),
            "past": SUMS.dump_python(self._past, mode="json"),
            "lost": LOST.dump_python(self._lost, mode="json"),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The meter that `state` was taken of; raise ValueError or KeyError if it is no such state."""
        made = cls(COUNTS.validate_python(state["last"]))
        made._past, made._lost = SUMS.validate_python(state["past"]), LOST.validate_python(state["lost"])
        made.restarts = int(state["restarts"])
        return made


def _emptied(now: Counts, before: Counts) -> bool:
    """Whether the users' sums began anew: they only grow."""
    return any(
        now.moments.get(name, Moments()).n < was.n or now.moments.get(name, Moments()).b < was.b
        for name, was in before.moments.items()
    )


def _sums(each: Iterable[Mapping[str, Moments]]) -> dict[str, Moments]:
    made: dict[str, Moments] = {}
    for sums in each:
        for name, moments in sums.items():
            made[name] = made.get(name, Moments()).plus(moments)
    return made


def _counted(each: Iterable[Mapping[float, int]]) -> dict[float, int]:
    made: dict[float, int] = {}
    for counts in each:
        for name, count in counts.items():
            made[name] = made.get(name, 0) + count
    return made


def _aged(processes: Sequence[Counts]) -> dict[str, dict[float, int]]:
    outcomes = dict.fromkeys(outcome for each in processes for outcome in each.ages)
    return {outcome: _counted(each.ages.get(outcome, {}) for each in processes) for outcome in outcomes}
