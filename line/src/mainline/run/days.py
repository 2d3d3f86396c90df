"""Simulated days: which requests come when, how the users' world changes, and records with the clock set back. Pure."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

Row = dict[str, Any]
Line = dict[str, Any]

PER_DAY = 75  # requests: four weeks of them are enough for a reference of the monitor
KNOWN_AFTER = timedelta(hours=20)  # what was right is known on the next day
OLD, COMING, NEW = 35, 14, 7  # days of the world as it was, of the change, and of the new world: the first version's
AFTER = 14  # days of the retrained one
DAY = timedelta(days=1)
SIMULATED = "simulated days"
SET_BACK = f"{SIMULATED}: the clock of this line is set back"
"""The reason of a line in the ledger that no host has written."""


@dataclass(frozen=True)
class Plan:
    """Which days are simulated: all are over, and none is one on which the run itself may write into the ledger."""

    today: date

    @property
    def last(self) -> date:
        """The last of all."""
        return self.today - 2 * DAY

    @property
    def retrained(self) -> date:
        """The day on which the retrained version takes over; nobody asks on it."""
        return self.last - AFTER * DAY

    @property
    def before(self) -> tuple[date, ...]:
        """The days of the version that is there."""
        first = self.retrained - (OLD + COMING + NEW) * DAY
        return tuple(first + n * DAY for n in range(OLD + COMING + NEW))

    @property
    def after(self) -> tuple[date, ...]:
        """The days of the retrained version."""
        return tuple(self.retrained + n * DAY for n in range(1, AFTER + 1))

    @property
    def changes(self) -> date:
        """The first day with requests out of the new world."""
        return self.before[OLD]

    def number(self, day: date) -> int:
        """Of a day, as people count: the first is day 1."""
        return (day - self.before[0]).days + 1

    def share(self, day: date) -> float:
        """Of a day's requests, how many come out of the new world: one user after the other changes."""
        return min(max((day - self.changes + DAY).days / COMING, 0.0), 1.0)


@dataclass(frozen=True)
class Request:
    """Somebody asks about a row, on a simulated day."""

    moment: datetime
    place: int
    """Of the row, among those of its world."""
    changed: bool
    """Whether it comes out of the new world."""


def requests(days: Sequence[date], rows: tuple[int, int], share: Callable[[date], float], seed: int) -> list[Request]:
    """A stream of requests, spread over each day; the same for the same seed.

    Args:
        rows: how many the old world has, and the new one.
    """
    chance = random.Random(seed)
    found = []
    for day in days:
        for n in range(PER_DAY):
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY * (n + 0.5) / PER_DAY
            changed = chance.random() < share(day)
            found.append(Request(moment, chance.randrange(rows[changed]), changed))
    return found


def can_change(columns: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the model reads numbers or categories that may be others."""
    return any(_turned(column) for column in columns) or any(_next(column) for column in columns)


def changed(row: Row, columns: Sequence[Mapping[str, Any]]) -> Row:
    """A row as the new world sends it: each number counted from the other end of its range.

    As of a scanner that sends white on black. It stays within what training saw, and a whole number whole. A table
    without numbers has each category called by the next one's name.

    Args:
        columns: of the signature.
    """
    turned = [column for column in columns if _turned(column)]
    if turned:
        return row | {each["name"]: _turn(row.get(each["name"]), each["minimum"], each["maximum"]) for each in turned}
    following = {column["name"]: _next(column) for column in columns}
    return {name: following.get(name, {}).get(str(cell), cell) for name, cell in row.items()}


def set_back(predicted: Line, labelled: Line | None, moment: datetime) -> Iterator[tuple[datetime, Line]]:
    """A prediction's record and its label's as of a simulated moment, all else as the service wrote it."""
    later = moment + KNOWN_AFTER
    for line, at in ((predicted, moment), (labelled, later)):
        if line is not None:
            yield at, line | {"time": at.isoformat(timespec="microseconds")}


def _turned(column: Mapping[str, Any]) -> bool:
    ends = column.get("minimum"), column.get("maximum")
    return column["kind"] == "numeric" and None not in ends and ends[0] != ends[1]


def _turn(cell: Any, low: float, high: float) -> Any:
    if type(cell) not in (int, float):  # what is missing stays missing
        return cell
    found = min(max(low + high - cell, low), high)
    return int(found) if type(cell) is int and float(found).is_integer() else found


def _next(column: Mapping[str, Any]) -> dict[str, str]:
    """Each category's successor; none of a column that is no category, or has one."""
    known = [str(each) for each in column.get("categories") or ()] if column["kind"] == "categorical" else []
    return dict(zip(known, [*known[1:], *known[:1]], strict=True)) if len(known) > 1 else {}
