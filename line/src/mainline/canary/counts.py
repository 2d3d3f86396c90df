"""What one side of a split has counted, and how much of it is new since the look before."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self

from pydantic import TypeAdapter

JOINED, UNMATCHED = "joined", "unmatched"


@dataclass(frozen=True)
class Counts:
    """The counters of one service, as they stand; or, of a Meter, what came to them since the look before."""

    requests: int = 0
    """Of predictions, whatever their answer."""
    failed: int = 0
    """Those answered with 5xx."""
    refused: int = 0
    """Those answered with 4xx."""
    latency: Mapping[float, int] = field(default_factory=dict)
    """Answers that took at most so many seconds, by bucket edge; at infinity all of them."""
    predictions: Mapping[str, int] = field(default_factory=dict)
    """Rows, by answer."""
    feedback: Mapping[str, int] = field(default_factory=dict)
    """Labels, by outcome: right, wrong, unmatched, duplicate, contradicting."""
    began: float = 0.0
    """When the process began, which tells it from the one before; in seconds since 1970."""
    process: str = ""
    """Where it was read: a side may have several."""
    version: str = ""

    @property
    def answered(self) -> int:
        """Requests that got what they asked for."""
        return self.requests - self.failed - self.refused

    @property
    def labelled(self) -> int:
        """Labels that met their prediction."""
        return self.feedback.get("right", 0) + self.feedback.get("wrong", 0)

    @property
    def labels(self) -> Mapping[str, int]:
        """Labels by whether their prediction was remembered; those sent twice count once."""
        return {JOINED: self.labelled, UNMATCHED: self.feedback.get("unmatched", 0)}

    def slower(self, edge: float) -> int | None:
        """Answers that took longer than a bucket edge; None where there is no such edge."""
        within = self.latency.get(edge)
        return None if within is None else self.latency.get(float("inf"), within) - within

    def since(self, before: Self) -> Self:
        """What came since; all of it where the process has begun anew."""
        if self.began != before.began or self._fell(before):
            return self
        return self._combined(before, -1)

    def plus(self, other: Self) -> Self:
        """The sum of both."""
        return self._combined(other, 1)

    def _fell(self, before: Self) -> bool:
        new = self._combined(before, -1)
        each = [new.requests - new.failed - new.refused, new.failed, new.refused]
        within = [new.latency[edge] for edge in sorted(new.latency)]
        each += [*within[:1], *(b - a for a, b in pairwise(within))]
        return any(count < 0 for count in [*each, *new.predictions.values(), *new.feedback.values()])

    def _combined(self, other: Self, sign: int) -> Self:
        latency, predictions, feedback = (
            {key: a.get(key, 0) + sign * b.get(key, 0) for key in [*a, *(k for k in b if k not in a)]}
            for a, b in zip(self._parts(), other._parts(), strict=True)
        )
        return type(self)(
            self.requests + sign * other.requests,
            self.failed + sign * other.failed,
            self.refused + sign * other.refused,
            latency,
            predictions,
            feedback,
            self.began,
            self.process,
            self.version,
        )

    def _parts(self) -> tuple[Mapping[Any, int], ...]:
        return self.latency, self.predictions, self.feedback


COUNTS = TypeAdapter(list[Counts])


class Meter:
    """Reads what is new on one side, process by process.

    A process seen for the first time only sets where counting starts. One that has begun anew since (another start
    time, or a counter that fell) counts from zero.
    """

    def __init__(self, last: Iterable[Counts] = ()) -> None:
        self._last = {each.process: each for each in last}
        self.restarts = 0

    def read(self, readings: Sequence[Counts]) -> Counts:
        """What came since the reading before; nothing, at the first."""
        new = Counts()
        for now in readings:
            before = self._last.get(now.process)
            if before is not None:
                self.restarts += now.began != before.began or now._fell(before)
                new = new.plus(now.since(before))
            self._last[now.process] = now
        return new

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {"restarts": self.restarts, "last": COUNTS.dump_python(list(self._last.values()), mode="json")}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """The meter that `state` was taken of; raise ValueError or KeyError if it is no such state."""
        made = cls(COUNTS.validate_python(state["last"]))
        made.restarts = int(state["restarts"])
        return made
