"""Tables larger than memory: as much of a DataFrame as the stages ask for, of which a column is in memory at a time.

What is done to such a table is written down, and done when a column is asked for, by the same functions that a
DataFrame is given: so a stage has one way for both, and writes the same bytes.
"""

import json
import shutil
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LARGE = 2**27
"""Cells, of eight bytes each, from which on a table is not read as a whole: a gibibyte of them."""
Read = Callable[[str], pd.Series]


class Lazy:
    """A table of named columns: (rows, columns)."""

    def __init__(self, names: Sequence[str], rows: int, read: Read, attrs: Mapping[str, Any] | None = None) -> None:
        self.columns, self.index = pd.Index(list(names)), pd.RangeIndex(rows)
        self.attrs = dict(attrs or {})
        self._read = read

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.index), len(self.columns)

    @property
    def empty(self) -> bool:
        """Whether it has no row or no column."""
        return 0 in self.shape

    @property
    def iloc(self) -> "_Places":
        """Rows by their places."""
        return _Places(self)

    def __len__(self) -> int:
        return len(self.index)

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __getitem__(self, asked: Any) -> Any:
        """A column by its name; some, in memory, by a list of theirs; rows by (rows,) of bool."""
        if isinstance(asked, str):
            if asked not in self.columns:
                raise KeyError(asked)
            return self._read(asked)
        if isinstance(asked, list):
            return self._with(names=asked).copy()
        return self.iloc[np.flatnonzero(np.asarray(asked))]

    def items(self) -> Iterator[tuple[str, pd.Series]]:
        """The columns, one after the other."""
        return ((name, self[name]) for name in self.columns)

    def select_dtypes(self, kind: str) -> "Lazy":
        """The columns of a type: each is read for that."""
        return self._with(names=[name for name, column in self.items() if column.dtype == kind])

    def apply(self, change: Callable[[pd.Series], pd.Series]) -> "Lazy":
        """The same with each column changed."""
        before = self._with()
        return self._with(read=lambda name: change(before[name]))

    def assign(self, **made: Any) -> "Lazy":
        """The same with other columns: (rows,) each, or what makes one of the table."""
        before = self._with()

        def read(name: str) -> pd.Series:
            if name not in made:
                return before._read(name)
            column: pd.Series = made[name](before) if callable(made[name]) else made[name]
            return column.rename(name)

        return self._with(names=list(dict.fromkeys([*self.columns, *made])), read=read)

    def __setitem__(self, name: str, column: pd.Series) -> None:
        """Have a column of that name."""
        self._become(self.assign(**{name: column}))

    def insert(self, place: int, name: str, column: pd.Series) -> None:
        """Have a column of that name in front of another."""
        names = [*self.columns]
        self._become(self.assign(**{name: column})._with(names=[*names[:place], name, *names[place:]]))

    def drop(self, columns: Any, errors: str = "") -> "Lazy":
        """The same without some columns."""
        gone = [columns] if isinstance(columns, str) else list(columns)
        return self._with(names=[name for name in self.columns if name not in gone])

    def set_axis(self, names: Sequence[str], axis: int) -> "Lazy":
        """The same with other names for the columns."""
        before, old = self._with(), dict(zip(names, self.columns, strict=True))
        return self._with(names=names, read=lambda name: before[old[name]].rename(name))

    def reset_index(self, drop: bool) -> "Lazy":
        """Itself: its rows are counted from 0 always."""
        return self

    def copy(self, deep: bool = True) -> Any:
        """The same; if deep, in memory as a DataFrame."""
        if not deep:
            return self._with()
        frame = pd.DataFrame({name: self[name] for name in self.columns}, index=self.index)
        frame.attrs = dict(self.attrs)
        return frame

    def _with(self, names: Sequence[str] | None = None, read: Read | None = None) -> "Lazy":
        return Lazy([*self.columns] if names is None else names, len(self), read or self._read, self.attrs)

    def _become(self, other: "Lazy") -> None:
        self.columns, self._read = other.columns, other._read


class _Places:
    def __init__(self, table: Lazy) -> None:
        self._table = table._with()

    def __getitem__(self, places: Any) -> Lazy:
        """Rows, counted from 0 again."""
        table = self._table
        rows = len(table.index[places])
        if rows == len(table) and (isinstance(places, slice) or (np.diff(places) == 1).all()):
            return table
        return Lazy([*table.columns], rows, lambda name: table[name].iloc[places].reset_index(drop=True), table.attrs)


def is_large(rows: int, columns: int) -> bool:
    """Whether a table is not read as a whole."""
    return rows * columns > LARGE


def of_file(path: Path | str) -> pd.DataFrame:
    """A table that an earlier stage wrote."""
    about = pq.read_metadata(path)
    attrs = json.loads((about.metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    return as_table(
        Lazy(about.schema.names, about.num_rows, lambda name: pd.read_parquet(path, columns=[name])[name], attrs)
    )


def as_table(lazy: Lazy) -> pd.DataFrame:
    """A lazy table, for functions that take tables of either kind."""
    return cast(pd.DataFrame, lazy)


class Spilled(dict[str, pd.Series]):
    """Columns on their way into a table, each on the disk as soon as it is made."""

    def __init__(self, folder: Path) -> None:
        """Keep them in a folder, which is made anew."""
        super().__init__()
        self.folder, self._names, self._heads, self._rows = folder, list[str](), dict[str, pd.DataFrame](), 0
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)  # once nobody asks for them

    def __setitem__(self, name: str, column: pd.Series) -> None:
        frame = column.reset_index(drop=True).to_frame(name)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        with pa.ipc.new_file(self.folder / str(len(self._names)), table.schema) as file:
            file.write_table(table)
        self._names.append(name)
        self._heads[name], self._rows = frame.iloc[:0].copy(), len(frame)

    def __getitem__(self, name: str) -> pd.Series:
        column: pd.Series = self._mapped(name).to_pandas()[name]
        return column.astype(self._heads[name][name].dtype)

    def lazy(self) -> pd.DataFrame:
        """The table of them."""
        return as_table(Lazy(self._names, self._rows, self.__getitem__))

    def write(self, path: Path, attrs: Mapping[str, Any], **options: Any) -> None:
        """Write a Parquet file as pandas writes it, of which a row group is in memory at a time."""
        head = pd.concat(list(self._heads.values()), axis=1)
        head.attrs = dict(attrs)
        head.to_parquet(empty := BytesIO(), index=False)
        mapped = [self._mapped(name) for name in self._names]
        about = pq.read_schema(empty).metadata
        said = json.loads(about[b"pandas"])  # of no rows; what each column holds, its own rows say
        said["columns"] = [json.loads(each.schema.metadata[b"pandas"])["columns"][0] for each in mapped]
        schema = pa.schema([each.schema.field(0) for each in mapped], about | {b"pandas": json.dumps(said).encode()})
        pq.write_table(pa.table([each.column(0) for each in mapped], schema), path, compression="snappy", **options)

    def _mapped(self, name: str) -> pa.Table:
        return pa.ipc.open_file(pa.memory_map(str(self.folder / str(self._names.index(name))))).read_all()
