"""The model as a function of tables that were just read from a file: the quick way where there is one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline.errors import FAILURES, DataError, ModelError, brief, nearest
from pipeline.model import fast_path, predicting, sample_rows, saving
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Signature
from pipeline.table.tables import PREDICTION
from service.http.tables import SIMPLE
from service.predict.engine import Engine
from service.score.cells import Cells
from service.score.tables import Source

MOST_ROWS, FEWEST_ROWS = 32_768, 256  # at a time
CELLS, IN_CACHE = 2 * 1024**2, 256 * 1024  # at a time


class Scorer:
    """Answers for the rows of one source."""

    columns: list[str]
    """What it needs of the source."""
    schema: pa.Schema
    """What it answers, after the columns that are kept."""

    def __init__(self, folder: Path) -> None:
        """Load the model of a folder."""
        self._signature = Signature.load(folder / "signature.json")
        self._fitted = saving.load(folder / "model.skops", self._signature.trusted)
        self.wanted = [column.name for column in self._signature.features]
        self._labels = None if self._signature.classes is None else pa.array(self._fitted.classes_.tolist())
        chances = [] if self._labels is None else [f"p_{label}" for label in self._fitted.classes_]
        self.answers = [PREDICTION, *chances]
        # with dates and words the quick way is one for few rows: it looks at each cell by itself
        plain = all(column.kind == "numeric" for column in self._signature.features)
        self._quick = fast_path.of(self._fitted, self._signature) if plain else None
        width = self._width()
        self.rows, self._few = _fitting(CELLS, width), _fitting(IN_CACHE, width)

    def attach(self, path: Path, source: Source, kept: Sequence[str], *, strict: bool) -> None:
        """Make ready for a source.

        Raises:
            DataError: a column is missing, or is of a type that holds no values.
        """
        names = source.schema.names
        absent = [name for name in self.wanted if name not in names]
        if absent:
            more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
            raise DataError(f"{path}: column {absent[0]!r} is missing{nearest(absent[0], names)}{more}")
        for name in self.wanted:
            if not any(is_one(kind := source.schema.field(name).type) for is_one in SIMPLE):
                raise DataError(f"{path}: column {name!r} is of type {str(kind)[:60]}; send text, numbers or dates")
        self._path, self._kept, self._strict = path, list(kept), strict
        self._cells = Cells(self._signature)
        self.columns = list(dict.fromkeys([*self.wanted, *kept]))
        first = pa.float64() if self._labels is None else self._labels.type
        said = [(PREDICTION, first), *((name, pa.float64()) for name in self.answers[1:])]
        self.schema = pa.schema([*(pa.field(name, source.schema.field(name).type) for name in kept), *said])

    def answer(self, table: pa.Table, before: int) -> tuple[pa.Table, dict[str, int]]:
        """Answer for some rows.

        Args:
            before: how many rows of the source come before them.

        Returns:
            (rows, schema), and how many cells of which columns could not be read.

        Raises:
            DataError: some cannot, and that is not wanted.
            ModelError: the model fails on a row.
        """
        cells, unreadable = self._read(table, before)
        try:
            answers = self._predict(cells)
        except (*FAILURES, ModelError) as error:
            raise self._failed(cells, before, error) from None
        columns = [table.column(name) for name in self._kept]
        if self._labels is None:
            columns.append(pa.array(answers))
        else:
            columns.append(self._labels.take(pa.array(answers.argmax(axis=1))))
            columns += [pa.array(chances) for chances in np.ascontiguousarray(answers.T)]
        return pa.table(columns, schema=self.schema), unreadable

    def inputs(self, table: pa.Table, before: int) -> tuple[Inputs, dict[str, int]]:
        """Some rows as the service reads them; the rest as of answer."""
        cells, unreadable = self._read(table, before)
        return Inputs.of(_frame(cells), Layout.of(self._signature)), unreadable

    @property
    def estimator(self) -> str:
        """The import path of the model's type."""
        return self._signature.estimator

    def engine(self) -> Engine:
        """The model as the service asks it."""
        return Engine(self._fitted, self._signature)

    def sample(self) -> Inputs:
        """Rows to try it on."""
        return sample_rows.rows(self._signature)

    def failed_at(self, row: int, error: Exception) -> ModelError:
        """The failure on a row, counted from 0."""
        return ModelError(f"{self._path}, row {row + 1:,}: the model fails on it ({brief(error)})")

    def _read(self, table: pa.Table, before: int) -> tuple[dict[str, np.ndarray], dict[str, int]]:
        cells, unreadable = self._cells.read(table)
        if unreadable and self._strict:
            name, places = min(unreadable.items(), key=lambda each: int(each[1][0]))
            kind = {column.name: column.kind for column in self._signature.features}[name]
            must = "a number" if kind == "numeric" else "a date"
            raise DataError(f"{self._path}, row {before + int(places[0]) + 1:,}: column {name!r} must be {must}")
        return cells, {name: len(places) for name, places in unreadable.items()}

    def _predict(self, cells: dict[str, np.ndarray]) -> np.ndarray:
        if self._quick is None:
            return predicting.answer(self._fitted, self._signature, _frame(cells))
        count = len(next(iter(cells.values())))
        starts = range(0, max(1, count - self._few + 1), self._few)
        columns = list(cells.values())
        parts = [
            self._quick.predict(_inputs([column[start:stop] for column in columns]))
            for start, stop in zip(starts, [*starts[1:], count], strict=True)
        ]
        answers = np.concatenate(parts)
        if not np.isfinite(answers).all():
            raise ModelError("the model answers with numbers that are none (nan, inf)")
        return answers

    def _failed(self, cells: dict[str, np.ndarray], before: int, error: Exception) -> ModelError:
        """The failure, with the first row on which the model fails."""
        start, stop = 0, len(next(iter(cells.values())))
        while stop - start > 1:
            middle = (start + stop) // 2
            try:
                self._predict({name: values[start:middle] for name, values in cells.items()})
            except (*FAILURES, ModelError) as narrower:
                stop, error = middle, narrower
            else:
                start = middle
        return self.failed_at(before + start, error)

    def _width(self) -> int:
        """The most numbers that a row becomes on its way."""
        columns = self._fitted[0]
        made = 0 if getattr(columns, "sparse_output_", False) else getattr(self._fitted[-1], "n_features_in_", 0)
        return max(1, len(self.wanted), len(self.answers), made)


def _frame(cells: dict[str, np.ndarray]) -> pd.DataFrame:
    # as they are: pandas would look at each object once more
    return pd.DataFrame({name: pd.Series(values, dtype=values.dtype) for name, values in cells.items()})


def _inputs(columns: list[np.ndarray]) -> Inputs:
    numbers = np.empty((len(columns[0]), len(columns)), order="F")
    for place, values in enumerate(columns):
        numbers[:, place] = values
    none = np.empty((len(numbers), 0))
    return Inputs(numbers, none.astype("M8[us]"), none.astype(object))


def _fitting(cells: int, width: int) -> int:
    """How many rows of a width make so many cells: a power of two, as linear algebra goes by fours and eights."""
    rows = max(1, cells // width)
    return max(FEWEST_ROWS, min(MOST_ROWS, 1 << (rows.bit_length() - 1)))
