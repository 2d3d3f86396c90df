"""A retraining: what its branch says of itself in models/retrain.json, and how often there may be one.

Whoever makes the branch writes the file, the gate reads it, and the ledger keeps most of it.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mainline.errors import Refused

FILE = "models/retrain.json"
TRIGGERS = ("worse", "every", "new data", "asked")
DELTA, A_YEAR = 0.05, 12
LEVEL = DELTA / A_YEAR
"""How sure each must be, so that those of a year keep DELTA together."""
DAYS = 365
LOST = 0.05
"""Of the largest loss on main's dev rows; wrong labels teach and judge alike, and only rows from before can tell."""
LONGEST = 1000  # characters of a sentence
ASKED = re.compile(r"asked:(\d{1,18}):")
COMMIT, MD5 = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"), re.compile(r"[0-9a-f]{32}")


def asked(number: int) -> str:
    """What the ids of the rows begin with that judge a retraining."""
    return f"asked:{number}:"


def judging(ids: Iterable[str]) -> list[bool]:
    """Which rows judge the newest retraining that there are any for: no figure tells of them, as in the pipeline's."""
    numbers = [int(found[1]) if (found := ASKED.match(each)) else 0 for each in ids]
    newest = max(numbers, default=0)
    return [0 < number == newest for number in numbers]


def lost(dev: Mapping[str, Sequence[float]]) -> str:
    """How much worse a model is on main's dev rows, as a sentence; empty where it is hardly any.

    Args:
        dev: mean losses by metric, the champion's and its own, as shares of the largest.
    """
    for metric, (old, new) in dev.items():
        if new - old > LOST:
            return (
                f"on main's dev rows, from before these labels, its {metric} loss is {new:.3f} of the largest, and the "
                f"champion's {old:.3f}: look at where the new labels come from"
            )
    return ""


def sayable(words: str) -> str:
    """A text as the file may hold it: of one line, and no longer than may be. Classes and columns may be called so."""
    return "".join(each if each.isprintable() else " " for each in words)[:LONGEST]


def counted(counts: Mapping[str, float]) -> dict[str, Any]:
    """Counts under names that the file may hold; together, where two are called the same then."""
    found: dict[str, float] = {}
    for name, count in counts.items():
        found[sayable(name)] = found.get(sayable(name), 0) + count
    return found


@dataclass(frozen=True)
class Trigger:
    """Why it was begun."""

    why: str
    """One of TRIGGERS."""
    words: str
    """The evidence, as a sentence."""


@dataclass(frozen=True)
class Retraining:
    """What is in models/retrain.json."""

    number: int
    """From 1 on: one more than the ledger has."""
    date: str
    base: str
    """The commit whose champion it is to replace."""
    trigger: Trigger
    until: str
    """The last day of the predictions in it, as 2026-11-20; empty where it has rows of the source only."""
    rows: Mapping[str, Mapping[str, int]]
    """How many came `in` by side, are new or gone in the `source`, and were left `out` by reason."""
    labels: Mapping[str, float]
    """How many of each class; of numbers, their quantiles."""
    level: float
    stream: str
    """The content hash of data/stream/rows.parquet; empty where there is none."""

    def text(self) -> str:
        """The file."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def of_a_year(past: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The ledger's lines about retrainings that are of the last 365 days, oldest first."""
    since = datetime.now(UTC) - timedelta(days=DAYS)
    return [entry for entry in past if datetime.fromisoformat(entry["time"]) > since]


def parsed(text: str | bytes) -> Retraining:
    """What such a file says.

    Raises:
        Refused: it is not as it was written.
    """
    try:
        said = json.loads(text, parse_constant=_no_number)
        wrong = next((name for name, fits in FITS.items() if name not in said or not fits(said[name])), None)
        wrong = wrong or next((str(name) for name in said if name not in FITS), None)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise Refused(f"{FILE}: not as `mainline retrain` writes it; let it make the branch again") from None
    if wrong is not None:
        raise Refused(f"{FILE}: {wrong[:40]!r} is not as `mainline retrain` writes it; let it make the branch again")
    return Retraining(**{**said, "trigger": Trigger(**said["trigger"])})


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _is_count(said: Any) -> bool:
    return type(said) is int and said >= 0


def _is_number(said: Any) -> bool:
    return type(said) in (int, float) and math.isfinite(said)


def _is_day(said: Any) -> bool:
    try:
        return isinstance(said, str) and date.fromisoformat(said).isoformat() == said
    except ValueError:
        return False


def _is_sentence(said: Any) -> bool:
    return isinstance(said, str) and len(said) <= LONGEST and said.isprintable()


def _is_trigger(said: Any) -> bool:
    return said.keys() == {"why", "words"} and said["why"] in TRIGGERS and _is_sentence(said["words"])


def _each(said: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(said, dict) and all(_is_sentence(name) and fits(value) for name, value in said.items())


FITS: dict[str, Callable[[Any], bool]] = {
    "number": lambda said: _is_count(said) and said > 0,
    "date": _is_day,
    "base": lambda said: bool(COMMIT.fullmatch(said)),
    "trigger": _is_trigger,
    "until": lambda said: said == "" or _is_day(said),
    "rows": lambda said: said.keys() == {"in", "source", "out"} and _each(said, lambda of: _each(of, _is_count)),
    "labels": lambda said: _each(said, _is_number),
    "level": lambda said: _is_number(said) and 0 < said < 1,
    "stream": lambda said: said == "" or bool(MD5.fullmatch(said)),
}
"""What each entry must be, in the order of the file; an entry of another kind raises, or answers no."""
