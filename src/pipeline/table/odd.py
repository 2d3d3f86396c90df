"""Cells that are not read as they seem to be meant, said or refused with the lines of params.yaml that settle it.

What they say once they are read is looked at in hints.py.
"""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.errors import DataError
from pipeline.sections import Data
from pipeline.table import columns, wording
from pipeline.table import text as words
from pipeline.table.wording import Odd

UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?|__index_level_\d+__")
REFUSED = ("numbers", "words among numbers")
FEW = words.FEW  # of a column's cells, up to which odd ones are said and not refused
MOST = 10_000  # cells that tell how numbers are written


def unnamed(frame: pd.DataFrame, data: Data) -> list[str]:
    """The columns without a name, as of the row numbers that pandas writes; those that params.yaml names stay."""
    named = {data.target, data.id, *data.drop, *data.kinds, *data.dates, *data.private}
    return [name for name in map(str, frame.columns) if UNNAMED.fullmatch(name) and name not in named]


def counters(frame: pd.DataFrame, data: Data) -> list[str]:
    """The columns that count the rows, from 0 or from 1."""
    found = []
    for name in frame.columns.difference([data.target, *data.left_out], sort=False):
        ends = _numbers(frame[name].iloc[[0, -1]]).tolist()
        if len(frame) > 2 and ends[0] in (0, 1) and ends[1] == ends[0] + len(frame) - 1:
            found += [str(name)] if (np.diff(_numbers(frame[name])) == 1).all() else []
    return found


def _numbers(cells: pd.Series) -> np.ndarray:
    """Cells as numbers, (rows,) of float64; nan where there is none, as in a gap of whatever type."""
    numbers: np.ndarray = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return numbers


def look(raw: pd.DataFrame, data: Data) -> Iterator[str]:
    """What is worth a word in cells as they were read: (rows, features + target).

    Raises:
        DataError: columns hold numbers in a form that nobody would read as such, or words for nothing among them.
    """
    seen = found(raw, data)
    if refused := [odd for what in REFUSED for odd in seen.pop(what, ())]:
        raise DataError(wording.refusal(refused, data.target))
    for what, several in seen.items():
        yield wording.OF[what](several)
    if data.target in raw and isinstance(raw[data.target].dtype, pd.StringDtype):
        yield from labels(raw[data.target], data)


def found(raw: pd.DataFrame, data: Data) -> dict[str, list[Odd]]:
    """What is odd in cells as they were read, of columns whose kind is not settled: by what it is."""
    seen: dict[str, list[Odd]] = {}
    for name in map(str, raw.columns):
        stated = data.kinds.get(name)
        if isinstance(raw[name].dtype, pd.StringDtype) and stated in (None, "numeric") and name not in data.dates:
            for what, odd in _of(columns.as_text(raw[name], data.missing).dropna(), name, data):
                seen.setdefault(what, []).append(odd)
    return seen


def _of(text: pd.Series, name: str, data: Data) -> Iterator[tuple[str, Odd]]:
    """What is odd in a column: (rows,) of text, none missing."""
    plain = columns.parse(text, "numeric")[1]
    others, most = text[plain], (1 - columns.NEARLY_ALL) * len(text)
    nothing = others[others.str.fullmatch(words.NO_NUMBER)] if name != data.target else others[:0]
    rest = others.drop(nothing.index)
    like = rest[rest.str.fullmatch(words.LIKE_A_NUMBER)]
    if len(like) and len(rest) - len(like) <= most:
        said = words.rule_of([*like[:MOST], *text[~plain][:MOST]]) + _missing(nothing)
        yield "numbers" if len(like) > FEW * len(text) else "a few numbers", _odd(like, name, said)
    elif len(nothing) and len(rest) <= most and len(rest) + len(nothing) < len(text):
        what = "words among numbers" if len(others) > most else "a few words"
        yield what, _odd(nothing, name, _missing(nothing))
    elif 0 < len(others) < 0.5 * len(text) and len(others) > most and name != data.target:
        yield "mixed", _odd(others, name)
    elif not plain.all() and name != data.target:
        yield from _codes(text[~plain], name)


def _codes(numbers: pd.Series, name: str) -> Iterator[tuple[str, Odd]]:
    """Numbers that may be no numbers, or others."""
    for pattern in (r"0\d+", words.CODE):
        if (codes := numbers.str.fullmatch(pattern)).mean() > FEW and not numbers.str.contains(".", regex=False).any():
            yield "codes", _odd(numbers[codes], name)
            return
    dotted = numbers[numbers.str.contains(".", regex=False)]
    if not 0 < len(dotted) < len(numbers) or not dotted.str.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}").all():
        return
    if numbers.drop(dotted.index).str.fullmatch(r"[+-]?\d{1,3}").all():
        yield "thousands", _odd(dotted, name, (("decimal", ","), ("thousands", ".")))


def _odd(cells: pd.Series, name: str, rule: wording.Rule = ()) -> Odd:
    return Odd(name, int(cells.index[0]) + 1, cells.iloc[0][:40], len(cells), rule)


def _missing(cells: pd.Series) -> wording.Rule:
    return (("missing", tuple(cells.unique())),) if len(cells) else ()


def labels(target: pd.Series, data: Data) -> Iterator[str]:
    """What to say of labels that say nothing: (rows,) of text, as it was read."""
    text = target.str.strip()
    for word in text[text.isin(data.missing)].unique():
        rest = ", ".join(f'"{each}"' for each in data.missing if each != word)
        said = f"{int((text == word).sum()):,} cells say {word!r}, which is no label"
        yield f"column {target.name!r}: {said}; is it a class? data.missing: [{rest}]"
