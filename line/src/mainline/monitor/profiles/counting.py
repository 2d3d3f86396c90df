"""Counts predictions into the books of their days, many lines at a time, and says which rows wait for a label."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mainline.monitor.profiles import bins, sides
from mainline.monitor.profiles.book import UNIT, Book, Counts
from mainline.monitor.profiles.joins import DAY, EPOCH, UNCOUNTED, Row, key_of, keys
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.records import FAULTS, Predicted
from mainline.monitor.profiles.signals import ANSWERS, BLOCKS, CONFIDENCE

BLOCK = DAY // BLOCKS


@dataclass
class Counted:
    """What some lines came to."""

    books: dict[int, Book] = field(default_factory=dict)
    """By the day's ordinal."""
    rows: list[Row] = field(default_factory=list)
    lines: int = 0
    damaged: int = 0

    def add(self, other: "Counted") -> None:
        """Take in what other lines came to."""
        for day, book in other.books.items():
            if day in self.books:
                self.books[day].add(book)
            else:
                self.books[day] = book
        self.rows += other.rows
        self.lines += other.lines
        self.damaged += other.damaged


def count(plan: Plan, version: int, lines: Sequence[Predicted], secret: bytes) -> Counted:
    """Count predictions of one version; a line with a cell that is not of its column's kind counts as damaged, alone.

    Args:
        version: its number, for the rows that wait.
        secret: what request ids are hashed with.
    """
    if not lines:
        return Counted()
    try:
        return _count(plan, version, lines, secret)
    except FAULTS:
        if len(lines) == 1:
            return Counted(damaged=1)
    half = len(lines) // 2
    found = count(plan, version, lines[:half], secret)
    found.add(count(plan, version, lines[half:], secret))
    return found


def _count(plan: Plan, version: int, lines: Sequence[Predicted], secret: bytes) -> Counted:
    rows = np.array([line.rows for line in lines])
    moments = np.repeat(np.array([line.moment for line in lines]), rows)
    table = _Table(plan, moments, np.repeat(np.rint(UNIT / rows), rows))
    seconds = moments / 1e6
    cells = {name: list(chain.from_iterable([line.inputs[name] for line in lines])) for name in plan.read}
    for name, column in plan.columns:
        table.add(f"column:{name}", column.find(cells[name], seconds))
    answers = list(chain.from_iterable([line.answers for line in lines]))
    places, said = _answers(plan, answers)
    table.add(ANSWERS, np.minimum(places, len(plan.version.answers) - 1))
    if plan.classes is not None:
        table.add(CONFIDENCE, bins.confidence(_confidences(plan.classes, lines)))
    found = keys((line.request for line in lines), secret)
    within = np.arange(len(moments)) - np.repeat(np.cumsum(rows) - rows, rows)
    of_rows = key_of(np.repeat(found, rows), np.repeat([line.first for line in lines], rows) + within)
    open_ = ~_sealed(plan, cells, len(moments))
    waiting = [
        Row(key, moment, version, place, number, None, None)
        for key, moment, place, number in zip(
            of_rows, moments.tolist(), np.where(open_, places, UNCOUNTED).tolist(), said, strict=True
        )
    ]
    return Counted(table.books(np.minimum(places, len(plan.version.answers) - 1), open_), waiting, len(lines))


def _sealed(plan: Plan, cells: Mapping[str, bins.Cells], rows: int) -> NDArray[np.bool_]:
    """Which rows are on the sealed side, where their labels are kept for a judge: (rows,)."""
    if plan.window is None:
        return np.zeros(rows, np.bool_)
    return sides.sealed(plan.window, sides.keys(cells, rows, plan.read), cells, rows)


class _Table:
    """Counts of some rows by day, block and bin."""

    def __init__(self, plan: Plan, moments: NDArray[np.int64], weights: NDArray[np.float64]) -> None:
        self._plan, self._weights, self._places = plan, weights, plan.version.places
        self._days, self._day = np.unique(moments // DAY, return_inverse=True)
        self._slot = self._day * BLOCKS + moments % DAY // BLOCK
        self._counts: Counts = np.zeros((len(self._days), plan.version.size), np.int64)

    def add(self, signal: str, places: bins.Places) -> None:
        """Count a signal: (rows,) of bins."""
        where, days = self._places[signal], len(self._days)
        width = (where.stop - where.start) // BLOCKS
        if places.shape != self._slot.shape:
            raise ValueError("cells that are lists")
        # whole numbers far below 2^53: exact in any order
        sums = np.bincount(self._slot * width + places, self._weights, minlength=days * BLOCKS * width)
        self._counts[:, where] = sums.reshape(days, BLOCKS * width)

    def books(self, answers: bins.Places, open_: NDArray[np.bool_]) -> dict[int, Book]:
        """By the day's ordinal.

        Args:
            answers: (rows,) of their bins.
            open_: (rows,) which are on a side whose labels count.
        """
        bins_ = len(self._plan.version.answers)
        answered = np.bincount((self._day * bins_ + answers)[open_], minlength=len(self._days) * bins_)
        each = zip(self._days.tolist(), self._counts, answered.reshape(-1, bins_), strict=True)
        return {EPOCH + day: Book(counts, rows.astype(np.int64)) for day, counts, rows in each}


def _answers(plan: Plan, answers: list[object]) -> tuple[bins.Places, Iterable[float | None]]:
    """The place of each answer, and of a regression the number."""
    if plan.classes is not None:
        return np.array([plan.classes[each] for each in answers], np.intp), [None] * len(answers)
    numbers = np.array(answers, np.float64)
    if numbers.shape != (len(answers),) or not np.isfinite(numbers).all():
        raise ValueError("an answer that is no number")
    return np.searchsorted(plan.edges, numbers), numbers.tolist()


def _confidences(classes: Mapping[object, int], lines: Sequence[Predicted]) -> NDArray[np.float64]:
    chances = [list(chain.from_iterable([line.chances[str(label)] for line in lines])) for label in classes]
    found: NDArray[np.float64] = np.array(chances, np.float64).max(axis=0)
    if not ((found >= 0) & (found <= 1 + 1e-6)).all():
        raise ValueError("a probability that is none")
    return found
