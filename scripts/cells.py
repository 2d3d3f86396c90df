"""Reads a text table with the standard library, and tells what its columns hold.

By the rules of src/pipeline/table/reading.py and columns.py, for where pandas is not at hand.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import lzma
import math
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

ROWS = 100_000  # more are not looked at
NEARLY_ALL = 0.95
SEPARATORS = (",", ";", "\t", "|")
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BLANK = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?|__index_level_\d+__")
SPELLED = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?")


class Column(NamedTuple):
    """What the cells of a column are."""

    kind: str
    distinct: int
    whole: bool | None
    """Whether its numbers are whole; None where they are no numbers."""
    names_rows: bool
    """Whether each row has a cell of its own here."""
    labels: Sequence[str] = ()
    """Its values, where they are few."""


def usual_separator(path: Path) -> str:
    """The character that the file's name says."""
    return "\t" if ".tsv" in path.name or ".tab" in path.name else ","


def separator_of(path: Path) -> str:
    """The character between the fields: the usual one, unless the header has only another."""
    usual = usual_separator(path)
    header = next(iter(lines(path)), "")
    counts = {separator: header.count(separator) for separator in (usual, *SEPARATORS)}
    return usual if counts[usual] else max(counts, key=lambda separator: counts[separator])


def lines(path: Path) -> Iterator[str]:
    """The lines of a text file."""
    opener = OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            yield from stream
    except UnicodeDecodeError:
        sys.exit(f"{path}: not UTF-8 text; save it as UTF-8")
    except (OSError, EOFError, lzma.LZMAError) as error:
        sys.exit(f"{path}: cannot be read ({error})")


def by_hand(path: Path, separator: str | None) -> tuple[dict[str, Column], int]:
    """The columns as the standard library reads them, and how many rows there are."""
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines(path), delimiter=separator or ",")
    try:
        header = [name.strip() or f"Unnamed: {place}" for place, name in enumerate(next(reader, []))]
        rows = list(islice(filter(None, reader), ROWS))
    except csv.Error as error:
        sys.exit(f"{path}: not a table ({error})")
    if not rows or len(header) < 2 or len(set(header)) < len(header):
        sys.exit(f"{path}: needs a header line with two names at least, no name twice, and rows")
    columns = {
        name: named(name, column([row[place].strip() if place < len(row) else "" for row in rows]))
        for place, name in enumerate(header)
    }
    return columns, len(rows)


def named(name: str, column: Column) -> Column:
    """The same, but that a column without a name is ignored, as of the row numbers that pandas writes."""
    return column._replace(kind="ignored") if UNNAMED.fullmatch(name) else column


def column(cells: Sequence[str]) -> Column:
    """What the cells of a column are, as src/pipeline/table/columns.py tells them apart."""
    present = [SPELLED.get(cell, cell) for cell in cells if cell not in BLANK]
    distinct = set(present)
    numbers = [value for value in map(number, present) if value is not None]
    names_rows = len(distinct) == len(cells)
    labels = sorted(distinct) if len(distinct) <= 10 else []
    if present and len(numbers) >= NEARLY_ALL * len(present) and not are_names(present):
        different = len(set(numbers))
        kind = "numeric" if different > 1 else "ignored"
        return Column(kind, different, all(value % 1 == 0 for value in numbers), names_rows, labels)
    if present and sum(bool(DATE.fullmatch(cell)) for cell in present) >= NEARLY_ALL * len(present):
        return Column("date", len(distinct), None, names_rows, labels)
    return Column(kind_of_text(present), len(distinct), None, names_rows, labels)


def are_names(present: Sequence[str]) -> bool:
    """Whether they are whole numbers so long that no float tells them apart."""
    long = [cell for cell in present if re.fullmatch(r"[+-]?\d{16,}", cell)]
    return sum(int(cell) != int(float(cell)) for cell in long) > (1 - NEARLY_ALL) * len(present)


def kind_of_text(present: Sequence[str]) -> str:
    """Text, a category, or nothing that a model could learn from."""
    distinct = len(set(present))
    if distinct < 2:
        return "ignored"
    words = sum(len(re.findall(r"\s+", cell)) for cell in present) / len(present) + 1
    if words >= 3 and distinct > 0.2 * len(present):
        return "text"
    return "ignored" if distinct > max(50, 0.5 * len(present)) else "categorical"


def number(cell: str) -> float | None:
    """The number that a cell stands for, if any."""
    if cell.lower() in ("true", "false"):
        return float(cell.lower() == "true")
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None
