"""Reads a folder of Parquet files as one table: their rows one below the other, in the order of the files' names."""

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import SourceError, brief
from pipeline.table import lazy, tables
from pipeline.table.lazy import Lazy

DAMAGED = (OSError, ValueError, pa.ArrowException)


def are_there(source: str) -> bool:
    """Whether a source is a folder of parts, and no file."""
    return "://" not in source and os.path.isdir(source) and any(Path(source).glob("*.parquet"))


def read(source: str) -> pd.DataFrame:
    """Read it; where it is larger than memory, a column at a time.

    Raises:
        SourceError: a file is no Parquet, or has other columns than the first.
    """
    files = [path for path in sorted(Path(source).iterdir()) if not path.name.startswith((".", "_"))]
    about = [_about(path) for path in files]
    names = [field.name for field in about[0][0]]
    for path, (schema, _) in zip(files, about, strict=True):
        if other := set(schema.names) ^ set(names):
            has = "has" if min(other) in schema.names else "lacks"
            raise SourceError(f"{path}: {has} column {min(other)!r}, unlike {files[0].name}; all parts need the same")
    rows = sum(count for _, count in about)
    if lazy.is_large(rows, len(names)):
        return lazy.as_table(Lazy(names, rows, lambda name: tables.of_arrow(_together(files, [name]))[name]))
    return tables.of_arrow(_together(files, names))


def _about(path: Path) -> tuple[pa.Schema, int]:
    if not path.is_file() or path.suffix.lower() != ".parquet":
        raise SourceError(f"{path}: is no .parquet file, as all parts of a table are; name it _{path.name}, or move it")
    try:
        return pq.read_schema(path), pq.read_metadata(path).num_rows
    except DAMAGED as error:
        raise SourceError(f"{path}: not a Parquet file ({brief(error)})") from None


def _together(files: Sequence[Path], names: list[str]) -> pa.Table:
    """Columns of all files, in a type that holds what each says."""
    read = []
    for path in files:
        try:
            # what pandas said of one file's index is not so of all together
            read.append(pq.ParquetFile(path).read(columns=names).select(names).replace_schema_metadata(None))
            pa.concat_tables([read[0].slice(0, 0), read[-1].slice(0, 0)], promote_options="permissive")
        except DAMAGED as error:
            raise SourceError(f"{path}: does not go with {files[0].name} ({brief(error)})") from None
    return pa.concat_tables(read, promote_options="permissive")
