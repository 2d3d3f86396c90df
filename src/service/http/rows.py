"""Reads rows of JSON by the model's signature: what does not fit is named by row and field, values are never quoted."""

import datetime
import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np
import pandas as pd

from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Column, Signature
from pipeline.table import columns, dates
from pipeline.table.cells import Cell
from pipeline.table.tables import ROW_ID
from service.http.hints import hint, shown, strange
from service.http.names import MOST_PROBLEMS, check_names
from service.http.protocol import Refused

LARGEST = 1e30  # scaled by any sane deviation it still is a 32-bit number, which is what many models compute with
SCALARS = frozenset({str, int, float, bool, type(None)})
NUMBERS = frozenset({int, float, bool, type(None)})
ISO = re.compile(r"(1[7-9]|20|21)\d\d-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{3}(\d{3})?)?)?(Z|[+-]\d\d:\d\d)?)?")
NAMES = {str: "text", int: "a number", float: "a number", bool: "true or false", list: "a list", dict: "an object"}

Cells = list[tuple[Any, ...]]
LISTS = (list, tuple)


@dataclass(frozen=True)
class Grid:
    """Rows as lists, with the names of their columns beside them."""

    names: Sequence[str]
    rows: Sequence[Any]
    """Each a list with a value for each name, where the request is as it should be."""


class Reader:
    """Knows which fields a row must have, may have, and what must be in them."""

    def __init__(self, signature: Signature) -> None:
        self.layout, self._missing = Layout.of(signature), columns.as_words(signature.missing)
        self._no_dates = frozenset(word for word in self._missing if word and word[0].isdigit())
        self._blank_numbers = columns.as_numbers(self._missing)
        self._blank_dates = dates.of_words(self._no_dates).to_numpy()
        self._columns = (*self.layout.numbers, *self.layout.dates, *self.layout.words)
        self._rules = [(place, Cell(c.clean)) for place, c in enumerate(self._columns) if c.clean]
        self._names = [column.name for column in self._columns]
        self.known = dict.fromkeys([ROW_ID, *(column.name for column in signature.columns), signature.target])
        self._known = frozenset(self.known)
        self._pick = _picker(self._names)
        self.orders = ([c.name for c in signature.features], [c.name for c in signature.columns])
        """The names of rows that come without: of the columns that the model reads, or of all that the table has."""
        self._cuts = np.cumsum([len(self.layout.numbers), len(self.layout.dates)]).tolist()

    def read(self, rows: list[Any]) -> Inputs:
        """Check rows, and take what the model reads.

        Raises:
            Refused: 400; fields are missing or unknown, or values are not of their column's kind.
        """
        try:
            cells = [self._pick(row) for row in rows]
            fit = all(len(row) == len(self._names) or row.keys() <= self._known for row in rows)
        except (KeyError, TypeError, AttributeError):
            fit = False
        if not fit:
            raise _refused(self._shape_problems(rows))
        return self._inputs(cells)

    def read_grid(self, grid: Grid) -> Inputs:
        """The same for rows whose fields are named once.

        Raises:
            Refused: 400; columns are missing, unknown or there twice, or values are not of their column's kind.
        """
        check_names(grid.names, self._names, self.known)
        width, places = len(grid.names), {name: place for place, name in enumerate(grid.names)}
        if any(type(row) not in LISTS or len(row) != width for row in grid.rows):
            raise _refused(_width_problems(grid.rows, width))
        pick = _picker([places[name] for name in self._names])
        return self._inputs([pick(row) for row in grid.rows])

    def _inputs(self, cells: Cells) -> Inputs:
        if self._rules:
            cells = [self._cleaned(row) for row in cells]
        first, second = self._cuts
        if second == 0:
            numbers = np.empty((len(cells), 0))
        else:
            numbers = self._numbers(cells if first == len(self._names) else [row[:first] for row in cells], len(cells))
        dates = self._dates([row[first:second] for row in cells]) if second > first else _none(len(cells), "M8[us]")
        words = self._words([row[second:] for row in cells]) if self.layout.words else _none(len(cells), object)
        return Inputs(numbers, dates, words)

    def _cleaned(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        said = [*row]
        for place, clean in self._rules:
            if type(said[place]) in SCALARS:
                said[place] = clean(said[place])
        return tuple(said)

    def _numbers(self, cells: Cells, rows: int) -> np.ndarray:
        try:
            # by type first: among numbers, one long text would have numpy make every cell as long
            fit = NUMBERS.issuperset(map(type, chain.from_iterable(cells)))
            if not fit:
                cells = self._without_text(cells)
                fit = NUMBERS.issuperset(map(type, chain.from_iterable(cells)))
            values = np.array(cells, dtype=np.float64).reshape(rows, -1) if fit else None
        except OverflowError:
            values = None
        if values is None or (np.abs(values) > LARGEST).any():
            raise _refused(self._value_problems(cells, self.layout.numbers, _number_problem))
        if self._blank_numbers:
            values[np.isin(values, self._blank_numbers)] = np.nan
        return values

    def _without_text(self, cells: Cells) -> Cells:
        """The same with numbers for texts that say one in a table, or nothing; other texts stay."""
        texts = list({cell for cell in chain.from_iterable(cells) if type(cell) is str})
        numbers, wrong = columns.parse(pd.Series(texts, dtype="object"), "numeric", missing=self._missing)
        said = dict(zip(texts, numbers.astype("float64").tolist(), strict=True))
        said = {text: number for (text, number), no in zip(said.items(), wrong, strict=True) if not no}
        return [tuple(said.get(cell, cell) if type(cell) is str else cell for cell in row) for row in cells]

    def _dates(self, cells: Cells) -> np.ndarray:
        values = np.empty((len(cells), len(self.layout.dates)), dtype="M8[us]")
        for j, column in enumerate(self.layout.dates):
            slow = []
            for i, row in enumerate(cells):
                if (moment := _moment(row[j], column.date, self._no_dates)) is None:
                    slow.append(i)
                else:
                    values[i, j] = moment
            if slow:
                values[slow, j] = self._slow_dates([cells[i][j] for i in slow], slow, column)
        if len(self._blank_dates):
            values[np.isin(values, self._blank_dates)] = np.datetime64("NaT")
        return values

    def _slow_dates(self, cells: list[Any], places: list[int], column: Column) -> np.ndarray:
        """Dates as a table's cells are read."""
        said = [cell if type(cell) in SCALARS and not isinstance(cell, bool) else "no date" for cell in cells]
        try:
            read, wrong = columns.parse(
                pd.Series(said, dtype="object"), "date", missing=self._missing, date=column.date
            )
        except (OverflowError, ValueError):
            read, wrong = pd.Series(dtype="M8[us]"), pd.Series(True, index=range(len(said)))
        if wrong.any():
            raise _refused(
                f"rows[{i}]: column {column.name!r} {_date_problem(cell, column.date)}"
                for i, cell, no in zip(places, cells, wrong, strict=True)
                if no
            )
        return np.asarray(read, dtype="M8[us]")

    def _words(self, cells: Cells) -> np.ndarray:
        if not SCALARS.issuperset(map(type, chain.from_iterable(cells))):
            raise _refused(self._value_problems(cells, self.layout.words, _word_problem))
        values = np.empty((len(cells), len(self.layout.words)), dtype=object)
        for place, cell in _placed(cells):
            values[place] = columns.word(cell, self._missing)
        return values

    def _shape_problems(self, rows: list[Any]) -> Iterator[str]:
        for i, row in enumerate(rows):
            if not isinstance(row, dict):
                yield f"rows[{i}]: must be an object, with a field for each column; it is {_kind(row)}"
                continue
            unknown, absent = strange(row, self._known), strange(self._names, row)
            for name in absent:
                yield f"rows[{i}]: column {name!r} is missing{hint(name, unknown)}"
            for name in unknown:
                yield f"rows[{i}]: column {shown(name)!r} is unknown{hint(name, absent or self._names)}"

    @staticmethod
    def _value_problems(cells: Cells, group: tuple[Column, ...], problem: Callable[[Any], str | None]) -> Iterator[str]:
        for i, row in enumerate(cells):
            for column, cell in zip(group, row, strict=True):
                if said := problem(cell):
                    yield f"rows[{i}]: column {column.name!r} {said}"


def in_order(rows: list[Any], orders: Sequence[Sequence[str]]) -> Grid:
    """Rows as lists that came without names: the first of the orders that is as wide as the first row."""
    width = len(rows[0]) if rows and isinstance(rows[0], list) else 0
    return Grid(next((names for names in orders if len(names) == width), orders[0]), rows)


def _width_problems(rows: Sequence[Any], width: int) -> Iterator[str]:
    for i, row in enumerate(rows):
        if type(row) not in LISTS:
            yield f"rows[{i}]: must be a list, with a value for each column; it is {_kind(row)}"
        elif len(row) != width:
            yield f"rows[{i}]: has {len(row):,} values for {width:,} columns"


def _picker(names: Sequence[Any]) -> Callable[[Any], tuple[Any, ...]]:
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return operator.itemgetter(*names)


def _placed(cells: Cells) -> Iterator[tuple[tuple[int, int], Any]]:
    return (((i, j), cell) for i, row in enumerate(cells) for j, cell in enumerate(row))


def _none(rows: int, dtype: Any) -> np.ndarray:
    return np.empty((rows, 0), dtype=dtype)


def _refused(problems: Iterable[str]) -> Refused:
    found = list(islice(problems, MOST_PROBLEMS))
    return Refused(400, "; ".join(found[:3]) + ("; ..." if len(found) > 3 else ""), found)


def _kind(value: object) -> str:
    return NAMES.get(type(value), "null")


def _number_problem(cell: object) -> str | None:
    if type(cell) not in NUMBERS:
        return f"must be a number; it is {_kind(cell)}"
    if isinstance(cell, (int, float)) and abs(cell) > LARGEST:
        return f"is too large; numbers go up to {LARGEST:g}"
    return None


def _date_problem(cell: object, form: str | None) -> str:
    said = _kind(cell) if type(cell) not in SCALARS or isinstance(cell, bool) else "not one"
    example = datetime.datetime(2024, 1, 31, 12).strftime(form) if form else "2024-01-31T12:00:00"
    return f"must be a date, such as 2024-01-31 or {example}; it is {said}"


def _word_problem(cell: object) -> str | None:
    return None if type(cell) in SCALARS else f"must be text; it is {_kind(cell)}"


def _moment(cell: Any, form: str | None, missing: Collection[str] = ()) -> np.datetime64 | None:
    """A date in UTC, NaT where nothing is said; None where it takes a closer look."""
    if cell is None or cell in ("", "NaT"):  # as pandas writes a date that is missing
        return np.datetime64("NaT", "us")
    if not isinstance(cell, str) or cell in missing:
        return None
    moment = dates.moment(cell, form) if form else None
    if form and moment is None and form.startswith("%Y"):
        return None
    if moment is None and ISO.fullmatch(cell):
        try:
            moment = datetime.datetime.fromisoformat(cell)
        except ValueError:
            return None
    if moment is None:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.datetime64(moment, "us")
