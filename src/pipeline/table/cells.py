"""Cells in one form: what params.yaml's clean says of a column, done to each of its cells by itself.

In this order: no blanks around it and NFC (as columns.word has every cell), words for missing, case, replace, the marks
of numbers that are written as text, times. A cell that came as a number stays one, unless it is replaced.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from pipeline.errors import ParamsError, nearest
from pipeline.sections import CellRule, Clean, Data
from pipeline.table import columns, dates, tables

BLANKS = (" ", "\u00a0", "\u202f")
NUMBERS = (int, float, np.number, Decimal)
CODE = re.compile(r"[+-]?0\d")  # names something, as 007 does: no number that another may be the same as
NOT_READ = "'"
"""Stands before a number in other marks than those stated, as spreadsheets have it: it is text, and never a number."""


class Cell:
    """A rule, made ready for single cells."""

    def __init__(self, rule: CellRule) -> None:
        self._missing, self._numbers = columns.as_words(rule.missing), frozenset(columns.as_numbers(rule.missing))
        self._case = {"lower": str.lower, "upper": str.upper, None: None}[rule.case]
        self._replace = {self._cased(key): columns.word(said) or "" for key, said in rule.replace.items()}
        self._marks = _Marks(rule) if rule.decimal or rule.thousands or rule.unit else None
        self._times = rule.times

    def __call__(self, cell: object) -> object:
        """What a cell says from here on: text, the number that it is, or None where it says nothing."""
        text = columns.word(cell)
        if text is None or text in self._missing or (not isinstance(cell, str) and pd.isna(cell)):
            return None
        if self._numbers and self._is_missing(text):
            return None
        number = isinstance(cell, NUMBERS) and not isinstance(cell, bool)
        if self._case and self._case(text) != text:
            cell = text = self._case(text)
        if text in self._replace:
            cell = text = self._replace[text]
            number = False
        if self._marks and not number:
            text = self._marks.plain(text)
        if self._times is not None and columns.NUMBER.fullmatch(text):
            return _scaled(float(cell) if isinstance(cell, (float, np.floating)) else float(text), self._times)
        return cell if number else text or None

    def _cased(self, text: str) -> str:
        said = columns.word(text) or ""
        return self._case(said) if self._case else said

    def _is_missing(self, text: str) -> bool:
        return bool(columns.NUMBER.fullmatch(text)) and not CODE.match(text) and float(text) in self._numbers


class _Marks:
    """Numbers in text, with the marks of params.yaml."""

    def __init__(self, rule: CellRule) -> None:
        self._decimal, thousands = rule.decimal or ".", rule.thousands
        self._groups = BLANKS if thousands in BLANKS else (thousands,) if thousands else ()
        between = f"|[0-9]{{1,3}}([{re.escape(''.join(self._groups))}][0-9]{{3}})+" if thousands else ""
        fraction = re.escape(self._decimal)
        number = rf"([0-9]+{between})({fraction}[0-9]*)?|{fraction}[0-9]+"
        unit = rf"({re.escape(rule.unit)})?" if rule.unit else ""
        before = rf"({re.escape(rule.unit)}\s*)?" if rule.unit else ""  # blanks once, or many take their square in time
        self._form = re.compile(
            rf"(?P<open>\()?(?P<sign>[+−-]?)\s*{before}(?P<also>[+−-]?)(?P<number>({number})([eE][+-]?[0-9]+)?)\s*{unit}"
            r"(?P<close>\))?"
        )

    def plain(self, text: str) -> str:
        """A number as 1234.5, any other text as it is; what only other marks make a number is none."""
        found = self._form.fullmatch(text)
        signs = found and [sign for sign in (found["open"], found["sign"], found["also"]) if sign]
        if found and len(signs or ()) < 2 and bool(found["open"]) == bool(found["close"]):
            text = found["number"]
            for mark in self._groups:
                text = text.replace(mark, "")
            negative = signs and signs[0] != "+"  # a minus of its own, too, or an accountant's parentheses
            return ("-" if negative else "") + text.replace(self._decimal, ".")
        return NOT_READ + text if columns.NUMBER.fullmatch(text) else text


def cells(values: pd.Series, rule: CellRule) -> pd.Series:
    """Cells as a rule has them, each by itself: whatever the others say, and whatever type their column is of.

    Args:
        values: (rows,), as they came.

    Returns:
        (rows,): numbers where all that is said is numbers that came as such or were multiplied, dates where they came
        as dates, text otherwise; missing where nothing is said.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _moments(values, rule)
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        return _numbers(values, rule)
    if not isinstance(values.dtype, pd.StringDtype):
        return _typed(values, list(map(Cell(rule), values.astype("object"))))
    if rule == CellRule.model_construct(missing=rule.missing) and not columns.as_numbers(rule.missing):
        return columns.as_text(values, rule.missing)
    codes, distinct = pd.factorize(values)
    said = np.empty(len(distinct) + 1, dtype=object)
    said[:-1], said[-1] = list(map(Cell(rule), distinct.astype("object"))), None
    return _typed(values, said[codes])


def _typed(values: pd.Series, said: Sequence[object] | np.ndarray) -> pd.Series:
    cleaned = pd.Series(said, index=values.index, name=values.name, dtype="object")
    kinds = set(map(type, said)) - {type(None)}
    if float in kinds and kinds <= {float, int} and all(abs(n) < columns.EXACT for n in said if type(n) is int):
        return cleaned.astype("float64")
    if kinds == {int} and cleaned.abs().max() < np.iinfo(np.int64).max:
        return tables.plain(cleaned.astype("Int64"))
    return columns.as_text(cleaned)


def _numbers(values: pd.Series, rule: CellRule) -> pd.Series:
    """Cells that came as numbers."""
    keys = [float(key) for key in rule.replace if columns.NUMBER.fullmatch(key.strip())]
    if rule.case == "upper" or (keys and values.isin(keys).any()):
        return _typed(values, list(map(Cell(rule), values.astype("object"))))
    blank = columns.are_numbers(values, rule.missing)
    if blank is not None and blank.any():
        nullable = {"i": "Int64", "u": "UInt64", "f": "float64"}[values.dtype.kind]
        values = tables.plain(values.astype(nullable).mask(blank))
    if rule.times is None:
        return values
    scaled = _scaled(values.to_numpy(dtype=np.float64, na_value=np.nan), rule.times)
    return pd.Series(scaled, index=values.index, name=values.name)


def _moments(values: pd.Series, rule: CellRule) -> pd.Series:
    """Cells that came as dates: words of the rule that are ISO dates mean them."""
    values = dates.naive(values).mask(dates.among(values, rule.missing))
    for key, said in rule.replace.items():
        values = values.mask(dates.among(values, [key]), dates.read(pd.Series([said], dtype="str"))[0][0])
    return values


def _scaled(number: Any, times: float) -> Any:
    return number * times + 0.0  # -0.0 is 0.0 under another name


def as_sent(value: Any, rule: CellRule | None) -> Any:
    """A cleaned value as it may have come: one that the rule makes it; itself where none is known."""
    if rule is None or value is None:
        return value
    if rule.times is not None and isinstance(value, (int, float)):
        return float(f"{value / rule.times:.12g}")
    clean = Cell(rule)
    if columns.word(clean(value)) == columns.word(value):
        return value
    return next((key for key in rule.replace if clean(key) == value), value)


def rules_of(clean: Clean, data: Data, names: Sequence[str]) -> dict[str, CellRule]:
    """The rule of each column that has one: all that is said of it, in the order of params.yaml, and data.missing.

    Args:
        names: the table's columns, the target among them.

    Raises:
        ParamsError: a rule is for no column, or two say the same of one.
    """
    said: dict[str, dict[str, CellRule]] = {}
    for pattern, rule in clean.columns.items():
        for name in matching(pattern, names, data.left_out):
            said.setdefault(name, {})[pattern] = rule
    merged = {name: _merged(name, of) for name, of in said.items()}
    if data.target in merged and merged[data.target].times is not None:
        raise ParamsError(
            f"clean.columns: times is for {data.target!r}, the target, whose labels and answers would be of two units;"
            " take it out, or name the columns that it is for"
        )
    return {name: with_missing(rule, data) for name, rule in merged.items()}


def with_missing(rule: CellRule, data: Data) -> CellRule:
    """A rule that knows the table's words for nothing, too: they are asked for before anything is replaced."""
    return rule.model_copy(update={"missing": tuple(dict.fromkeys([*data.missing, *rule.missing]))})


def matching(pattern: str, names: Sequence[str], dropped: Sequence[str] = ()) -> list[str]:
    """The columns that a rule is for: the one of that name, else those that the pattern matches whole."""
    if pattern in names:
        return [pattern]
    where = f"clean.columns.{pattern}"
    try:
        found = [name for name in names if re.fullmatch(pattern, name)]
        gone = [name for name in dropped if name == pattern or re.fullmatch(pattern, name)]
    except re.error as error:
        raise ParamsError(f"{where}: is no column and no pattern ({error})") from None
    if not found and gone:
        raise ParamsError(f"{where}: the column {gone[0]!r} is dropped by data.drop or data.id; take the rule out")
    if not found:
        raise ParamsError(f"{where}: no column is named so{nearest(pattern, names)}")
    return found


def _merged(name: str, rules: Mapping[str, CellRule]) -> CellRule:
    """Several rules as one."""
    whole: dict[str, object] = {}
    who: dict[str, str] = {}
    missing: list[str] = []
    replace: dict[str, str] = {}
    for pattern, rule in rules.items():
        missing += rule.missing
        told = {f"replace {key!r}" for key in rule.replace} | (rule.model_fields_set - {"missing", "replace"})
        for what in sorted(told):
            if what in who:
                raise ParamsError(
                    f"clean.columns: {who[what]!r} and {pattern!r} both say {what} of {name!r}; take it out of one"
                )
            who[what] = pattern
        replace |= rule.replace
        whole |= rule.model_dump(exclude_unset=True, exclude={"missing", "replace"})
    try:
        return CellRule.model_validate(whole | {"missing": missing, "replace": replace})
    except ValueError:
        of = " and ".join(map(repr, rules))
        raise ParamsError(f"clean.columns: {of} give {name!r} one mark for decimal and thousands") from None
