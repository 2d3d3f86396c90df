"""Reads text with a character between its fields (CSV, TSV): every cell as text, and nothing guessed."""

import csv
import io
import warnings
from typing import Any

import pandas as pd

from pipeline.errors import SourceError, brief
from pipeline.params import Data
from pipeline.table import text

SEPARATORS = (",", ";", "\t", "|")
EXPLAINED = 2**24  # bytes that are looked through for why a file is no table
QUOTE, OTHER_QUOTE = '"', "'"


def usual_separator(name: str) -> str:
    """The character that a file's name says."""
    return "\t" if ".tsv" in name or ".tab" in name else ","


def read(content: bytes, where: str, data: Data, usual: str) -> pd.DataFrame:
    """Read the text of a file.

    Args:
        content: in UTF-8.
        where: what the file is called in errors.
        data: its settings.
        usual: the separator, where they say none.

    Returns:
        (rows, columns) of text; empty cells are missing, and which words say nothing is for `validate` to say.

    Raises:
        SourceError: it is no table, or only by other settings, which are named.
    """
    separator = data.separator or usual
    form = {"sep": separator, "quotechar": data.quote or QUOTE}
    try:
        first = _parsed(content, header=None, nrows=1, **form).iloc[0].fillna("").str.strip().tolist()
        _refuse_other_separator(first, separator, where)
        named = not data.columns or list(data.columns) == first  # which says that the first line holds names
        if named:
            _refuse_repeated(first, where)
            frame = _parsed(content, **form)
        else:
            _refuse_another_number(data.columns, first, where)
            frame = _parsed(content, header=None, names=list(data.columns), **form)
    except (ValueError, IndexError, pd.errors.ParserWarning) as error:
        raise SourceError(
            f"{where}: not a table with {separator!r} between fields ({_why(error, content, form)})"
        ) from None
    if frame.empty:
        raise SourceError(f"{where}: a header line and no rows")
    if data.quote is None:
        _refuse_other_quotes(first, frame, where)
    if not data.columns:
        refuse_data_as_names(first, frame, f"{where}, line 1", data)
    return frame


def refuse_data_as_names(header: list[str], frame: pd.DataFrame, where: str, data: Data) -> None:
    """A first line that holds data would be lost, and would name the columns; params.yaml may know the names."""
    if {data.target, data.id, *data.drop, *data.kinds} & set(header):
        return
    head = frame.head(text.LOOKED_AT).fillna("").apply(lambda column: column.str.strip())
    if sign := text.header_is_data(header, head.to_numpy().tolist()):
        raise SourceError(f"{where}: {text.names_for(header, sign)}")


def _parsed(content: bytes, **form: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header would be cut
        return pd.read_csv(
            io.BytesIO(content), dtype=str, keep_default_na=False, na_values=("",), index_col=False, **form
        )


def _refuse_other_separator(header: list[str], separator: str, where: str) -> None:
    """A file read with the wrong separator has one column, whose name holds the right one."""
    for other in SEPARATORS if len(header) == 1 else ():
        if other != separator and other in header[0]:
            raise SourceError(
                f"{where}: one column with {separator!r} between fields, {header[0].count(other) + 1} with {other!r};"
                f" set data.separator to {other!r}"
            )


def _refuse_repeated(header: list[str], where: str) -> None:
    repeated = [name for name in header if name and header.count(name) > 1]
    if repeated:
        raise SourceError(f"{where}, line 1: column {repeated[0]!r} stands there twice; rename one")


def _refuse_another_number(names: tuple[str, ...], first: list[str], where: str) -> None:
    if len(names) != len(first):
        raise SourceError(f"{where}, line 1: {len(first)} fields, and data.columns names {len(names)}; name each")


def _refuse_other_quotes(header: list[str], frame: pd.DataFrame, where: str) -> None:
    """Fields in single quotes, which would become part of every cell."""
    head = frame.head(text.LOOKED_AT).fillna("")
    for place, name in enumerate(head):
        cells = [header[place], *head[name].str.strip()] if place < len(header) else []
        if text.in_quotes(cells):
            cell = next(cell for cell in cells if text.in_quotes([cell]))
            raise SourceError(
                f'{where}: column {name!r} holds {cell[:40]!r}, quotes and all; set data.quote: "\'" if they stand '
                f"around fields, or data.quote: '\"' if they belong to them"
            )


def _why(error: BaseException, content: bytes, form: dict[str, str]) -> str:
    """Why text is no table: the line with another number of fields, and the quote that would settle it."""
    if form["quotechar"] == QUOTE and OTHER_QUOTE.encode() in content:
        try:
            if len(_parsed(content, **form | {"quotechar": OTHER_QUOTE}).columns) > 1:
                return "with ' around fields it is one; set data.quote: \"'\""
        except (ValueError, pd.errors.ParserWarning):
            pass
    longer = _longer_row(content, form)
    if longer is None:
        return brief(error)
    line, fields, header = longer
    title = f"; is that the header? Remove what stands above line {line}" if header == 1 else ""
    return f"line {line} has {fields} fields, the first one {header}{title}"


def _longer_row(content: bytes, form: dict[str, str]) -> tuple[int, int, int] | None:
    """The first line with more fields than the header: its number, its fields, and the header's."""
    start = io.StringIO(content[:EXPLAINED].decode("utf-8", "ignore"), newline="")
    rows = csv.reader(start, delimiter=form["sep"], quotechar=form["quotechar"])
    header = 0
    try:
        for row in rows:
            header = header or len(row)
            if len(row) > header:
                return rows.line_num, len(row), header
    except csv.Error:
        pass
    return None
