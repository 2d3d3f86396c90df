"""Parts that a column cuts rows into: above a number, at a value, with a word, on a weekday."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from mainline.report.compare import Array
from mainline.report.text import cell, number, short

CUTS = 16  # of a number, a date or a length
VALUES = 30  # of a category, the most frequent
WORDS = 100  # of a text, the most frequent
FEWEST = 5  # rows that a part has, and leaves

Part = tuple[str, Array]
"""What is true of the rows of a part, to follow the column's name; and which they are, (n,) of bool."""


def parts(values: "pd.Series[Any]", kind: str) -> list[Part]:
    """All parts of a column that are worth a look, of a column of this kind (numeric, date, text or categorical)."""
    cut = {"numeric": _numbers, "date": _dates, "text": _texts}.get(kind, _values)
    missing = values.isna().to_numpy()
    found = [*cut(values), ("is missing", missing)]
    return [(words, part) for words, part in found if FEWEST <= int(part.sum()) <= len(part) - FEWEST]


def _numbers(values: "pd.Series[Any]") -> Iterator[Part]:
    numbers = pd.to_numeric(values, errors="coerce").astype(float)
    if 0 < numbers.nunique() <= CUTS:
        yield from _values(numbers)
    yield from _ranges(numbers, lambda value: number(float(value)))


def _dates(values: "pd.Series[Any]") -> Iterator[Part]:
    dates = pd.to_datetime(values, errors="coerce")
    yield from _ranges(dates, lambda value: f"{value:%Y-%m-%d}")
    for word, named in (("is a", dates.dt.day_name()), ("is in", dates.dt.month_name())):
        for name in sorted(named.dropna().unique()):
            yield f"{word} {name}", (named == name).to_numpy(bool)


def _texts(values: "pd.Series[Any]") -> Iterator[Part]:
    texts = values.fillna("").astype(str)
    said = texts.str.lower().map(lambda text: frozenset(re.findall(r"\w{2,}", text)))
    counts = said.explode().value_counts().sort_index().sort_values(ascending=False, kind="stable")
    for word in counts.index[:WORDS]:
        yield f"holds the word {short(word, 30)!r}", np.array([word in words for words in said], bool)
    yield from _ranges(texts.str.len().astype(float), lambda value: f"{value:.0f} characters")


def _values(values: "pd.Series[Any]") -> Iterator[Part]:
    counts = values.value_counts().sort_index(key=lambda index: index.map(str))
    for value in counts.sort_values(ascending=False, kind="stable").index[:VALUES]:
        yield f"is {short(cell(value), 30)}", (values == value).to_numpy(bool, na_value=False)


def _ranges(values: "pd.Series[Any]", said: Any) -> Iterator[Part]:
    """Above each of some quantiles, and between each and the next but one."""
    known = values.dropna()
    if known.nunique() < 2:
        return
    at = np.unique(known.quantile(np.linspace(0, 1, CUTS + 1)[1:-1], interpolation="lower"))
    edges = [pd.Timestamp(each) if isinstance(each, np.datetime64) else each for each in at]
    for edge in edges:
        yield f"is above {said(edge)}", (values > edge).to_numpy(bool, na_value=False)
    for low, high in pairwise(edges[::2]):
        yield f"is above {said(low)}, up to {said(high)}", ((values > low) & (values <= high)).to_numpy(bool)
