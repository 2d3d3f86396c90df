"""Refuses data on which a verdict would mean nothing: changed answers, and sealed rows learnt by heart."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline.errors import Refused
from mainline.gate import rows
from mainline.project import Project

LABELS, FEATURES, TRAIN = "data/sealed/labels.parquet", "data/sealed/features.parquet", "data/train.parquet"
NUMERIC = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)

Floats = NDArray[np.float64]


def refuse_relabelled(project: Project, champion: Project, most: float) -> None:
    """A challenger that learnt other answers looks right by them: rows that both sides know must agree.

    Args:
        most: the share of common sealed rows that may carry another label.

    Raises:
        Refused: more do.
    """
    sides = [pq.read_table(side / LABELS) for side in (project, champion)]
    ids = [table[rows.ROW_ID].cast(pa.large_string()) for table in sides]
    labels = [table.drop_columns(rows.ROW_ID).column(0) for table in sides]
    if not ids[0].equals(ids[1]):
        _, *common = np.intersect1d(rows.keys(ids[0]), rows.keys(ids[1]), return_indices=True)
        labels = [column.take(pa.array(places)) for column, places in zip(labels, common, strict=True)]
    if len(labels[0]) and _share_unequal(*labels) > most:
        raise Refused(
            f"more sealed rows than gate.max_relabelled ({most:.0%}) are labelled otherwise than for the champion; "
            "find out which labels are right, merge that correction by itself, and raise the bound for that one change"
        )


def refuse_trained_on_sealed(project: Project) -> None:
    """No sealed row, and no copy of one under another id, may be among the training rows.

    Raises:
        Refused: some are, or it cannot be told.
    """
    sealed, train = project / FEATURES, project / TRAIN
    features = [name for name in pq.read_schema(sealed).names if name != rows.ROW_ID]
    if absent := set(features) - set(pq.read_schema(train).names):
        raise Refused(f"{TRAIN}: has no column {min(absent)!r}, so copies of sealed rows cannot be told from others")
    copies = pd.Series(rows.keys(rows.ids(train))).isin(rows.keys(rows.ids(sealed)))
    if features:
        copies |= pd.Series(_content(train, features)).isin(_content(sealed, features))
    if count := int(copies.sum()):
        raise Refused(
            f"{count:,} training rows are sealed rows or copies of them, so the model knows those answers by heart; "
            "let src/pipeline/stages/split.py keep them apart, then run `mainline lock`"
        )


def _share_unequal(new: pa.ChunkedArray, old: pa.ChunkedArray) -> float:
    try:
        return float(pc.mean(pc.not_equal(new, old).fill_null(True)).as_py())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # numbers and text have no label in common
        return 1.0


def _content(path: Path, features: list[str]) -> rows.Keys:
    """A 64-bit hash of each row's features, (n,)."""
    total = np.zeros(pq.read_metadata(path).num_rows, np.uint64)
    for name in features:
        total *= np.uint64(1_000_003)
        total ^= _cells(rows.column(path, name))
    return total


def _cells(column: pa.ChunkedArray) -> rows.Keys:
    """A hash of each value, (n,): what says a number is that number, in whatever type it is written."""
    kind = column.type
    if any(is_one(kind) for is_one in NUMERIC):
        return _of_numbers(column.cast(pa.float64(), safe=False).to_numpy())
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us"), safe=False)
    words = column.cast(pa.large_string())
    hashed = np.empty(len(words), np.uint64)
    for start in range(0, len(words), rows.BATCH):
        coded = pa.concat_arrays(words.slice(start, rows.BATCH).chunks).dictionary_encode()
        of_each = _of_words(coded.dictionary.to_numpy(zero_copy_only=False))
        missing = len(of_each) - 1
        hashed[start : start + rows.BATCH] = of_each[coded.indices.fill_null(missing).to_numpy()]
    return hashed


def _of_words(words: NDArray[np.object_]) -> rows.Keys:
    """A hash of each word, and behind them that of a missing one: what a missing number has."""
    numbers = pd.to_numeric(pd.Series([*words, None]), errors="coerce").to_numpy(np.float64)
    hashed = _of_numbers(numbers)
    is_word = np.isnan(numbers[:-1])
    hashed[:-1][is_word] = pd.util.hash_array(words[is_word], categorize=False)
    return hashed


def _of_numbers(values: Floats) -> rows.Keys:
    hashed: rows.Keys = pd.util.hash_array(values)  # one hash for every NaN, and for both zeros
    return hashed
