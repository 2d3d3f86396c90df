"""What looks odd in a table, said or refused with the line of params.yaml that settles it."""

import re
from collections.abc import Iterator

import pandas as pd

from pipeline.errors import DataError
from pipeline.params import Data
from pipeline.table import columns, dates

UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?|__index_level_\d+__")
FEW = 0.01  # of a column's cells, up to which odd ones are said and not refused
MONEY = r"[$€£¥]|EUR|USD|GBP|CHF"
GROUPED = r"[1-9]\d{0,2}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?|(?:['’ \u00a0\u202f]\d{3})+(?:[.,]\d+)?)"
LIKE_A_NUMBER = rf"(?:{MONEY})?\s*[+-]?(?:{MONEY})?\s*(?:{GROUPED}|\d+(?:[.,]\d+)?)\s*(?:%|{MONEY})?"


def unnamed(frame: pd.DataFrame, data: Data) -> list[str]:
    """The columns without a name, as of the row numbers that pandas writes; those that params.yaml names stay."""
    named = {data.target, data.id, *data.drop, *data.kinds, *data.dates}
    return [name for name in map(str, frame.columns) if UNNAMED.fullmatch(name) and name not in named]


def counters(frame: pd.DataFrame, data: Data) -> list[str]:
    """The columns that count the rows, from 0 or from 1."""
    found = []
    for name in frame.columns.difference([data.target, *data.left_out], sort=False):
        ends = pd.to_numeric(frame[name].iloc[[0, -1]], errors="coerce").tolist()
        if len(frame) > 2 and ends[0] in (0, 1) and ends[1] == ends[0] + len(frame) - 1:
            numbers = pd.to_numeric(frame[name], errors="coerce")
            found += [str(name)] if (numbers.diff().iloc[1:] == 1).all() else []
    return found


def look(raw: pd.DataFrame, data: Data) -> Iterator[str]:
    """What is worth a word in cells as they were read: (rows, features + target).

    Raises:
        DataError: a column holds numbers in a form that nobody would read as such.
    """
    for name in map(str, raw.columns):
        stated = data.kinds.get(name)
        if not isinstance(raw[name].dtype, pd.StringDtype) or stated not in (None, "numeric") or name in data.dates:
            continue
        text = columns.as_text(raw[name], data.missing)
        yield from _numbers(text.dropna(), name, data)
        if name == data.target:
            yield from labels(raw[name], data)


def _numbers(text: pd.Series, name: str, data: Data) -> Iterator[str]:
    plain = columns.parse(text, "numeric")[1]
    others = text[plain]
    like = others[others.str.fullmatch(LIKE_A_NUMBER)]
    if len(like) and len(others) - len(like) <= (1 - columns.NEARLY_ALL) * len(text):
        key = "data.task: multiclass" if name == data.target else f"data.kinds: {{{name}: categorical}}"
        said = (
            f"column {name!r}, row {int(like.index[0]) + 1}: {like.iloc[0][:40]!r} is like a number, and is not "
            f"read as one ({len(like):,} such cells); write it as 1234.5 in the table"
        )
        if len(like) > FEW * len(text):
            raise DataError(f"{said}, or say that they are words: {key}")
        yield said
    elif dates.looks_like(text):
        yield f"column {name!r}: {text.iloc[0][:40]!r} looks like a date; data.kinds: {{{name}: date}} reads it as one"
    elif not plain.all() and (codes := text.str.fullmatch(r"0\d+")).mean() > FEW and name != data.target:
        example = text[codes].iloc[0][:40]
        yield f"column {name!r}: {example!r} is read as a number; is it a code? data.kinds: {{{name}: categorical}}"


def labels(target: pd.Series, data: Data) -> Iterator[str]:
    """What to say of labels that say nothing: (rows,) of text, as it was read."""
    text = target.str.strip()
    for word in text[text.isin(data.missing)].unique():
        rest = ", ".join(f'"{each}"' for each in data.missing if each != word)
        said = f"{int((text == word).sum()):,} cells say {word!r}, which is no label"
        yield f"column {target.name!r}: {said}; is it a class? data.missing: [{rest}]"
