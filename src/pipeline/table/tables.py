"""Tables on disk, and what names a row: read and written whole or not at all."""

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline.errors import DataError
from pipeline.table import lazy
from pipeline.table.lazy import Lazy, Spilled

ROW_ID, PREDICTION, REASON = "row_id", "prediction", "quarantine_reason"
RAW, CLEAN, VALID, QUARANTINE, LABELLED, UNLABELLED = (
    f"data/{name}.parquet" for name in ("raw", "clean", "valid", "quarantine", "labelled", "unlabelled")
)
"""What the stages hand on, in this order."""
LEFT_OUT, DATES = "left_out", "dates"  # what tables carry of their columns, as DataFrame.attrs, from stage to stage
DIGITS = 15  # that a float keeps of any number
EXACT = 2**53  # up to here a float tells whole numbers apart
MOST_ROWS, CELLS = 2**20, 2**25  # of a row group
NULLABLE = {"int64": pd.Int64Dtype(), "uint64": pd.UInt64Dtype()}


def read(path: Path | str) -> pd.DataFrame:
    """Read a Parquet file that an earlier stage wrote.

    Raises:
        DataError: the file is missing or is not Parquet.
    """
    try:
        return pd.read_parquet(path)
    except FileNotFoundError:
        raise DataError(f"{path}: not here yet; run `mainline lock` to build it") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a Parquet file ({str(error).splitlines()[0]})") from None


def table(path: Path | str) -> pd.DataFrame:
    """The same; of a table larger than memory, a column at a time: see lazy.py."""
    if Path(path).exists():
        try:
            about = pq.read_metadata(path)
        except (OSError, ValueError):
            return read(path)
        if lazy.is_large(about.num_rows, about.num_columns):
            return lazy.of_file(path)
    return read(path)


def columns_of(frame: pd.DataFrame, path: Path | str) -> dict[str, pd.Series]:
    """What columns made of a table are put into: on the disk, beside a path, where that table is there, too."""
    return Spilled(Path(path).with_suffix(".columns.partial")) if isinstance(frame, Lazy) else {}


def write(frame: pd.DataFrame, path: Path | str) -> None:
    """Write a Parquet file; a killed process leaves the old one or none, never half of one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial, rows = path.with_suffix(".partial"), group_of(frame.shape[1])
    if isinstance(frame, Lazy):
        spilled = Spilled(path.with_suffix(".writing.partial"))
        try:
            for name, column in frame.items():
                spilled[name] = column
            spilled.write(partial, frame.attrs, row_group_size=rows)
        finally:
            spilled.remove()
    else:
        frame.reset_index(drop=True).to_parquet(partial, index=False, row_group_size=rows)
    os.replace(partial, path)


def group_of(columns: int) -> int:
    """The rows of a row group, which is in memory when it is written: a power of two, for some 256 MiB."""
    return max(MOST_ROWS >> 10, min(MOST_ROWS, 1 << (CELLS // max(1, columns)).bit_length() - 1))


def write_text(text: str, path: Path | str) -> None:
    """Write a text file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def of_arrow(table: Any, **options: Any) -> pd.DataFrame:
    """An Arrow table as a frame, whose whole numbers stay exact beside gaps."""
    frame: pd.DataFrame = table.to_pandas(**options)
    for field in table.schema:
        if (
            (whole := NULLABLE.get(str(field.type)))
            and field.name in frame
            and (frame[field.name].abs() >= EXACT).any()
        ):
            frame[field.name] = table[field.name].to_pandas(types_mapper=lambda _, whole=whole: whole).array
    return frame


def plain(column: pd.Series) -> pd.Series:
    """A column of pandas' nullable types in numpy's, but for long whole numbers beside gaps, which would be rounded."""
    if not pd.api.types.is_extension_array_dtype(column) or isinstance(column.dtype, pd.StringDtype):
        return column.astype("str") if isinstance(column.dtype, pd.StringDtype) else column
    if column.dtype.kind == "b":
        return column.astype("object").where(column.notna(), None) if column.isna().any() else column.astype("bool")
    if column.dtype.kind in "iu" and not column.isna().any():
        return column.astype(column.dtype.numpy_dtype)
    if column.dtype.kind == "f" or (column.dtype.kind in "iu" and not (column.abs() >= EXACT).any()):
        return column.astype("float64")
    return column


def content_hash(frame: pd.DataFrame) -> pd.Series:
    """A 64-bit hash of each row's values, as 16 hex digits, the same whatever else the table holds.

    A cell that says a number counts as a 64-bit float and any other as text, whatever the type of its column: one
    that becomes text because of a new row keeps the hashes of the others. A number of which a float would lose a digit,
    as of a long one or of a code's leading zeros, counts as text too.
    """
    return in_hex(content_numbers(frame), frame.index)


def in_hex(numbers: np.ndarray, index: pd.Index) -> pd.Series:
    """Hashes as 16 hex digits: (rows,) of text."""
    return pd.Series([f"{value:016x}" for value in numbers], index=index, dtype="object")


def content_numbers(frame: pd.DataFrame) -> np.ndarray:
    """The same as numbers: (rows,) of uint64."""
    total, factor = np.full(len(frame), 0x345678, np.uint64), 1000003  # a row from its cells, as Python hashes tuples
    for position, (_, column) in enumerate(frame.items()):
        total = (total ^ _cell_hashes(column)) * np.uint64(factor)
        factor += 82520 + 2 * (frame.shape[1] - position)
    return total + np.uint64(97531)


def _cell_hashes(column: pd.Series) -> np.ndarray:
    numeric = pd.api.types.is_numeric_dtype(column)
    text = column if numeric else column.astype("object").where(column.notna(), "").astype(str)
    numbers = pd.to_numeric(text, errors="coerce").astype("float64") + 0.0  # -0.0 and 0.0 are one number
    hashes: np.ndarray = pd.util.hash_array(numbers.to_numpy())
    if not numeric:
        words = pd.util.hash_array(text.to_numpy(dtype=object))
        hashes = np.where(numbers.notna() | column.isna(), hashes, words)
    lost = _lossy(column if numeric else column.astype("str"), numbers)
    if lost.any():
        hashes[lost] = pd.util.hash_array(text[lost].astype(str).str.strip().to_numpy(dtype=object))
    return hashes


def _lossy(cells: pd.Series, numbers: pd.Series) -> np.ndarray:
    """Which cells, numbers or text, say a number that its float does not: (rows,) of bool."""
    if pd.api.types.is_float_dtype(cells) or pd.api.types.is_bool_dtype(cells):
        return np.zeros(len(cells), dtype=bool)
    if pd.api.types.is_numeric_dtype(cells):
        lost: np.ndarray = (numbers.abs() > 10**DIGITS).to_numpy(dtype=bool, copy=True)
        lost[lost] = [int(cell) != int(number) for cell, number in zip(cells[lost], numbers[lost], strict=True)]
        return lost
    number = numbers.notna() & ~np.isinf(numbers)
    zeros: np.ndarray = (number & cells.str.match(r"\s*[+-]?0\d").fillna(False)).to_numpy(dtype=bool)
    lost = (number & (cells.str.len() > DIGITS).fillna(False)).to_numpy(dtype=bool, copy=True)
    lost[lost] = cells[lost].to_numpy(dtype=object) != [repr(number) for number in numbers[lost].tolist()]
    pairs = zip(cells[lost], numbers[lost].tolist(), strict=True)
    lost[lost] = [_differ(cell.strip(), repr(number)) for cell, number in pairs]
    lost |= zeros
    return lost


def _differ(one: str, other: str) -> bool:
    try:
        return Decimal(one) != Decimal(other)
    except InvalidOperation:  # an exponent without end
        return True
