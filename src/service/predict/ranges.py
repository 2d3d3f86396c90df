"""Which inputs are missing, and which lie outside of what the training rows held."""

import numpy as np

from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import MOST_CATEGORIES, Column


class Ranges:
    """The facts of the training rows, as arrays."""

    def __init__(self, layout: Layout) -> None:
        self.columns = (*layout.numbers, *layout.dates, *layout.words)
        self._low, self._high = _edges(layout.numbers, -np.inf), _edges(layout.numbers, np.inf)
        self._from, self._to = _days(layout.dates, "minimum"), _days(layout.dates, "maximum")
        self._known = [_known(column) for column in layout.words]

    def look(self, inputs: Inputs) -> tuple[np.ndarray, np.ndarray] | None:
        """Count, column by column.

        Returns:
            (columns,) of rows without a value, and (columns,) of rows whose value is out of range; numbers first,
            then dates, then words. None where there is neither.
        """
        numbers, dates = inputs.numbers, inputs.dates
        others = inputs.words.size or dates.size
        if not others and ((numbers >= self._low) & (numbers <= self._high)).all():  # no gap is either
            return None
        absent, strange = np.isnan(numbers), (numbers < self._low) | (numbers > self._high)
        if not others:
            return absent.sum(axis=0), strange.sum(axis=0)
        early_or_late = (dates < self._from) | (dates > self._to)
        said = [[word for word in column if word is not None] for column in inputs.words.T.tolist()]
        unheard = [
            sum(word not in known for word in words) if known else 0
            for words, known in zip(said, self._known, strict=True)
        ]
        gaps = [len(inputs) - len(words) for words in said]
        return (
            np.array([*absent.sum(axis=0), *np.isnat(dates).sum(axis=0), *gaps], dtype=int),
            np.array([*strange.sum(axis=0), *early_or_late.sum(axis=0), *unheard], dtype=int),
        )


def _edges(columns: tuple[Column, ...], otherwise: float) -> np.ndarray:
    said = [column.minimum if otherwise < 0 else column.maximum for column in columns]
    return np.array([otherwise if edge is None else float(edge) for edge in said])


def _days(columns: tuple[Column, ...], edge: str) -> np.ndarray:
    said = [getattr(column, edge) for column in columns]
    return np.array([np.datetime64("NaT") if day is None else np.datetime64(str(day)) for day in said], dtype="M8[us]")


def _known(column: Column) -> frozenset[str] | None:
    """The categories, where the signature has them all."""
    if column.kind != "categorical" or column.categories is None or len(column.categories) >= MOST_CATEGORIES:
        return None
    return frozenset(column.categories)
