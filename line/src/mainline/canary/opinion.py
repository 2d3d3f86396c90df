"""What the judge says, and what it knows, as plain values."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from mainline.canary.rules import Answer, Cause, Ruling


@dataclass(frozen=True)
class Opinion:
    """What to do, and why. All evidence is in logs: 3.0 is odds of 1 : 20."""

    answer: Answer
    cause: Cause
    """harm, refused and second (paused), alone (one user alone carries it), split, drift, joins (labels find their
    predictions unevenly), unread, traffic, looking, good, timeout."""
    reason: str
    signals: dict[str, dict[str, Any]]
    """Per signal: harm, without_top (harm without the canary's user who does most for it), non_inferiority (None where
    not asked for), canary and champion as (bad, total)."""
    harm: float
    split: float
    share: float
    step: int
    """Counts the shares so far, from 1."""
    requests: int
    """Of the canary, at this share."""
    restarts: dict[str, int]
    users: dict[str, int]
    """Of either side, since the canary began; 0 where each request counts as one of its own."""
    bucket: int | None
    """The number of the user who alone makes the canary look worse."""
    notes: list[str]
    """What cannot be promised here, in sentences."""

    @property
    def why(self) -> str:
        """The reason without the answer's name."""
        return self.reason.partition(": ")[2]

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Point:
    """The evidence at one look, in logs, for a picture."""

    time: float
    share: float
    answer: Answer
    harm: float
    """Of all signals together that a canary is rolled back for."""
    worse: dict[str, float]
    shown: dict[str, float]


@dataclass(frozen=True)
class SidesState:
    """What is known of both sides."""

    meters: tuple[dict[str, Any], dict[str, Any]]
    versions: tuple[str, str]
    unit: str
    users: tuple[int, int]


@dataclass(frozen=True)
class State:
    """All that a judge knows."""

    format: Literal[2]
    signals: dict[str, dict[str, Any]]
    sides: SidesState
    step: tuple[float, int, float, tuple[int, int]]
    """The share, which it is, since when, and the requests of either side since."""
    seen: float | None
    split_of: tuple[int, int] | None
    """Users on either side at this share, by the router."""
    end: Ruling | None
    points: list[Point]


STATE = TypeAdapter(State)
