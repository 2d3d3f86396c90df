"""What stands for a row where rows are shared out: rows of one key stay together."""

import hashlib
from collections.abc import Iterable

import numpy as np
import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.params import Params
from pipeline.table import columns, stream
from pipeline.table.tables import ROW_ID

AT_ONCE = 2**20  # keys


def of(frame: pd.DataFrame, params: Params) -> pd.Series:
    """What each row's side is decided by, its group, else its id, else its content: (rows,) of text.

    Raises:
        ParamsError: there is no such column as split.group.
        DataError: it is blank somewhere.
    """
    if params.split.group is not None:
        require_column("split.group", params.split.group, frame.columns)
        groups = frame[params.split.group]
        if groups.isna().any():
            raise DataError(f"split.group: {params.split.group!r} is blank in {groups.isna().sum():,} rows; fill it")
        return columns.as_text(groups)
    named = stream.keys(frame[ROW_ID])
    if params.data.id is not None:
        return named
    return named.str.partition("#")[0]  # rows of the same content go together


def position(key: str, salt: str) -> float:
    """Where a key falls in [0, 1): uniform, and the same on every machine."""
    digest = hashlib.blake2b(f"{salt}\0{key}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def positions(keys: pd.Series, salt: str) -> np.ndarray:
    """Where each key falls: (rows,) of float64."""
    parts = [keys.iloc[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]
    found = [part.map({key: position(key, salt) for key in part.unique()}).to_numpy(np.float64) for part in parts]
    return np.concatenate([np.empty(0), *found])


def require_column(key: str, column: str, there: Iterable[object]) -> None:
    """Refuse a key of params.yaml that names a column which the table does not have."""
    if column not in (names := list(there)):
        raise ParamsError(f"{key}: the table has no column {column!r}{nearest(column, names)}")
