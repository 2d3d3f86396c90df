"""Reads a sheet of a workbook (Excel, OpenDocument): every cell as the text that a CSV file would hold."""

import datetime
import io
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.errors import ParamsError, SourceError, brief, nearest
from pipeline.sections import Data
from pipeline.table import delimited, text

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

ENDINGS = frozenset({"xlsx", "xlsm", "xlsb", "xls", "ods"})
BATCH = 20_000  # rows at a time
DIGITS = 15  # that a workbook keeps of a number
MOST = 10.0**DIGITS


def read(content: bytes, where: str, data: Data) -> pd.DataFrame:
    """Read the sheet that data.sheet names, or the only one.

    Args:
        content: the file.
        where: what it is called in errors.
        data: its settings.

    Returns:
        (rows, columns) of text: whole numbers without a point, days as 2024-01-31, truth as True and False.

    Raises:
        ParamsError: there is no such sheet.
        SourceError: it is no workbook, or the sheet no table.
    """
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheet = _sheet(book, where, data.sheet)
            return _table(sheet, f"{where}, sheet {sheet.name!r}", data)
    except python_calamine.PasswordError:
        raise SourceError(f"{where}: needs a password; save it without one") from None
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise SourceError(f"{where}: not a workbook that can be read ({brief(error)})") from None


def _sheet(book: "CalamineWorkbook", where: str, named: str | None) -> "CalamineSheet":
    from python_calamine import SheetTypeEnum

    names = [each.name for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
    if named is not None:
        if named not in names:
            raise ParamsError(f"data.sheet: {where} has no sheet {named!r}{nearest(named, names)}")
        return book.get_sheet_by_name(named)
    filled = [sheet for sheet in map(book.get_sheet_by_name, names) if sheet.height]
    if len(filled) > 1:
        listed = ", ".join(sheet.name for sheet in filled)
        raise SourceError(f"{where}: {len(filled)} sheets ({listed}); name one: data.sheet: {filled[0].name}")
    if not filled:
        raise SourceError(f"{where}: its sheets are empty; one needs a header row and rows")
    return filled[0]


def _table(sheet: "CalamineSheet", where: str, data: Data) -> pd.DataFrame:
    if not sheet.height:
        raise SourceError(f"{where}: empty; it needs a header row and rows")
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        cells = f"{_cell(top, left)}:{_cell(bottom, right)}"
        raise SourceError(f"{where}: {cells} are merged, and only the first would hold what they say; split them")
    start = sheet.start[0] if sheet.start else 0
    # its rows begin with the sheet's first, and its columns with the first that is filled
    rows = enumerate(islice(sheet.iter_rows(), start, None), start + 1)
    first = [_word(cell) or "" for cell in next(rows)[1]]
    header = _header(first, f"{where}, row {start + 1}", data)
    named = not data.columns or list(data.columns) == first
    below: Iterable[tuple[int, Sequence[Any]]] = chain(() if named else [(start + 1, first)], rows)
    parts = []
    while batch := list(islice(below, BATCH)):
        parts.append(pd.DataFrame(_words(batch, header, where, data), columns=header, dtype="str"))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    frame = frame[frame.notna().any(axis=1)].reset_index(drop=True)
    if frame.empty:
        raise SourceError(f"{where}: a header row and no rows")
    names = not data.columns and not delimited.is_known(first, data)
    head = frame.head(text.LOOKED_AT).fillna("").to_numpy().tolist()
    if found := text.fault(first, head, quotes=False, names=names):
        raise SourceError(f"{where}: {found}")
    return frame


def _header(first: list[str], where: str, data: Data) -> list[str]:
    if data.columns and len(data.columns) != len(first):
        raise SourceError(f"{where}: {len(first)} cells, and data.columns names {len(data.columns)}; name each")
    header = list(data.columns) or [name or f"Unnamed: {place}" for place, name in enumerate(first)]
    if repeated := [name for name in header if header.count(name) > 1]:
        raise SourceError(f"{where}: column {repeated[0]!r} stands there twice; rename one")
    return header


def _words(
    rows: Iterable[tuple[int, Sequence[Any]]], header: list[str], where: str, data: Data
) -> list[list[str | None]]:
    """Rows of cells as text; whole numbers that a workbook does not keep are refused, unless they are to be numbers."""
    words = []
    for number, row in rows:
        words.append([_word(cell) for cell in row])
        for name, cell in zip(header, row, strict=True):
            if isinstance(cell, float) and abs(cell) >= MOST and cell.is_integer() and name not in data.kinds:
                raise SourceError(
                    f"{where}, row {number}, column {name!r}: {cell:.0f} has more digits than the {DIGITS} that a "
                    f"workbook keeps of a number; write the column as text there, or data.kinds: {{{name}: numeric}}"
                )
    return words


def _word(cell: Any) -> str | None:
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(" ") if cell.time() != datetime.time() else cell.date().isoformat()
    return str(cell)


def _cell(row: int, column: int) -> str:
    """The name of a cell, as B7, from its place."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row + 1}"
