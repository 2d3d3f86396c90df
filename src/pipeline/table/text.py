"""What a table's text says of itself: whether its first line names the columns, and how its numbers are written.

By the standard library alone: scripts/cells.py reads by it where the project's packages are not at hand.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

QUOTE, OTHER_QUOTE = '"', "'"
NEARLY_ALL, FEW = 0.95, 0.01  # of a column's cells
LOOKED_AT = 1000  # rows, for what the first line may be
SHOWN = 30  # names that a line for params.yaml holds
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?")

MONEY = r"[$€£¥₹₽]|EUR|USD|GBP|CHF"
GROUPED = r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?|(?:['’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?)"
SIGN = r"[+\-−–]"
LIKE_A_NUMBER = (
    rf"\(?(?:{MONEY})?\s*{SIGN}?\s*(?:{MONEY})?\s*(?:{GROUPED}|\d+(?:[.,]\d+)?|[.,]\d+)\s*(?:%|{MONEY})?\)?{SIGN}?"
)
WRITTEN = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+\-−]?)\s*(?P<before>{MONEY})?\s*(?P<also>[+\-−]?)(?P<number>[\d.,'’ \u00a0\u202f]*\d)"
    rf"\s*(?P<after>%|{MONEY})?(?P<close>\))?"
)
"""A number with what stands around it."""
MARKS = {
    ("", "."): r"\d*\.?\d+",
    (",", "."): r"(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?",
    ("", ","): r"\d*,?\d+",
    (".", ","): r"(?:\d+|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?",
    (" ", "."): r"(?:\d+|[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+)(?:\.\d+)?",
    (" ", ","): r"(?:\d+|[1-9]\d{0,2}(?:[ \u00a0\u202f]\d{3})+)(?:,\d+)?",
    ("'", "."): r"(?:\d+|[1-9]\d{0,2}(?:'\d{3})+)(?:\.\d+)?",
    ("’", "."): r"(?:\d+|[1-9]\d{0,2}(?:’\d{3})+)(?:\.\d+)?",
}
"""(What stands between thousands, and before fractions): numbers that are written so, the usual first."""
NOTHING = re.compile(
    r"[?*.\-–—]+|#?n[/.]?a\.?|n[/.]?d\.?|k\. ?a\.|nan|nil|null|undefined|unknown|unk|missing|blank|empty|tbd"
    r"|not[ _](available|specified|known)|no[ _](data|answer)|unbekannt|keine angabe|inconnu|desconocido|onbekend"
    r"|不明|未知",
    re.IGNORECASE,
)
"""Cells that may say nothing: `validate` and `explore` take them from here."""
NO_NUMBER = re.compile(rf"none|{NOTHING.pattern}", re.IGNORECASE)
"""The same among numbers, where `none` is no answer."""
CODE = r"\d+[eE]\d+"
THOUSANDS = re.compile(r"[1-9]\d{3,}")
"""Numbers over a thousand without a mark: beside them 1,234 is a fraction."""


def header_is_data(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str | None:
    """The cell that shows that a first line holds data and no names; None where it may well hold names.

    Numbers over numbers, and words that stand in their column again, are data; a column of numbers under a word has a
    name. Years, days and numbers in order are names, as those of wide tables.
    """
    of_data, numbers, known = [], [], False
    for place, cell in enumerate(header):
        column = [row[place] for row in rows[:LOOKED_AT] if place < len(row) and row[place]]
        if not cell or not column:
            continue
        numeric = sum(bool(NUMBER.fullmatch(each) or DATE.fullmatch(each)) for each in column) >= NEARLY_ALL * len(
            column
        )
        if NUMBER.fullmatch(cell) or DATE.fullmatch(cell):
            numbers.append(cell)
            of_data += [cell] if numeric else []
        elif cell in column and not numeric:
            known = True
            of_data.append(cell)
        elif numeric or len(set(column)) < 0.5 * len(column):
            return None  # a name over its column
    if not of_data or (not known and _in_order(numbers)):
        return None
    return of_data[0]


def rule_of(cells: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """What clean.columns would say of numbers as these are written; nothing where no one way is that of nearly all."""
    found = [match for match in map(WRITTEN.fullmatch, cells) if match]
    units = {unit for match in found for unit in (match["before"], match["after"]) if unit}
    if len(units) > 1 or len(found) < NEARLY_ALL * len(cells):
        return ()
    numbers = [match["number"] for match in found]
    plain = sum(bool(THOUSANDS.fullmatch(number)) for number in numbers) > FEW * len(numbers)
    for (thousands, decimal), pattern in MARKS.items():
        if plain and thousands == ",":
            continue
        if sum(bool(re.fullmatch(pattern, number)) for number in numbers) >= NEARLY_ALL * len(numbers):
            said = [("unit", unit) for unit in units]
            said += [("decimal", decimal)] if decimal != "." or not (units or thousands) else []
            return (*said, ("thousands", thousands)) if thousands else tuple(said)
    return ()


def fault(header: Sequence[str], rows: Sequence[Sequence[str]], *, quotes: bool, names: bool) -> str | None:
    """What makes a table another one than its file means, from its first rows; None where nothing does.

    Args:
        header: the first line.
        rows: as many below it as are to be looked at.
        quotes: whether to look for fields in other quotes, which are part of every cell.
        names: whether to look if the first line is one of names.
    """
    for place in range(len(header) if quotes else 0):
        cells = [header[place], *(row[place] for row in rows if place < len(row))]
        if in_quotes(cells):
            cell = next(cell for cell in cells if in_quotes([cell]))
            return (
                f'column {header[place]!r} holds {cell[:40]!r}, quotes and all; set data.quote: "\'" if they stand '
                "around fields, or data.quote: '\"' if they belong to them"
            )
    if names and len(header) > 2 and 2 * header.count("") > len(header):
        named = len(header) - header.count("")
        return f"line 1 names {named} of {len(header)} columns; remove what stands above the header"
    sign = header_is_data(header, rows) if names else None
    return f"line 1 {names_for(header, sign)}" if sign else None


def longer_row(content: str, separator: str, quote: str) -> str | None:
    """What to say of the first line with more fields than the header has; None where there is none."""
    header = 0
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, quotechar=quote)
    for row in reader:
        header = header or len(row)
        if len(row) > header and any(row[header:]):
            if quote == QUOTE and OTHER_QUOTE in content and not longer_row(content, separator, OTHER_QUOTE):
                return "with ' around fields it is one; set data.quote: \"'\""
            title = f"; is that the header? Remove what stands above line {reader.line_num}" if header == 1 else ""
            return f"line {reader.line_num} has {len(row)} fields, the first one {header}{title}"
    return None


def names_for(header: Sequence[str], sign: str) -> str:
    """What to say of a first line that holds data: the settings with which it is data, and those with which not."""
    made = [f"c{place + 1}" for place in range(len(header))]
    return (
        f"holds data and no names ({sign[:40]!r}); name the columns: data.columns: {_listed(made)}; or, if these are "
        f"their names: data.columns: {_listed(header)}"
    )


def in_quotes(cells: Sequence[str], quote: str = "'") -> bool:
    """Whether most of some cells stand in quotes that were read as part of them."""
    present = [cell for cell in cells if cell]
    inside = sum(len(cell) > 1 and cell[0] == cell[-1] == quote for cell in present)
    return inside > 0.5 * len(present)


def _is_measured(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell) or DATE.fullmatch(cell))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' if not re.fullmatch(r"[A-Za-z_]\w*", name) else name for name in names[:SHOWN])
    return f"[{shown}{f', ... {len(names)} names' if len(names) > SHOWN else ''}]"


def _in_order(numbers: Sequence[str]) -> bool:
    """Whether numbers or days stand in order, as the names of a wide table's columns do."""
    if not all(re.fullmatch(r"\d+", each) for each in numbers):
        return len(numbers) > 1 and all(map(DATE.fullmatch, numbers)) and len(set(numbers)) == len(numbers)
    steps = {int(numbers[place + 1]) - int(numbers[place]) for place in range(len(numbers) - 1)}
    years = all(1800 <= int(each) <= 2200 for each in numbers)
    return (len(steps) < 2 and 0 not in steps) or (years and min(steps) > 0)
