"""What comes of it: a verdict, and all that may be said with it."""

from dataclasses import asdict, dataclass
from typing import Any

PASS, NOT_CERTIFIED, UNCHANGED = "PASS", "NOT CERTIFIED", "UNCHANGED"
ROTATED, NEW_ROWS = "ROTATED", "NEW ROWS"


@dataclass(frozen=True)
class Decision:
    """What the gate says of a challenger, about whom, and how much of the sealed set's life is spent."""

    verdict: str
    condition: str
    reasons: tuple[str, ...]
    model: str
    base: str
    """The commit whose champion it was judged against."""
    used: int
    life: int
    notes: tuple[str, ...] = ()
    """What a person should know with whatever verdict."""
    retrain: int | None = None
    """The number of a retraining; then `used` and `life` count those of a year, and the sealed set is as it was."""

    @property
    def passed(self) -> bool:
        """Whether the change may be merged: certified, or no other model than the champion."""
        return self.verdict != NOT_CERTIFIED

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "passed": self.passed}
