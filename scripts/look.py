"""Looks at a table: which column is the target, what there is to predict, and what each column holds.

With the project's packages at hand the pipeline itself reads it. Without them, as in cookiecutter's environment, the
standard library does, by the rules of src/pipeline/columns.py and task.py; the first `mainline lock` is what counts.
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
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

ROWS = 100_000  # more are not looked at
MOST_CLASSES = 200
NEARLY_ALL = 0.95
NEEDED = ("pandas", "pyarrow", "pydantic", "scikit-learn")
TARGETS = ("target", "label", "class", "y")
SEPARATORS = (",", ";", "\t", "|")
OPENERS: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
BLANK = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
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


class Seen(NamedTuple):
    """What a table is, as far as it could be looked into."""

    separator: str | None
    target: str
    identity: str | None
    task: str
    columns: dict[str, Column]


def look(path: Path, target: str, task: str, root: Path) -> Seen:
    """Look at a table.

    Args:
        path: a CSV, TSV or Parquet file.
        target: the column to predict; empty where nobody said.
        task: auto, or what somebody said.
        root: the project.

    Raises:
        SystemExit: with one line, where the table or what was said of it cannot be right.
    """
    separator = None if ".parquet" in path.name else separator_of(path)
    if packages_at_hand(root):
        columns = by_pipeline(path, separator, root)
    elif ".parquet" not in path.name:
        columns = by_hand(path, separator)
    elif target:
        return Seen(None, target, None, task, {})
    else:
        sys.exit(f"{path}: Parquet is not looked into without the project's packages; say which column is the target")
    usual = "\t" if ".tsv" in path.name or ".tab" in path.name else ","
    target = target or next((name for name in columns if name.lower() in TARGETS), list(columns)[-1])
    if target not in columns:
        sys.exit(f"target: {path.name} has no column {target!r}; it has {', '.join(columns)}")
    identity = next((name for name in columns if name != target and is_id(name, columns[name])), None)
    return Seen(
        None if separator == usual else separator, target, identity, task_of(target, columns[target], task), columns
    )


def is_id(name: str, column: Column) -> bool:
    """Whether a column names the rows: by what it is called, and by what is in it."""
    return column.names_rows and bool(re.search(r"(^|[^A-Za-z])(id|ID|Id)$|[a-z](ID|Id)$", name))


def task_of(target: str, column: Column, said: str) -> str:
    """The task that a column sets, as src/pipeline/task.py infers it."""
    if column.distinct < 2:
        sys.exit(f"target: {target!r} is the same in every row; there is nothing to predict")
    if said == "regression" and column.whole is None:
        sys.exit(f"task: regression needs numbers, and {target!r} does not hold numbers")
    fractions = column.whole is False
    task = said
    if said == "auto":
        task = "regression" if fractions or (column.whole and column.distinct > 20) else "classes"
    if task == "regression":
        return task
    if fractions or column.distinct > MOST_CLASSES:
        many = "fractions" if fractions else f"{column.distinct:,} classes"
        sys.exit(f"target: {target!r} holds {many}; is it the right column, and the right task?")
    if said == "binary" and column.distinct != 2:
        sys.exit(f"task: binary needs two classes, and {target!r} has {column.distinct}")
    return "binary" if column.distinct == 2 else "multiclass"


def packages_at_hand(root: Path) -> bool:
    """Whether this interpreter has the very versions that the project pins."""
    pins = (root / "requirements/dev.txt").read_text(encoding="utf-8").split()
    try:
        return all(f"{name}=={metadata.version(name)}" in pins for name in NEEDED)
    except metadata.PackageNotFoundError:
        return False


def by_pipeline(path: Path, separator: str | None, root: Path) -> dict[str, Column]:
    """The columns as the pipeline reads them."""
    sys.path.insert(0, str(root / "src"))
    sys.dont_write_bytecode = True
    import pandas as pd

    from pipeline import columns, errors, sources
    from pipeline.params import Data

    try:
        frame = sources.read(Data(source=str(path), target="", separator=separator))
    except errors.PipelineError as error:
        sys.exit(str(error))
    seen = {}
    for name in frame:
        values, text = columns.parse(frame[name])[0], columns.as_text(frame[name])
        present = values.dropna()
        whole = bool((present % 1 == 0).all()) if pd.api.types.is_numeric_dtype(values) else None
        labels = sorted(text.dropna().unique()) if present.nunique() <= 10 else []
        seen[name] = Column(columns.kind_of(values), present.nunique(), whole, text.nunique() == len(text), labels)
    return seen


def separator_of(path: Path) -> str:
    """The character between the fields: the usual one, unless the header has only another."""
    usual = "\t" if ".tsv" in path.name or ".tab" in path.name else ","
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


def by_hand(path: Path, separator: str | None) -> dict[str, Column]:
    """The columns as the standard library reads them."""
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(lines(path), delimiter=separator or ",")
    try:
        header = [name.strip() for name in next(reader, [])]
        rows = list(islice(filter(None, reader), ROWS))
    except csv.Error as error:
        sys.exit(f"{path}: not a table ({error})")
    if not rows or len(header) < 2 or len(set(header)) < len(header):
        sys.exit(f"{path}: needs a header line with two names at least, no name twice, and rows")
    return {
        name: column([row[place].strip() if place < len(row) else "" for row in rows])
        for place, name in enumerate(header)
    }


def column(cells: Sequence[str]) -> Column:
    """What the cells of a column are, as src/pipeline/columns.py tells them apart."""
    present = [cell for cell in cells if cell not in BLANK]
    distinct = set(present)
    numbers = [value for value in map(number, present) if value is not None]
    names_rows = len(distinct) == len(cells)
    labels = sorted(distinct) if len(distinct) <= 10 else []
    if present and len(numbers) >= NEARLY_ALL * len(present):
        different = len(set(numbers))
        kind = "numeric" if different > 1 else "ignored"
        return Column(kind, different, all(value % 1 == 0 for value in numbers), names_rows, labels)
    if present and sum(bool(DATE.fullmatch(cell)) for cell in present) >= NEARLY_ALL * len(present):
        return Column("date", len(distinct), None, names_rows, labels)
    return Column(kind_of_text(present), len(distinct), None, names_rows, labels)


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
