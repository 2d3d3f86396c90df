"""Reads a text table with the standard library, and tells what its columns hold.

By the rules of src/pipeline/table/delimited.py, odd.py and columns.py, for where pandas is not at hand: what these ask
of the standard library alone (encoded.py, text.py, wording.py) is asked of them.
"""

from __future__ import annotations

import bz2
import csv
import gzip
import importlib.util
import io
import lzma
import math
import re
import sys
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

ROWS = 100_000  # more are not looked at
END = "\0"  # which no text holds
NEARLY_ALL, FEW = 0.95, 0.01
SEPARATORS = (",", ";", "\t", "|")
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BLANK = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?|__index_level_\d+__")
SPELLED = {"true": "True", "TRUE": "True", "false": "False", "FALSE": "False"}
UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?")


def of_the_pipeline(name: str) -> Any:
    """A module of src/pipeline that needs the standard library alone."""
    path = Path(__file__).resolve().parent.parent / f"src/pipeline/{name}.py"
    spec = importlib.util.spec_from_file_location(f"of_the_pipeline_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


errors, encoded, text, wording = map(of_the_pipeline, ("errors", "table/encoded", "table/text", "table/wording"))


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
    header = next(iter(io.StringIO(text_of(path))), "")
    counts = {separator: header.count(separator) for separator in (usual, *SEPARATORS)}
    return usual if counts[usual] else max(counts, key=lambda separator: counts[separator])


def text_of(path: Path) -> str:
    """The text of a file, whole: whether it is one can be said of no part."""
    opener = OPENERS.get(path.suffix, open)
    try:
        with opener(path, "rb") as stream:
            content = stream.read()
        if not content.strip():
            sys.exit(f"{path}: empty; it needs a header line and rows")
        return str(encoded.in_utf8(content, "utf-8").decode())
    except ValueError as error:
        sys.exit(errors.pointed(f"{path}, {error}"))
    except (OSError, EOFError, lzma.LZMAError) as error:
        sys.exit(f"{path}: cannot be read ({error})")


def by_hand(path: Path, separator: str | None) -> tuple[dict[str, Column], int, list[Any]]:
    """The columns as the standard library reads them, how many rows there are, and whose numbers are not read."""
    csv.field_size_limit(2**31 - 1)
    content, between = text_of(path), separator or ","
    reader = csv.reader(io.StringIO(f"{content}\n{END}", newline=""), delimiter=between)
    try:
        header, *rows = ([cell.strip() for cell in row] for row in islice(filter(None, reader), ROWS))
        longer = text.longer_row(content, between, text.QUOTE)
    except csv.Error as error:
        sys.exit(f"{path}: not a table ({error})")
    if longer or (len(rows) < ROWS - 1 and rows.pop() != [END]):
        why = longer or "a quote is never closed"
        sys.exit(errors.pointed(f"{path}: not a table with {between!r} between fields ({why})"))
    names = [name or f"Unnamed: {place}" for place, name in enumerate(header)]
    if twice := [name for name in names if names.count(name) > 1]:
        sys.exit(f"{path}, line 1: column {twice[0]!r} stands there twice; rename one")
    if not rows:
        sys.exit(f"{path}: a header line and no rows")
    if found := text.fault(header, rows[: text.LOOKED_AT], quotes=True, names=True):
        sys.exit(errors.pointed(f"{path}: {found}"))
    of_each = {name: [row[place] if place < len(row) else "" for row in rows] for place, name in enumerate(names)}
    columns = {name: named(name, column(cells)) for name, cells in of_each.items()}
    odd = [found for name, cells in of_each.items() if (found := odd_numbers(name, cells))]
    return columns, len(rows), odd


def odd_numbers(name: str, cells: Sequence[str]) -> Any:
    """What odd.py finds in a column whose numbers are not read as such; None where there is nothing to refuse."""
    present = [(row, cell) for row, cell in enumerate(cells, 1) if cell not in BLANK]
    others = [each for each in present if number(each[1]) is None]
    nothing = [each for each in others if text.NO_NUMBER.fullmatch(each[1])]
    rest = [each for each in others if not text.NO_NUMBER.fullmatch(each[1])]
    like = [each for each in rest if re.fullmatch(text.LIKE_A_NUMBER, each[1])]
    most = (1 - NEARLY_ALL) * len(present)
    missing = (("missing", tuple(dict.fromkeys(cell for _, cell in nothing))),) if nothing else ()
    if like and len(rest) - len(like) <= most:
        if len(like) <= FEW * len(present):
            return None
        plain = [cell for _, cell in present if number(cell) is not None]
        rule = text.rule_of([*(cell for _, cell in like), *plain]) + missing
        return wording.Odd(name, like[0][0], like[0][1][:40], len(like), rule)
    if nothing and len(rest) <= most < len(others) and len(others) < len(present):
        return wording.Odd(name, nothing[0][0], nothing[0][1][:40], len(nothing), missing)
    return None


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
    unspaced = sum(len(UNSPACED.findall(cell)) for cell in present)
    if unspaced and 3 * unspaced >= sum(len(re.findall(r"\S", cell)) for cell in present):
        words = unspaced / 2 / len(present)
    else:
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
