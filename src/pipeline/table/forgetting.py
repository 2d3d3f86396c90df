"""Which rows are not kept: those of people who asked to be forgotten (data.forget), and old ones (data.keep_for).

A line of the list is a hash and the column whose cell it is of, as `python -m pipeline forget COLUMN` writes it:

    9f86d081884c7d659a2feaa0c55ad015  customer_id       under DATA_KEY, as of a private column
    9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c...  customer_id    SHA-256, of any other
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.sections import Data, KeepFor
from pipeline.table import columns, dates, private, stream
from pipeline.table.tables import ROW_ID

MADE_WITH = "# made with the DATA_KEY "
LINE = re.compile(r"(?P<hash>[0-9a-f]{32}|[0-9a-f]{64})  ?(?P<column>\S.*)")
NEARLY_ALL = 0.95


@dataclass
class Leaving:
    """Rows that are not kept, and why."""

    rows: pd.Series
    """(rows,) of bool."""
    told: list[str] = field(default_factory=list)
    """A sentence for each reason, with how many."""

    def add(self, rows: pd.Series, why: str) -> None:
        """Count more of them, but for those that leave already."""
        if count := int((rows & ~self.rows).sum()):
            self.told.append(f"{count:,} {'row' if count == 1 else 'rows'} {why}")
        self.rows |= rows


def of_source(frame: pd.DataFrame, data: Data) -> Leaving:
    """Which rows of the source leave.

    Args:
        frame: (rows, columns), as the source gave it, private columns among them.

    Raises:
        ParamsError: a column is not there, or does not say how old a row is.
    """
    found = Leaving(pd.Series(False, index=frame.index))
    for column, hashes in listed(data).items():
        _require(f"data.forget: {data.forget}", column, frame)
        cells = columns.as_text(frame[column], data.missing)
        found.add(_are(cells, column, hashes), f"forgotten, as {data.forget} says")
    if data.keep_for is not None:
        keep = data.keep_for
        _require("data.keep_for", keep.column, frame)
        moments = _moments(frame[keep.column], data, keep)
        found.add(moments < pd.Timestamp(keep.since), f"left out, older than {keep.since} (data.keep_for)")
        found.add(moments.isna(), f"left out, without a date in {keep.column!r} (data.keep_for)")
    return found


def of_table(frame: pd.DataFrame, data: Data) -> Leaving:
    """Which rows leave of a table whose private columns are hidden already: of before, or what production brought.

    Args:
        frame: (rows, row_id + some columns).
    """
    found = Leaving(pd.Series(False, index=frame.index))
    for column, hashes in listed(data).items():
        cells = stream.keys(frame[ROW_ID]) if column == data.id else frame.get(column)
        if cells is not None:
            cells = columns.as_text(cells, data.missing)
            same = cells.isin(hashes) if column in data.private else _are(cells, column, hashes)
            found.add(same, f"of production or of before forgotten, as {data.forget} says")
    if (keep := data.keep_for) is not None and stream.DAY in frame:
        days = pd.to_datetime(frame[stream.DAY], errors="coerce")
        found.add(days < pd.Timestamp(keep.since), f"of production left out, older than {keep.since} (data.keep_for)")
    return found


def listed(data: Data) -> Mapping[str, Collection[str]]:
    """The hashes of data.forget, by column; none where nobody is to be forgotten.

    Raises:
        ParamsError: the list is not there, or made with another DATA_KEY.
        DataError: a line of it is none.
    """
    if data.forget is None:
        return {}
    path, found = Path(data.forget), dict[str, set[str]]()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ParamsError(
            f"data.forget: {path} is not here, or no text; `python -m pipeline forget COLUMN` writes it"
        ) from None
    for number, line in enumerate(lines, start=1):
        if line.startswith(MADE_WITH) and line.removeprefix(MADE_WITH).strip() != mark(private.key()):
            raise ParamsError(
                f"{path}, line {number}: made with another DATA_KEY than the one in the environment, so nobody would "
                "be forgotten; set that one (data.forget)"
            )
        if line.strip() and not line.startswith("#"):
            if not (match := LINE.fullmatch(line.rstrip())):
                raise DataError(
                    f"{path}, line {number}: no hash and column; `python -m pipeline forget COLUMN` adds a line"
                )
            found.setdefault(match["column"], set()).add(match["hash"])
    return found


def mark(secret: bytes) -> str:
    """What tells one DATA_KEY from another, and nothing else of it."""
    return private.keyed(secret, private.KEY, "")[:8]


def _are(cells: pd.Series, column: str, hashes: Collection[str]) -> pd.Series:
    """Which cells are among those hashed: (rows,) of bool."""
    secret = private.key() if any(len(each) == 32 for each in hashes) else None
    found = [
        word
        for word in cells.dropna().unique()
        if private.plain(column, word) in hashes or (secret and private.keyed(secret, column, word) in hashes)
    ]
    return cells.isin(found)


def _moments(cells: pd.Series, data: Data, keep: KeepFor) -> pd.Series:
    """When each row was: (rows,) of datetime64, missing where a cell is no date."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        return dates.naive(cells)
    text = columns.as_text(cells, data.missing)
    moments, wrong = dates.read(text, data.dates.get(keep.column) or dates.form_of(text))
    if wrong.sum() > (1 - NEARLY_ALL) * text.notna().sum():
        raise ParamsError(
            f"data.keep_for: {keep.column!r}, row {int(wrong.to_numpy().argmax()) + 1} is no date, so nobody can tell "
            f'how old it is; say how they are written, such as data.dates: {{{keep.column}: "%d/%m/%Y"}}'
        )
    return moments


def _require(key: str, column: str, frame: pd.DataFrame) -> None:
    if column not in frame.columns:
        raise ParamsError(f"{key}: the table has no column {column!r}{nearest(column, frame.columns)}")
