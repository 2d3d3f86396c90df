"""What a column holds: text becomes numbers and dates where it is that, and each column gets its kind."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.params import Kind

NEARLY_ALL = 0.95
TRUTH = {"true": 1.0, "false": 0.0}
DATE = r"\s*\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?\s*"


def parse(column: pd.Series, kind: Kind | None = None) -> tuple[pd.Series, pd.Series]:
    """Turn text into what it stands for.

    Args:
        column: (rows,) of any type.
        kind: what the column is to be; by default, numbers or dates where nearly all cells are that.

    Returns:
        The values, (rows,): float64 or int64, datetime64, or text; and (rows,) of bool, true where a cell says
        something that is not of the column's kind.
    """
    if kind in (None, "numeric") and pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        column = column.astype("float64")
    if pd.api.types.is_datetime64_any_dtype(column) and kind in (None, "date"):
        return _naive(column), pd.Series(False, index=column.index)
    if kind == "date":
        return _dates(as_text(column))  # as text: 20240131 is a day, not so many nanoseconds
    if pd.api.types.is_numeric_dtype(column) and kind in (None, "numeric"):
        return _numbers(column)
    text = as_text(column)
    if kind in ("categorical", "text", "ignored"):
        return text, pd.Series(False, index=column.index)
    present = text.notna()
    numbers, not_numbers = _numbers(text)
    if kind == "numeric" or (present.any() and not_numbers[present].mean() <= 1 - NEARLY_ALL):
        return numbers, not_numbers
    if present.any() and text[present].str.fullmatch(DATE).mean() >= NEARLY_ALL:
        return _dates(text)
    return text, pd.Series(False, index=column.index)


def kind_of(column: pd.Series) -> Kind:
    """The kind of a column whose values are parsed: how the model should read it."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    present = column.dropna()
    if present.nunique() < 2:
        return "ignored"  # the same everywhere: nothing to learn from it
    if pd.api.types.is_numeric_dtype(column):
        return "numeric"
    text = present.astype(str)
    distinct = text.nunique()
    words = text.str.count(r"\s+").mean() + 1
    if words >= 3 and distinct > 0.2 * len(text):
        return "text"
    if distinct > max(50, 0.5 * len(text)):
        return "ignored"  # names each row rather than describing it
    return "categorical"


def kinds_of(frame: pd.DataFrame, stated: Mapping[str, Kind]) -> dict[str, Kind]:
    """The kind of every column: what params.yaml states, else what its values look like."""
    return {str(name): stated.get(str(name)) or kind_of(frame[name]) for name in frame.columns}


def as_text(column: pd.Series) -> pd.Series:
    """Text without blanks around it; whole numbers without a decimal point; empty cells missing."""
    if isinstance(column.dtype, pd.StringDtype):
        text = column.astype("str").str.strip()
    else:
        cells = zip(column.astype("object"), column.notna(), strict=True)
        words = [_word(cell) if present else None for cell, present in cells]
        text = pd.Series(words, index=column.index, name=column.name, dtype="str")
    return text.where(text != "")


def _word(cell: object) -> str:
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _numbers(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    if not pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce").fillna(column.str.lower().map(TRUTH))
        wrong = numbers.isna() & column.notna()
    else:
        numbers, wrong = column, pd.Series(False, index=column.index)
    infinite = np.isinf(numbers.astype("float64"))
    numbers = numbers.mask(infinite)
    whole = numbers.notna().all() and pd.api.types.is_signed_integer_dtype(numbers)
    return numbers.astype("int64" if whole else "float64"), wrong | infinite


def _dates(column: pd.Series) -> tuple[pd.Series, pd.Series]:
    dates = pd.to_datetime(column, errors="coerce", format="mixed", utc=True)
    return _naive(dates), dates.isna() & column.notna()


def _naive(dates: pd.Series) -> pd.Series:
    """Dates in UTC, without a zone: models read numbers, not zones."""
    if dates.dt.tz is not None:
        dates = dates.dt.tz_convert("UTC").dt.tz_localize(None)
    return dates.astype("datetime64[us]")
