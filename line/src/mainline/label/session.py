"""One person's sitting: batches of rows, a vote at a time, each written at once; what can be taken back."""

import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mainline.errors import MainlineError
from mainline.label.files import Label

BLIND = "blind"
LOOKING, ASKING, OVER, FAILED, DONE = "looking", "asking", "over", "failed", "done"


@dataclass(frozen=True)
class Asked:
    """A row that a person is asked about."""

    row: str
    how: str
    """`queue` or `blind`."""
    seen: str | None
    """The model whose answer is shown; None where none is."""
    why: str
    """What the page says of how the row came."""
    cells: dict[str, Any]
    """The row as the page shows it."""
    before: Label = None
    """The label that this person has given it before."""
    since: str | None = None
    """When they have last voted on it; the next vote is none before that."""
    had: str | None = None
    """The label that it has, where that is shown."""


@dataclass(frozen=True)
class Batch:
    """Rows that are asked about one after the other."""

    rows: Sequence[Asked] = ()
    classes: Sequence[str] | None = None
    """The labels to choose from, in their order; None where a number is asked for."""
    left: int = 0
    """How many rows this person can still be asked about, these among them."""


class Unfit(MainlineError):
    """What the page asked for cannot be done; it says why, and goes on."""


Write = Callable[[Asked, Label], None]
"""Adds one vote to the person's file, or takes it back; returns once it is on the disk."""


@dataclass
class Session:
    """What has been asked and answered; each call is whole before the next one begins."""

    write: Write
    number: int = 0
    """Of the batch."""
    phase: str = LOOKING
    failure: str = ""
    batch: Batch = field(default_factory=Batch)
    votes: dict[int, Label] = field(default_factory=dict)
    passed: set[int] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    """Ids of rows that were passed over in this sitting: they are not asked about again."""
    written: dict[str, Label] = field(default_factory=dict)
    """By row, the votes of this sitting that stand."""

    def __post_init__(self) -> None:
        self._steps: list[int] = []
        self._lock = threading.RLock()

    def begin(self, batch: Batch) -> None:
        """Ask about a batch, unless its person has gone meanwhile."""
        with self._lock:
            if self.phase == DONE:
                return
            self.number += 1
            self.batch, self.phase = batch, ASKING
            self.votes, self.passed, self._steps = {}, set(), []

    def look(self) -> bool:
        """Say that a batch is looked for; false where one is looked for already, or all is over."""
        with self._lock:
            if self.phase in (LOOKING, DONE, FAILED):
                return False
            self.phase = LOOKING
            return True

    def fail(self, why: str) -> None:
        """Say why it cannot go on."""
        with self._lock:
            self.phase, self.failure = FAILED, why

    def end(self) -> None:
        """Take no more votes."""
        with self._lock:
            self.phase = self.phase if self.phase == FAILED else DONE

    def vote(self, number: int, at: int, said: Any) -> None:
        """Give a row of a batch its label, and write it.

        Args:
            said: the place of the label among the classes; of a regression, the number as it was typed.

        Raises:
            Unfit: the row is not to be asked about now, or that is no label.
        """
        with self._lock:
            self._require(number, at)
            label = self._label(said)
            asked = self.batch.rows[at]
            self.write(asked, label)
            self.votes[at] = self.written[asked.row] = label
            self._step(at)

    def skip(self, number: int, at: int) -> None:
        """Pass a row over; nothing is written.

        Raises:
            Unfit: the row is not to be asked about now.
        """
        with self._lock:
            self._require(number, at)
            self.passed.add(at)
            self.skipped.add(self.batch.rows[at].row)
            self._step(at)

    def undo(self) -> None:
        """Take the last step of this batch back, and write what was before it.

        Raises:
            Unfit: there is none.
        """
        with self._lock:
            if self.phase not in (ASKING, OVER) or not self._steps:
                raise Unfit("nothing to take back in this batch")
            at = self._steps[-1]
            if at in self.votes:
                asked = self.batch.rows[at]
                self.write(asked, asked.before)
                del self.votes[at]
                self.written.pop(asked.row, None)
            self.passed.discard(at)
            self.skipped.discard(self.batch.rows[at].row)
            self._steps.pop()
            self.phase = ASKING

    def state(self) -> dict[str, Any]:
        """Where it is, as the page needs it; never a row's id."""
        with self._lock:
            places = range(len(self.batch.rows))
            return {
                "phase": self.phase,
                "failure": self.failure,
                "batch": self.number,
                "votes": [self._place(self.votes.get(at)) for at in places],
                "skipped": [at in self.passed for at in places],
                "written": len(self.written),
                "left": self.batch.left,
            }

    def whole(self) -> dict[str, Any]:
        """The batch as the page shows it."""
        with self._lock:
            rows = [{"why": row.why, **row.cells} for row in self.batch.rows]
            return {"batch": self.number, "classes": self.batch.classes, "rows": rows}

    def _require(self, number: int, at: int) -> None:
        if self.phase != ASKING or number != self.number:
            raise Unfit("this batch is over")
        if not 0 <= at < len(self.batch.rows):
            raise Unfit("no such row in this batch")
        if at in self.votes or at in self.passed:
            raise Unfit("this row was answered already, as in another window")

    def _label(self, said: Any) -> Label:
        classes = self.batch.classes
        if classes is None:
            return number(said)
        if isinstance(said, bool) or not isinstance(said, int) or not 0 <= said < len(classes):
            raise Unfit("no such class")
        return classes[said]

    def _place(self, label: Label) -> Label:
        """A label as the page says it: its place among the classes, or the number."""
        classes = self.batch.classes
        return label if label is None or classes is None else classes.index(str(label))

    def _step(self, at: int) -> None:
        self._steps.append(at)
        if len(self.votes) + len(self.passed) == len(self.batch.rows):
            self.phase = OVER


def number(said: Any) -> int | float:
    """A number as a person types it.

    Raises:
        Unfit: it is none.
    """
    text = str(said).strip()
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or "_" in text:
        raise Unfit(f"{text[:40]!r} is no number; write it as 1234.5")
    return int(found) if found.is_integer() and abs(found) < 2**53 else found
