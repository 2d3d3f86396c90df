"""Rows by the kind of their columns, as arrays: what the model reads, without a table around it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.model.signature import Column, Signature


@dataclass(frozen=True)
class Layout:
    """Which of the model's columns are numbers, dates and words; each in the signature's order."""

    numbers: tuple[Column, ...]
    dates: tuple[Column, ...]
    words: tuple[Column, ...]
    """Categories and texts."""

    @classmethod
    def of(cls, signature: Signature) -> "Layout":
        """Sort the columns that the model reads by their kinds."""

        def those(*kinds: str) -> tuple[Column, ...]:
            return tuple(column for column in signature.features if column.kind in kinds)

        return cls(those("numeric"), those("date"), those("categorical", "text"))


@dataclass(frozen=True)
class Inputs:
    """Checked values of rows, to the right of each other what Layout says."""

    numbers: np.ndarray
    """(rows, numbers) of float64, missing as nan."""
    dates: np.ndarray
    """(rows, dates) of datetime64[us] in UTC, missing as NaT."""
    words: np.ndarray
    """(rows, words) of text as `word` writes it, missing as None."""

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.numbers)

    def __getitem__(self, rows: slice) -> "Inputs":
        """Some of the rows."""
        return Inputs(self.numbers[rows], self.dates[rows], self.words[rows])

    def frame(self, layout: Layout) -> pd.DataFrame:
        """The same as a table that Signature.conform leaves as it is."""
        columns = {c.name: self.numbers[:, i] for i, c in enumerate(layout.numbers)}
        columns |= {c.name: self.dates[:, i] for i, c in enumerate(layout.dates)}
        columns |= {c.name: self.words[:, i] for i, c in enumerate(layout.words)}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self)))

    @classmethod
    def of(cls, frame: pd.DataFrame, layout: Layout) -> "Inputs":
        """Take them from a table in the form of Signature.conform."""
        groups = (layout.numbers, layout.dates, layout.words)
        numbers, dates, words = ([column.name for column in group] for group in groups)
        said = frame[words].to_numpy(dtype=object, copy=True).reshape(len(frame), len(words))
        blank = frame[words].isna().to_numpy(dtype=bool).reshape(said.shape) | (said == "").astype(bool)
        said[blank] = None
        return cls(
            frame[numbers].to_numpy(dtype=np.float64).reshape(len(frame), len(numbers)),
            frame[dates].to_numpy(dtype="datetime64[us]").reshape(len(frame), len(dates)),
            said,
        )

    @classmethod
    def join(cls, parts: "Sequence[Inputs]") -> "Inputs":
        """Put rows below each other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([part.numbers for part in parts]),
            np.concatenate([part.dates for part in parts]),
            np.concatenate([part.words for part in parts]),
        )
