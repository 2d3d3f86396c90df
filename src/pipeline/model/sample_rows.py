"""Rows made from the signature alone: to try a model on, and to show what a row looks like."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Column, Signature, rising
from pipeline.table import cells

ROWS = 48
STRANGER = "\x00 no such category"
SOME_DATE = "2024-01-31T00:00:00"


def rows(signature: Signature) -> Inputs:
    """Rows over the whole range of every column, the same ones each time; every seventh value is missing."""
    layout, random = Layout.of(signature), np.random.default_rng(0)
    numbers = np.column_stack([_spread(column, random) for column in layout.numbers] or [np.empty((ROWS, 0))])
    dates = np.column_stack([_dates(column, random) for column in layout.dates] or [np.empty((ROWS, 0), "M8[us]")])
    words = np.empty((ROWS, len(layout.words)), dtype=object)
    for i, column in enumerate(layout.words):
        known = [*(column.categories or ("some words", "other words")), STRANGER]
        words[:, i] = random.choice(np.array(known, dtype=object), ROWS)
    for block, gap in ((numbers, np.nan), (dates, np.datetime64("NaT")), (words, None)):
        block[random.random(block.shape) < 1 / 7] = gap
    return Inputs(numbers, dates, words)


def each(inputs: Inputs, most: int = 8) -> Iterator[Inputs]:
    """The first rows, one by one."""
    for i in range(min(most, len(inputs))):
        yield inputs[i : i + 1]


def example(column: Column) -> Any:
    """A value of a column as JSON says it: the typical one, or the middle of its range, or the first."""
    if column.typical is not None:
        return column.typical
    if column.kind == "numeric":
        low, high = _range(column)
        middle = (low + high) / 2
        return middle // 1 if low == low // 1 and high == high // 1 else round(middle, 6)
    if column.kind == "date":
        return str(column.minimum or SOME_DATE)
    if column.kind == "categorical":
        return column.categories[0] if column.categories else None
    return "some words"


def as_sent(column: Column) -> Column:
    """A column whose facts are of cells as they come from outside, before its rule is applied."""
    if column.clean is None:
        return column

    def back(value: Any) -> Any:
        return cells.as_sent(value, column.clean)

    edges = back(column.minimum), back(column.maximum)
    low, high = edges if (column.clean.times or 1) > 0 else edges[::-1]
    facts = {"minimum": low, "maximum": high, "typical": back(column.typical)}
    if column.categories is not None:
        facts["categories"] = tuple(map(back, column.categories))
    if column.deciles is not None and column.kind == "numeric":
        facts["deciles"] = rising([back(value) for value in column.deciles])
    return column.model_copy(update=facts)


def _range(column: Column) -> tuple[float, float]:
    return float(column.minimum or 0.0), float(column.maximum or 0.0)


def _spread(column: Column, random: np.random.Generator) -> np.ndarray:
    low, high = _range(column)
    whole = low.is_integer() and high.is_integer()
    values = random.uniform(low, high, ROWS)
    values[:2] = low, high
    return np.round(values) if whole else values


def _dates(column: Column, random: np.random.Generator) -> np.ndarray:
    low, high = (
        np.datetime64(str(edge or SOME_DATE), "us").astype(np.int64) for edge in (column.minimum, column.maximum)
    )
    return random.integers(low, high + 1, ROWS).astype("M8[us]")
