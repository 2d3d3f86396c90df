"""What a cell means, at every door: text becomes numbers and dates where it is that, and each column gets its kind."""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from pipeline.params import MISSING, Kind
from pipeline.table import dates

NEARLY_ALL = 0.95
EXACT = 2**53  # up to here a float tells whole numbers apart
TRUTH = {"true": 1.0, "false": 0.0}
UNSPACED = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""A character of a script that puts no blanks between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese."""
IN_A_WORD = 2  # of them, about
SPELLED = {spell(word): word.title() for word in TRUTH for spell in (str.lower, str.upper)}


def parse(
    column: pd.Series, kind: Kind | None = None, *, missing: Collection[str] = MISSING, date: str | None = None
) -> tuple[pd.Series, pd.Series]:
    """Turn cells into what they stand for.

    Args:
        column: (rows,) of any type.
        kind: what the column is to be; by default, numbers or dates where nearly all cells are that.
        missing: words that say nothing.
        date: the form of the column's dates, where it is not ISO's alone; it then holds dates.

    Returns:
        The values, (rows,): float64 or int64, datetime64, or text; and (rows,) of bool, true where a cell says
        something that is not of the column's kind.
    """
    if kind in (None, "numeric") and pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        column = column.astype("float64")
    if pd.api.types.is_datetime64_any_dtype(column) and kind in (None, "date"):
        return dates.naive(column), pd.Series(False, index=column.index)
    if kind == "date" or date:
        return dates.read(as_text(column, missing), date)  # as text: 20240131 is a day, not so many nanoseconds
    if pd.api.types.is_numeric_dtype(column) and (kind == "numeric" or (kind is None and not _are_names(column))):
        return _numbers(column)
    text = as_text(column, missing)
    if kind in ("categorical", "text", "ignored"):
        return text, pd.Series(False, index=column.index)
    present = text.notna()
    numbers, not_numbers = _numbers(text)
    if kind == "numeric" or (_nearly_all(~not_numbers[present]) and not _are_names(text[present])):
        return numbers, not_numbers
    if _nearly_all(text[present].str.fullmatch(dates.ISO)):
        return dates.read(text)
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
    words = (text.str.count(UNSPACED) / IN_A_WORD).mean() if without_blanks(text) else text.str.count(r"\s+").mean() + 1
    if words >= 3 and distinct > 0.2 * len(text):
        return "text"
    if distinct > max(50, 0.5 * len(text)):
        return "ignored"  # names each row rather than describing it
    return "categorical"


def without_blanks(text: pd.Series) -> bool:
    """Whether a column is written without blanks between words, as Chinese, Japanese or Thai is.

    Args:
        text: (rows,) of text; missing cells say nothing.

    Returns:
        Whether at least a third of its characters, blanks aside, are of such a script.
    """
    present = text.dropna()
    unspaced = int(present.str.count(UNSPACED).sum())
    return bool(unspaced) and 3 * unspaced >= int(present.str.count(r"\S").sum())


def kinds_of(frame: pd.DataFrame, stated: Mapping[str, Kind]) -> dict[str, Kind]:
    """The kind of every column: what params.yaml states, else what its values look like."""
    return {str(name): stated.get(str(name)) or kind_of(frame[name]) for name in frame.columns}


def as_text(column: pd.Series, missing: Collection[str] = ()) -> pd.Series:
    """Cells as `word` writes them: text without blanks around it, missing where nothing is said."""
    if isinstance(column.dtype, pd.StringDtype):
        text = column.astype("str").str.strip()
    else:
        cells = zip(column.astype("object"), column.notna(), strict=True)
        words = [_plain(cell) if present else None for cell, present in cells]
        text = pd.Series(words, index=column.index, name=column.name, dtype="str")
    text = text.mask(text.isin({"", *missing}))
    spelled = text.isin(SPELLED.keys())
    return text.mask(spelled, text.str.title()) if spelled.any() else text


def word(cell: object, missing: Collection[str] = ()) -> str | None:
    """A cell as text: no blanks around it, 3.0 as 3, true as True whoever spells it, and None where nothing is said."""
    if cell is None:
        return None
    text = _plain(cell)
    return SPELLED.get(text, text) if text and text not in missing else None


def _plain(cell: object) -> str:
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()


def _nearly_all(cells: pd.Series) -> bool:
    return bool(len(cells) and cells.mean() >= NEARLY_ALL)


def _are_names(column: pd.Series) -> bool:
    """Whether a column holds whole numbers that no float tells apart: they name something, and count nothing."""
    if pd.api.types.is_numeric_dtype(column):
        if not pd.api.types.is_integer_dtype(column) or not (column.abs() > EXACT).any():
            return False
        long = column[(column.abs() > EXACT).fillna(False)]
    else:
        long = column[(column.str.len() > 15) & column.str.fullmatch(r"[+-]?\d{16,}")]
    lost = [int(cell) != int(float(cell)) for cell in long]
    return sum(lost) > (1 - NEARLY_ALL) * int(column.notna().sum())


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
