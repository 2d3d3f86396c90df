"""What a cell means, at every door: text becomes numbers and dates where it is that, and each column gets its kind."""

import functools
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import ParamsError, nearest
from pipeline.sections import MISSING, Kind
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
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MANY_MARKS = 64  # behind one letter, from which on putting them in order takes longer than it should
MARKS_IN_DISGUISE = {ord(each): unicodedata.normalize("NFD", each) for each in "\u0344\u0f73\u0f75\u0f81"}


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
        moments = dates.naive(column)
        return moments.mask(dates.among(moments, missing)), moments.isna() & column.notna()
    if kind == "date" or date:
        return _dates(as_text(column, missing), missing, date)  # as text: 20240131 is a day, not so many nanoseconds
    if pd.api.types.is_numeric_dtype(column) and (kind == "numeric" or (kind is None and not _are_names(column))):
        return _numbers(column, missing)
    text = as_text(column, missing)
    if kind in ("categorical", "text", "ignored"):
        return text, pd.Series(False, index=column.index)
    present = text.notna()
    numbers, not_numbers = _numbers(text, missing)
    if kind == "numeric" or (_nearly_all(~not_numbers[present]) and not _are_names(text[present])):
        return numbers, not_numbers
    if are_dates(text[present]):
        return _dates(text, missing)
    return text, pd.Series(False, index=column.index)


def are_dates(text: pd.Series) -> bool:
    """Whether text, (rows,) without gaps, is read as dates though nothing says so: nearly all is ISO's."""
    return _nearly_all(text.str.fullmatch(dates.ISO))


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


def matching(pattern: str, names: Iterable[str], where: str) -> list[str]:
    """The columns that something in params.yaml is for: the one of that name, else those the pattern matches whole.

    Raises:
        ParamsError: there is none, with the nearest name.
    """
    names = list(names)
    if pattern in names:
        return [pattern]
    try:
        found = [name for name in names if re.fullmatch(pattern, name)]
    except re.error as error:
        raise ParamsError(f"{where}: {pattern!r} is no column and no pattern ({error})") from None
    if not found:
        raise ParamsError(f"{where}: no column is named {pattern!r}{nearest(pattern, names)}")
    return found


def as_text(column: pd.Series, missing: Collection[str] = (), *, composed: bool = True) -> pd.Series:
    """Cells as `word` writes them: text without blanks around it, missing where nothing is said.

    Args:
        composed: whether letters and their accents become one character (NFC).
    """
    if isinstance(column.dtype, pd.StringDtype):
        text = column.astype("str").str.strip()
        text = _composed(text) if composed else text
    else:
        cells = zip(column.astype("object"), column.notna(), strict=True)
        words = [_plain(cell) if present else None for cell, present in cells]
        text = pd.Series(words, index=column.index, name=column.name, dtype="str")
    spelled = text.isin(SPELLED.keys())
    text = text.mask(spelled, text.str.title()) if spelled.any() else text
    return text.mask(text.isin(as_words(missing)))


def word(cell: object, missing: Collection[str] = ()) -> str | None:
    """A cell as text: no blanks around it, in NFC, 3.0 as 3, true as True; None where it says nothing.

    Args:
        missing: words that say nothing, as `as_words` has them.
    """
    if cell is None:
        return None
    text = _plain(cell)
    text = SPELLED.get(text, text)
    return text if text and text not in missing else None


def as_words(missing: Collection[str]) -> frozenset[str]:
    """Words that say nothing as `word` writes them, and the empty one."""
    return _known(tuple(missing))[0]


def as_numbers(missing: Collection[str]) -> list[float]:
    """The numbers that words for nothing are: in a column of numbers they mean these, however a cell writes them."""
    return _known(tuple(missing))[1]


def are_numbers(cells: pd.Series | np.ndarray, missing: Collection[str]) -> np.ndarray | None:
    """Which numbers are among words for nothing: (rows,) of bool; None where no such word is a number."""
    numbers = as_numbers(missing)
    if not numbers:
        return None
    values = cells.to_numpy(dtype=np.float64, na_value=np.nan) if isinstance(cells, pd.Series) else cells
    return np.isin(values, numbers)


@functools.lru_cache
def _known(missing: tuple[str, ...]) -> tuple[frozenset[str], list[float]]:
    words = frozenset(SPELLED.get(text, text) for text in ("", *map(_plain, missing)))
    return words, sorted(float(text) for text in words if NUMBER.fullmatch(text))


def _plain(cell: object) -> str:
    text = str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell).strip()
    return text if text.isascii() else compose(text)


def compose(text: str) -> str:
    """Text in NFC, in a time that grows as its length does: Python's own grows as the square of a letter's marks."""
    if len(text) > MANY_MARKS:
        classes = bytes(map(unicodedata.combining, text))
        if re.search(rb"[^\0]{%d}" % MANY_MARKS, classes) or any(map(text.count, map(chr, MARKS_IN_DISGUISE))):
            text = _sorted_marks(text.translate(MARKS_IN_DISGUISE))
    return unicodedata.normalize("NFC", text)


def _sorted_marks(text: str) -> str:
    """The same text with the marks of each letter in the order of NFC, which is that of their classes."""
    classes = bytes(map(unicodedata.combining, text))
    parts, done = [], 0
    for run in re.finditer(rb"[^\0]{2,}", classes):
        parts += [text[done : run.start()], *sorted(text[run.start() : run.end()], key=unicodedata.combining)]
        done = run.end()
    return "".join([*parts, text[done:]])


def _composed(text: pd.Series) -> pd.Series:
    """Text in NFC. Python does it, at each door: libraries may know another Unicode."""
    plain = pc.string_is_ascii(pa.array(text, from_pandas=True)).to_numpy(zero_copy_only=False)
    others = np.flatnonzero(plain == False)  # noqa: E712 - a gap is neither
    if not len(others):
        return text
    cells = text.to_numpy(dtype=object, copy=True)
    cells[others] = list(map(compose, cells[others]))
    return pd.Series(cells, index=text.index, name=text.name, dtype="str")


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


def _dates(text: pd.Series, missing: Collection[str], form: str | None = None) -> tuple[pd.Series, pd.Series]:
    moments, wrong = dates.read(text, form)
    return moments.mask(dates.among(moments, missing)), wrong


def _numbers(column: pd.Series, missing: Collection[str] = ()) -> tuple[pd.Series, pd.Series]:
    if not pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(column, errors="coerce").fillna(column.str.lower().map(TRUTH))
        wrong = numbers.isna() & column.notna()
    else:
        numbers, wrong = column, pd.Series(False, index=column.index)
    infinite = np.isinf(numbers.astype("float64"))
    numbers = numbers.mask(infinite)
    if (blank := are_numbers(numbers, missing)) is not None and blank.any():
        numbers = numbers.mask(blank)
    whole = numbers.notna().all() and pd.api.types.is_signed_integer_dtype(numbers)
    return numbers.astype("int64" if whole else "float64"), wrong | infinite
