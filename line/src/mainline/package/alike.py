"""Holds a served model's answers to predictions/dev.parquet, to the last bit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mainline.package.pinned import DEV, PREDICTIONS, RAW, ROW_ID, SIGNATURE, Pinned

BROUGHT = ("stream:", "asked:", "sealed:")
"""How the ids of rows begin that production brought: src/pipeline/table/stream.py."""


def questions(pinned: Pinned) -> pd.DataFrame:
    """The dev rows as a client would send them: the columns that the model reads, (n, columns).

    Raises:
        StaleLock: the pinned rows are nowhere to be had.
    """
    about = json.loads(pinned.file(SIGNATURE).read_text(encoding="utf-8"))
    names = [each["name"] for each in about["columns"] if each["kind"] != "ignored"]
    rows = pd.read_parquet(pinned.file(DEV), columns=[ROW_ID, *names])
    if ruled := cleaned(about):
        rows = as_sent(rows, ruled, pd.read_parquet(pinned.file(RAW), columns=[ROW_ID, *ruled]))
    return rows[names]


def answers(pinned: Pinned) -> pd.DataFrame:
    """What the model was judged by, for the rows of `questions`: (n, prediction + p_<class>...).

    Raises:
        StaleLock: the pinned answers are nowhere to be had.
    """
    said = pd.read_parquet(pinned.file(PREDICTIONS))
    if cleaned(json.loads(pinned.file(SIGNATURE).read_text(encoding="utf-8"))):
        said = said[~_brought(said)].reset_index(drop=True)
    return said.drop(columns=ROW_ID)


def cleaned(about: Mapping[str, Any]) -> list[str]:
    """The columns that the model reads and whose cells it cleans, by models/signature.json."""
    return [each["name"] for each in about["columns"] if each["kind"] != "ignored" and each.get("clean")]


def as_sent(rows: pd.DataFrame, names: Sequence[str], raw: pd.DataFrame) -> pd.DataFrame:
    """Rows with some cells as they came, before they were cleaned: the model's doors clean them again.

    Args:
        rows: (n, row_id and more), as the stages after clean have them.
        names: the columns whose cells are cleaned.
        raw: (more rows, row_id + names), data/raw.parquet.

    Returns:
        The same without the rows that production brought, of which nobody has kept how they came.
    """
    rows = rows[~_brought(rows)].reset_index(drop=True)
    came = raw.drop_duplicates(ROW_ID).set_index(ROW_ID)
    return rows.assign(**{name: came[name].reindex(rows[ROW_ID]).to_numpy() for name in names})


def _brought(rows: pd.DataFrame) -> pd.Series:
    return rows[ROW_ID].astype("str").str.startswith(BROUGHT)


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
