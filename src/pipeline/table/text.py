"""What text says of itself: how its letters are written, and whether its first line names the columns.

By the standard library alone: scripts/cells.py reads by it where the project's packages are not at hand.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

UTF8 = "utf-8"
ENCODINGS = ("cp1252", "latin1", "gb18030", "shift_jis", "euc_kr", "cp1251")
"""What a file that is not UTF-8 may be in, the likely ones first."""
MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16"}
MARKS |= {codecs.BOM_UTF16_BE: "utf-16"}
BLOCK = 2**22
AROUND = 24  # bytes on each side of an odd place that are shown
FIELD_ENDS = (b",", b";", b"\t", b'"', b"\n")
LOOKED_AT = 1000  # rows, for what the first line may be
SHOWN = 30  # names that a line for params.yaml holds
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d{1,2}:\d{2}.*)?")


def in_utf8(content: bytes, encoding: str) -> bytes:
    """Text in UTF-8 without a mark in front, whatever it was written in.

    Raises:
        ValueError: it is not in that encoding; with the line, and the settings worth trying.
    """
    for mark, marked in MARKS.items():
        if content.startswith(mark) and not encoding.replace("_", "-").startswith(marked):
            raise ValueError(
                f"line 1: not {encoding.upper()} text, but {marked} by its mark; set data.encoding: {marked}"
            )
    try:
        if encoding == UTF8:
            content = content.removeprefix(codecs.BOM_UTF8)
            _each_block(content, encoding)
        else:
            content = content.decode(encoding).removeprefix("\ufeff").encode()
    except UnicodeError as error:
        at = getattr(error, "start", 0)
        raise ValueError(_not_in(content, encoding, at)) from None
    if (at := content.find(b"\0")) >= 0:
        raise ValueError(f"line {_line(content, at)}: holds a zero byte; is it a text file?{_wide(content)}")
    return content


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
        numeric = sum(bool(NUMBER.fullmatch(each) or DATE.fullmatch(each)) for each in column) >= 0.95 * len(column)
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


def _not_in(content: bytes, encoding: str, at: int) -> str:
    """What to say of text that is not in an encoding: those that all of it may be in, and what they read there."""
    start = max(content.rfind(end, max(0, at - AROUND), at) for end in FIELD_ENDS) + 1 or max(0, at - AROUND)
    piece = re.split(b'[,;\t"\r\n]', content[start : at + AROUND])[0]
    read: dict[str, str] = {}
    for other in (UTF8, *ENCODINGS):
        said = piece.decode(other, "ignore").strip()
        if other != encoding and said.isprintable() and said not in read.values() and _reads(content, other):
            read[other] = said
    said = f"line {_line(content, at)}: not {encoding.upper()} text"
    if not read:
        return f"{said}; save it as UTF-8"
    return f"{said}; set data.encoding: " + " or ".join(f"{name} (reads {word!r})" for name, word in read.items())


def _wide(content: bytes) -> str:
    """The setting for text in which every second byte is zero."""
    head = content[:BLOCK]
    for encoding, rest in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if rest.count(0) > 0.4 * len(rest) and _reads(content, encoding):
            return f" Or set data.encoding: {encoding}"
    return ""


def _line(content: bytes, at: int) -> int:
    return content.count(b"\n", 0, at) + 1


def _reads(content: bytes, encoding: str) -> bool:
    try:
        _each_block(content, encoding)
    except UnicodeError:
        return False
    return True


def _each_block(content: bytes, encoding: str) -> None:
    """Decode all of it and keep nothing of it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    for start in range(0, len(content), BLOCK):
        try:
            decoder.decode(content[start : start + BLOCK], start + BLOCK >= len(content))
        except UnicodeDecodeError as error:
            error.start += start
            raise
