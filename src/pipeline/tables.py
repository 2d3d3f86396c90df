"""Tables on disk, and what names a row: read and written whole or not at all."""

import os
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DataError

ROW_ID, PREDICTION, REASON = "row_id", "prediction", "quarantine_reason"


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


def write(frame: pd.DataFrame, path: Path | str) -> None:
    """Write a Parquet file; a killed process leaves the old one or none, never half of one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    frame.reset_index(drop=True).to_parquet(partial, index=False)
    os.replace(partial, path)


def write_text(text: str, path: Path | str) -> None:
    """Write a text file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def content_hash(frame: pd.DataFrame) -> pd.Series:
    """A 64-bit hash of each row's values, as 16 hex digits, the same whatever else the table holds.

    A cell that says a number counts as a 64-bit float and any other as text, whatever the type of its column: one
    that becomes text because of a new row keeps the hashes of the others.
    """
    total, factor = np.full(len(frame), 0x345678, np.uint64), 1000003  # a row from its cells, as Python hashes tuples
    for position, (_, column) in enumerate(frame.items()):
        total = (total ^ _cell_hashes(column)) * np.uint64(factor)
        factor += 82520 + 2 * (frame.shape[1] - position)
    return pd.Series([f"{value:016x}" for value in total + np.uint64(97531)], index=frame.index, dtype="object")


def _cell_hashes(column: pd.Series) -> np.ndarray:
    numeric = pd.api.types.is_numeric_dtype(column)
    text = column if numeric else column.astype("object").where(column.notna(), "").astype(str)
    numbers = pd.to_numeric(text, errors="coerce").astype("float64") + 0.0  # -0.0 and 0.0 are one number
    hashes: np.ndarray = pd.util.hash_array(numbers.to_numpy())
    if not numeric:
        words = pd.util.hash_array(text.to_numpy(dtype=object))
        hashes = np.where(numbers.notna() | column.isna(), hashes, words)
    return hashes
