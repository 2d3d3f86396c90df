"""What is counted of a version: its signals, each with its bins, as the branch has it in versions/VERSION.json."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

BLOCKS = 6
"""Of four hours, UTC."""
STRATA = 2 * BLOCKS
"""The blocks of weekdays, then those of weekends."""
AGES = (1, 2, 4, 7, 14, 28)
"""Days from answer to label; a label that comes later has an age bucket of its own, the last."""
AGE_BUCKETS = len(AGES) + 1
ANSWERS, CONFIDENCE = "answers", "confidence"
MOST_SIGNALS, MOST_BINS, MOST_NAME = 1_002, 15_000, 200
FORMAT = 1


@dataclass(frozen=True)
class Signal:
    """Something that is counted into bins, day by day."""

    name: str
    """column:NAME, answers or confidence."""
    kind: str
    """number, date, category, text, answers or confidence."""
    bins: tuple[str, ...]
    """A word for each, to be shown to people."""


@dataclass(frozen=True)
class Version:
    """What is counted of one version of the model."""

    name: str
    task: str
    signals: tuple[Signal, ...]
    truths: tuple[str, ...]
    """The bins of labels: those of answers, and for classes one for what the model does not know."""
    scores: tuple[str, ...]
    """right and wrong, or the parts of a regression's clipped squared error."""

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """The bins of answers."""
        return next(signal.bins for signal in self.signals if signal.name == ANSWERS)

    @cached_property
    def places(self) -> dict[str, slice]:
        """Where each signal stands in a day's counts: BLOCKS times its bins."""
        found, start = {}, 0
        for signal in self.signals:
            end = start + BLOCKS * len(signal.bins)
            found[signal.name] = slice(start, end)
            start = end
        return found

    @cached_property
    def size(self) -> int:
        """How many counts a day has."""
        return BLOCKS * sum(len(signal.bins) for signal in self.signals)

    def to_json(self) -> dict[str, Any]:
        """As the branch has it."""
        signals = [{"name": each.name, "kind": each.kind, "bins": list(each.bins)} for each in self.signals]
        head = {"format": FORMAT, "version": self.name, "task": self.task, "signals": signals}
        return head | {"truths": list(self.truths), "scores": list(self.scores)}

    @classmethod
    def from_json(cls, said: Any) -> "Version":
        """Read it.

        Raises:
            ValueError: it is not what `to_json` writes.
        """
        try:
            if said["format"] != FORMAT:
                raise ValueError(f"of format {said['format']!r}, which this version does not know")
            signals = tuple(
                Signal(_word(each["name"]), _word(each["kind"]), _words(each["bins"])) for each in said["signals"]
            )
            made = cls(
                _word(said["version"]), _word(said["task"]), signals, _words(said["truths"]), _words(said["scores"])
            )
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not a list of signals") from None
        names = {signal.name for signal in signals}
        if ANSWERS not in names or len(names) < len(signals) or len(signals) > MOST_SIGNALS:
            raise ValueError("signals that are none, too many, or named twice")
        if made.size > BLOCKS * MOST_BINS or len(made.truths) < len(made.answers):
            raise ValueError("too many bins")
        return made


def _word(said: object) -> str:
    if not isinstance(said, str) or not said or len(said) > MOST_NAME + len("column:"):
        raise ValueError("a name that is none")
    return said


def _words(said: object) -> tuple[str, ...]:
    if not isinstance(said, list) or not said:
        raise ValueError("bins that are none")
    return tuple(map(_word, said))
