"""Reads text with a character between its fields (CSV, TSV): every cell as text, and nothing guessed."""

import csv
import io
import warnings
from typing import Any

import pandas as pd

from pipeline.errors import SourceError, brief
from pipeline.sections import Data
from pipeline.table import text

SEPARATORS = (",", ";", "\t", "|")
EXPLAINED = 2**24  # bytes that are looked through for why a file is no table


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
    form = {"sep": separator, "quotechar": data.quote or text.QUOTE}
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
    head = frame.head(text.LOOKED_AT).fillna("").apply(lambda column: column.str.strip()).to_numpy().tolist()
    names = not data.columns and not is_known(first, data)
    if found := text.fault(first, head, quotes=data.quote is None, names=names):
        raise SourceError(f"{where}: {found}")
    return frame


def is_known(header: list[str], data: Data) -> bool:
    """Whether params.yaml uses a name of a first line, which so is one of names."""
    return bool({data.target, data.id, *data.drop, *data.kinds} - {""} & set(header))


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


def _why(error: BaseException, content: bytes, form: dict[str, str]) -> str:
    """Why text is no table, with what would settle it."""
    start = content[:EXPLAINED].decode("utf-8", "ignore")
    try:
        longer = text.longer_row(start, form["sep"], form["quotechar"])
    except csv.Error:
        longer = None
    return longer or ("a quote is never closed" if "EOF inside string" in str(error) else brief(error))
