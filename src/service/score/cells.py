"""Columns of files as the model reads them: by the same rules as Signature.read, each different cell once."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.model.signature import Column, Signature
from pipeline.table import columns

MISSING: Mapping[str, Any] = {
    "numeric": np.nan,
    "date": np.datetime64("NaT", "us"),
    "categorical": np.nan,
    "text": "",
}
HUGE = 2.0**63


class Cells:
    """Reads the model's columns."""

    def __init__(self, signature: Signature) -> None:
        self._columns, self._missing = signature.features, signature.missing
        self._blanks = pa.array(sorted(columns.as_words(signature.missing)))
        self._alone = {c.name: signature.model_copy(update={"columns": (c,)}) for c in signature.features}

    def read(self, table: pa.Table) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Read some rows.

        Returns:
            By column (rows,) of float64, datetime64[us] or objects, as Signature.read has them; and by column, where
            there are any, the places of cells that are not of its kind, which count as missing.
        """
        values, unreadable = {}, {}
        for column in self._columns:
            values[column.name], strange = self._read(table.column(column.name).combine_chunks(), column)
            if strange.size:
                unreadable[column.name] = strange
        return values, unreadable

    def _read(self, cells: pa.Array, column: Column) -> tuple[np.ndarray, np.ndarray]:
        if column.kind == "numeric" and not column.clean:
            numbers = self._numbers(cells)
            if numbers is not None:
                if (blank := columns.are_numbers(numbers, self._missing)) is not None:
                    numbers = np.where(blank, np.nan, numbers)
                infinite = np.isinf(numbers)
                if infinite.any():
                    return np.where(infinite, np.nan, numbers), np.flatnonzero(infinite)
                return numbers, np.empty(0, dtype=int)
        return self._words(cells, column)

    def _numbers(self, cells: pa.Array) -> np.ndarray | None:
        """Cells as float64 where they are plainly numbers; None where it takes a closer look."""
        if pa.types.is_boolean(cells.type):
            cells = cells.cast(pa.uint8())
        if pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type):
            return _floats(cells)
        if not pa.types.is_string(cells.type) and not pa.types.is_large_string(cells.type):
            return None
        numbers = _plain_numbers(cells)
        return _plain_numbers(self._without_blanks(cells)) if numbers is None else numbers

    def _words(self, cells: pa.Array, column: Column) -> tuple[np.ndarray, np.ndarray]:
        if pa.types.is_float16(cells.type):
            cells = cells.cast(pa.float32())
        if pa.types.is_null(cells.type):
            cells = cells.cast(pa.string())
        coded = cells.dictionary_encode()
        alone = self._alone[column.name]
        cleaned = alone.cleaned(pd.DataFrame({column.name: coded.dictionary.to_pandas()}))
        words, read = cleaned[column.name], alone.conform(cleaned)[column.name]
        missing = MISSING[column.kind]
        meanings = np.append(read.to_numpy(), np.array([missing], dtype=read.dtype))
        codes = coded.indices.fill_null(len(words)).to_numpy()
        if column.kind not in ("numeric", "date") or not len(words):
            return meanings[codes], np.empty(0, dtype=int)
        wrong = columns.parse(words, column.kind, missing=self._missing, date=column.date)[1]
        strange = wrong.to_numpy(dtype=bool)
        places = np.flatnonzero(np.append(strange, False)[codes]) if strange.any() else np.empty(0, dtype=int)
        return meanings[codes], places

    def _without_blanks(self, cells: pa.Array) -> pa.Array:
        blank = pc.is_in(cells, value_set=self._blanks.cast(cells.type))
        return pc.if_else(blank, pa.scalar(None, cells.type), cells)


def _floats(cells: pa.Array) -> np.ndarray:
    numbers: np.ndarray = cells.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _plain_numbers(cells: pa.Array) -> np.ndarray | None:
    """Text as float64, if Arrow reads all of it as pandas does, which it does ten times as fast."""
    try:
        numbers = _floats(cells)
    except pa.ArrowInvalid:
        return None
    # these it reads in other ways: -0, nan, 1e400, whole numbers without end
    odd = (numbers == 0) & np.signbit(numbers) | ~(np.abs(numbers) < HUGE) & cells.is_valid().to_numpy(False)
    return None if odd.any() else numbers
