"""Holds a served model's answers to predictions/dev.parquet, to the last bit."""

import json

import numpy as np
import pandas as pd

from mainline.package.pinned import DEV, PREDICTIONS, ROW_ID, SIGNATURE, Pinned


def questions(pinned: Pinned) -> pd.DataFrame:
    """The dev rows as a client would send them: the columns that the model reads, (n, columns).

    Raises:
        StaleLock: the pinned rows are nowhere to be had.
    """
    columns = json.loads(pinned.file(SIGNATURE).read_text(encoding="utf-8"))["columns"]
    return pd.read_parquet(pinned.file(DEV), columns=[each["name"] for each in columns if each["kind"] != "ignored"])


def answers(pinned: Pinned) -> pd.DataFrame:
    """What the model was judged by: (n, prediction + p_<class>...).

    Raises:
        StaleLock: the pinned answers are nowhere to be had.
    """
    return pd.read_parquet(pinned.file(PREDICTIONS)).drop(columns=ROW_ID)


def differing(said: pd.DataFrame, wanted: pd.DataFrame) -> int:
    """How many rows are not the same in every column, to the last bit; all of them where rows or columns differ."""
    if list(said.columns) != list(wanted.columns) or len(said) != len(wanted):
        return len(wanted)
    same = np.ones(len(wanted), dtype=bool)
    for name in wanted:
        same &= _same(said[name], wanted[name])
    return int((~same).sum())


def _same(said: pd.Series, wanted: pd.Series) -> np.ndarray:
    if pd.api.types.is_float_dtype(wanted):
        numbers = pd.to_numeric(said, errors="coerce")
        return np.asarray(numbers.to_numpy("float64").view("int64") == wanted.to_numpy("float64").view("int64"))
    return np.array([one == other for one, other in zip(said.tolist(), wanted.tolist(), strict=True)], dtype=bool)
