"""What one side of a split has counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Self

from pydantic import TypeAdapter

from mainline.canary.moments import Moments, Rate

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
    unit: str = ""
    """Whose canary the users are counted for; empty where they are not."""
    moments: Mapping[str, Moments] = field(default_factory=dict)
    """Sums over users by units.key, as they stand: also of a Meter."""
    lost: Mapping[float, int] = field(default_factory=dict)
    """Rows that were forgotten before they were so many seconds old, as they stand."""
    ages: Mapping[str, Mapping[float, int]] = field(default_factory=dict)
    """Labels that came within so many seconds, by outcome, since the process began."""
    fresh: Mapping[str, Rate] = field(default_factory=dict)
    """Of a Meter: what came to the moments."""
    both: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """Of a canary's Meter: what production failed or refused as well, by signal and bucket, as it stands."""

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
        return replace(
            self,
            requests=self.requests + sign * other.requests,
            failed=self.failed + sign * other.failed,
            refused=self.refused + sign * other.refused,
            latency=latency,
            predictions=predictions,
            feedback=feedback,
        )

    def _parts(self) -> tuple[Mapping[Any, int], ...]:
        return self.latency, self.predictions, self.feedback


COUNTS = TypeAdapter(list[Counts])
