"""Looks at a table: which column is the target, what there is to predict, and what each column holds.

With the project's packages at hand the pipeline itself reads it. Without them, as in cookiecutter's environment, the
standard library does, by the rules of src/pipeline/table/columns.py and task.py; the first `mainline lock` counts.
"""

from __future__ import annotations

import difflib
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import cells
from cells import Column

MOST_CLASSES = 200
NEEDED = ("pandas", "pyarrow", "pydantic", "scikit-learn")
KINDS = {"parquet": "Parquet", "jsonl": "JSON lines", "ndjson": "JSON lines"}
KINDS |= dict.fromkeys(("xlsx", "xlsm", "xlsb", "xls", "ods"), "a workbook")
TARGETS = ("target", "label", "class", "y")


class Seen(NamedTuple):
    """What a table is, as far as it could be looked into."""

    separator: str | None
    target: str
    identity: str | None
    task: str
    columns: dict[str, Column]
    rows: int = 0
    """How many there are; 0 where nobody counted them, and no more than cells.ROWS."""
    odd: str = ""
    """What `validate` will refuse, with what settles it."""


def look(path: Path, target: str, task: str, root: Path) -> Seen:
    """Look at a table.

    Args:
        path: a CSV or TSV file; or one of Parquet, JSON lines or a workbook, for which it takes the packages.
        target: the column to predict; empty where nobody said.
        task: auto, or what somebody said.
        root: the project.

    Raises:
        SystemExit: with one line, where the table or what was said of it cannot be right.
    """
    kind = kind_of(path)
    separator = cells.separator_of(path) if kind == "text" else None
    if packages_at_hand(root):
        columns, rows, odd = by_pipeline(path, separator, root)
    elif kind == "text":
        columns, rows, odd = cells.by_hand(path, separator)
    elif target:
        return Seen(None, target, None, task, {})
    else:
        sys.exit(f"{path}: {kind} is not looked into without the project's packages; say which column is the target")
    if len(columns) < 2:
        sys.exit(f"{path}: one column only; a table to learn from has a target and something to tell it by")
    target = target or next((name for name in columns if name.lower() in TARGETS), list(columns)[-1])
    if target not in columns:
        near = difflib.get_close_matches(target, columns, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(list(columns)[:12])}"
        sys.exit(f"target: {path.name} has no column {target!r}; {hint}")
    identity = next((name for name in columns if name != target and is_id(name, columns[name])), None)
    return Seen(
        None if separator == cells.usual_separator(path) else separator,
        target,
        identity,
        task if target in [each.column for each in odd] else task_of(target, columns[target], task),
        columns,
        rows,
        cells.errors.pointed(cells.wording.refusal(odd, target)) if odd else "",
    )


def kind_of(path: Path) -> str:
    """What a file's name says: text between separators, where it says nothing else."""
    found = [KINDS[ending] for ending in path.name.lower().split(".")[1:] if ending in KINDS]
    return found[0] if found else "text"


def is_id(name: str, column: Column) -> bool:
    """Whether a column names the rows: by what it is called, and by what is in it."""
    return column.names_rows and bool(re.search(r"(^|[^A-Za-z])(id|ID|Id)$|[a-z](ID|Id)$", name))


def task_of(target: str, column: Column, said: str) -> str:
    """The task that a column sets, as src/pipeline/table/task.py infers it."""
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


def by_pipeline(path: Path, separator: str | None, root: Path) -> tuple[dict[str, Column], int, list[Any]]:
    """The columns as the pipeline reads them, how many rows there are, and whose numbers are not read."""
    sys.path.insert(0, str(root / "src"))
    import pandas as pd

    from pipeline import errors
    from pipeline.sections import Data
    from pipeline.table import columns, odd, sources

    data = Data(source=str(path), target="", separator=separator)
    try:
        frame = sources.read(data)
    except errors.PipelineError as error:
        sys.exit(str(error))
    found = odd.found(frame, data)
    seen = {}
    for name in frame:
        values, text = columns.parse(frame[name])[0], columns.as_text(frame[name], cells.BLANK)
        present = values.dropna()
        whole = bool((present % 1 == 0).all()) if pd.api.types.is_numeric_dtype(values) else None
        labels = sorted(text.dropna().unique()) if present.nunique() <= 10 else []
        facts = Column(columns.kind_of(values), present.nunique(), whole, text.nunique() == len(text), labels)
        seen[name] = cells.named(name, facts)
    return seen, min(len(frame), cells.ROWS), [each for what in odd.REFUSED for each in found.get(what, [])]
