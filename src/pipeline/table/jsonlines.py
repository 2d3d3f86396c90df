"""Reads JSON lines: one object a line, every value as the text that stands there, no number through a float."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from pipeline.errors import SourceError

ENDINGS = frozenset({"jsonl", "ndjson"})
HALF = re.compile("[\ud800-\udfff]")  # of a pair; Python joins whole ones
BATCH = 20_000  # lines at a time: what Python makes of a line takes ten times its room


def read(content: bytes, where: str) -> pd.DataFrame:
    """Read a table.

    Args:
        content: in UTF-8.
        where: what the file is called in errors.

    Returns:
        (rows, columns) of text, in the order in which keys come up; null, "" and a key that a line lacks are missing.

    Raises:
        SourceError: a line is not an object of plain values; with its number, and the key.
    """
    parts = [pd.DataFrame(batch, dtype="str") for batch in _batches(content, where)]
    if not parts:
        raise SourceError(f"{where}: empty; it needs rows")
    frame = pd.concat(parts, ignore_index=True)
    if not len(frame.columns):
        raise SourceError(f"{where}: its lines hold no keys")
    return frame


def _batches(content: bytes, where: str) -> Iterator[dict[str, list[str | None]]]:
    """Columns of so many lines."""
    columns: dict[str, list[str | None]] = {}
    rows = 0
    for number, line in _lines(content):
        for key, value in _object(line, f"{where}, line {number}").items():
            column = columns.setdefault(key, [])
            column += [None] * (rows - len(column))
            column.append(value)
        if (rows := rows + 1) == BATCH:
            yield {key: column + [None] * (rows - len(column)) for key, column in columns.items()}
            columns, rows = {key: [] for key in columns}, 0
    if rows:
        yield {key: column + [None] * (rows - len(column)) for key, column in columns.items()}


def _lines(content: bytes) -> Iterator[tuple[int, bytes]]:
    start, number = 0, 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end
        number += 1
        if line := content[start:end].strip():
            yield number, line
        start = end + 1


def _object(line: bytes, where: str) -> dict[str, str | None]:
    try:
        pairs = json.loads(line, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=Pairs)
    except ValueError as error:
        raise SourceError(f"{where}: not JSON ({error}); each line holds one object") from None
    except RecursionError:
        raise SourceError(f"{where}: nested too deep; each line holds one object of plain values") from None
    if not isinstance(pairs, Pairs):
        kind = "a list" if isinstance(pairs, list) else "a value"
        raise SourceError(f'{where}: {kind}, and no object; each line is one row, such as {{"a": 1, "b": "x"}}')
    row = {key.strip(): _cell(value, f"{where}, column {key!r}") for key, value in pairs}
    if b"\\u" in line and HALF.search("\n".join(filter(None, (*row, *row.values())))):
        raise SourceError(f"{where}: half of a character (\\ud800 to \\udfff, alone), which is no text; mend it there")
    if len(row) < len(pairs):
        raise SourceError(f"{where}: a key stands there twice; rename one")
    return row


class Pairs(list[tuple[str, Any]]):
    """The pairs of a JSON object, in their order."""


def _cell(value: Any, where: str) -> str | None:
    if isinstance(value, str) or value is None:
        return value or None
    if isinstance(value, bool):
        return str(value)
    kind = "an object" if isinstance(value, Pairs) else "a list"
    raise SourceError(f"{where}: {kind}, and a cell holds one value; give each its own key")
