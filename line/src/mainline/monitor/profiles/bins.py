"""Which bin a value falls into: of each kind of column, of answers, confidences and errors. Pure numpy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, starmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]
Cells = list[Any]
Find = Callable[[Cells, NDArray[np.float64]], Places]
"""From the cells of rows, and the seconds of their records, to their bins; raises ValueError, TypeError or
OverflowError where a cell is not of the kind."""

MISSING, UNSEEN, ANOTHER = "missing", "unseen", "another"
RIGHT_OR_WRONG = ("right", "wrong")
MOST_CATEGORIES = 100
MOST_WORD = 60  # letters of a bin's word; values are told apart by all of theirs
AWAY = (1, 3, 7, 14, 30, 60, 90, 180, 365, 1_096, 3_652)
DISTANCES = (*(-days for days in reversed(AWAY)), 0, *AWAY)
"""Days from a record to a date in it, negative before: the edges of 24 bins."""
CONFIDENCES = (
    0.2,
    0.3,
    0.4,
    0.5,
    0.55,
    0.6,
    0.65,
    0.7,
    0.75,
    0.8,
    0.85,
    0.9,
    0.925,
    0.95,
    0.97,
    0.98,
    0.99,
    0.995,
    0.999,
)
"""Edges; where a model is sure is where small differences matter."""
ERRORS = 20
"""Parts of min(1, (error / scale)^2)."""


@dataclass(frozen=True)
class Bins:
    """Bins with a word for each, and how a value finds its own."""

    words: tuple[str, ...]
    find: Find


def number(minimum: float | None, maximum: float | None, deciles: Sequence[float]) -> Bins:
    """missing, below, the parts between the deciles, above; of a column that was always missing only two.

    A part holds its upper end, so that a value that many rows share is not torn from the smaller ones.
    """
    if minimum is None or maximum is None:
        return Bins((MISSING, "there"), lambda cells, _: (~np.isnan(_floats(cells))).astype(np.intp))
    cuts = [cut for cut in deciles if minimum <= cut < maximum]
    inner = _parts([minimum, *cuts, maximum])
    words = (MISSING, f"below {_said(minimum)}", *inner, f"above {_said(maximum)}")
    edges, last = np.array(cuts), 2 + len(cuts)

    def find(cells: Cells, _: NDArray[np.float64]) -> Places:
        values = _floats(cells)
        places = 2 + np.searchsorted(edges, values)
        places[values < minimum] = 1
        places[values > maximum] = last + 1
        places[np.isnan(values)] = 0
        return places

    return Bins(words, find)


def date() -> Bins:
    """missing, and the distance from the record's own time."""
    edges = np.array(DISTANCES, np.float64)
    words = (
        MISSING,
        f"more than {AWAY[-1]:,} days before",
        *starmap(_away, pairwise(DISTANCES)),
        f"more than {AWAY[-1]:,} days after",
    )

    def find(cells: Cells, times: NDArray[np.float64]) -> Places:
        moments = np.array(cells, dtype="datetime64[us]")
        days = (moments.astype(np.int64) / 1e6 - times) / 86_400
        places = 1 + np.searchsorted(edges, days)
        places[np.isnat(moments)] = 0
        return places

    return Bins(words, find)


def category(categories: Sequence[str]) -> Bins:
    """missing, each of the categories, unseen."""
    known = {value: place for place, value in enumerate(categories, start=1)}
    unseen = 1 + len(categories)
    table: dict[Any, int] = {None: 0, **known}

    def find(cells: Cells, _: NDArray[np.float64]) -> Places:
        return np.array([table.get(cell, unseen) for cell in cells], np.intp)

    return Bins((MISSING, *map(shown, categories), UNSEEN), find)


def text(deciles: Sequence[float]) -> Bins:
    """missing, and the parts between the deciles of lengths, each with its upper end."""
    edges = np.array(deciles, np.float64)

    def find(cells: Cells, _: NDArray[np.float64]) -> Places:
        lengths = np.array([len(cell) if cell else 0 for cell in cells], np.float64)
        places = 1 + np.searchsorted(edges, lengths)
        places[lengths == 0] = 0
        return places

    return Bins((MISSING, *(f"{word} letters" for word in between(deciles))), find)


def confidence(chances: NDArray[np.float64]) -> Places:
    """(rows,) of the bins of what the model gives its answer."""
    return np.searchsorted(CONFIDENCES, chances)


def errors(said: NDArray[np.float64], labels: NDArray[np.float64], scale: float) -> Places:
    """(rows,) of the part of min(1, (error / scale)^2); without a scale all but no error is the largest."""
    off = np.abs(said - labels)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        relative = np.where(off == 0, 0.0, off / scale)
    parts: Places = np.minimum(np.floor(np.minimum(relative, 1.0) ** 2 * ERRORS), ERRORS - 1).astype(np.intp)
    return parts


def between(edges: Sequence[float]) -> tuple[str, ...]:
    """A word for each part of all numbers."""
    if not edges:
        return ("any",)
    return (f"up to {_said(edges[0])}", *_parts(edges), f"above {_said(edges[-1])}")


def parts_of_error() -> tuple[str, ...]:
    """A word for each."""
    return tuple(f"{n / ERRORS:g} to {(n + 1) / ERRORS:g}" for n in range(ERRORS))


def _away(low: int, high: int) -> str:
    """Between two distances in days."""
    if low == 0 or high == 0:
        return "up to 1 day after" if low == 0 else "up to 1 day before"
    return f"{abs(low):,} to {abs(high):,} days {'before' if low < 0 else 'after'}"


def _floats(cells: Cells) -> NDArray[np.float64]:
    return np.array(cells, dtype=np.float64)


def _parts(edges: Sequence[float]) -> tuple[str, ...]:
    pairs = pairwise(edges)
    return tuple(_said(low) if low == high else f"{_said(low)} to {_said(high)}" for low, high in pairs)


def _said(value: float) -> str:
    return f"{value:.0f}" if value % 1 == 0 and abs(value) < 1e15 else f"{value:.6g}"


def shown(value: str) -> str:
    """The word of a category or a class."""
    return (value if len(value) <= MOST_WORD else f"{value[: MOST_WORD - 1]}…") or '""'
