"""Sealed rows among the training rows: what was learnt by heart, under whatever id."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline.errors import Refused
from mainline.gate import columns
from mainline.gate.rows import FEATURES, LABELS, TRAIN
from mainline.project import Project

NUMERIC = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_decimal)

Floats = NDArray[np.float64]


def refuse_trained_on_sealed(project: Project, main: Project) -> None:
    """No row that main or the challenger has sealed, and no copy of one, may be among the training rows.

    Args:
        main: the champion's project; the challenger's own, where it is the first model.

    Raises:
        Refused: some are, or it cannot be told.
    """
    sides = (project,) if main == project else (project, main)
    alike = [side for side in sides if set(_features(side)) == set(_features(project))]  # else fewer columns agree
    if count := _learnt(project, [side / LABELS for side in sides], [side / FEATURES for side in alike]):
        raise Refused(
            f"{count:,} training rows are sealed rows or copies of them, so the model knows those answers by heart; "
            "let src/pipeline/stages/split.py keep them apart, then run `mainline lock`"
        )


def refuse_trained_on(project: Project, fresh: Path) -> None:
    """No row that is to judge a retraining, and no copy of one, may be among its training rows.

    Args:
        fresh: a table of these rows, with their features.

    Raises:
        Refused: some are.
    """
    if count := _learnt(project, [fresh], [fresh]):
        raise Refused(
            f"{count:,} training rows are rows that are to judge this retraining, or copies of them, so the model "
            "knows those answers by heart; let `mainline retrain` make the branch again"
        )


def _learnt(project: Project, named: Sequence[Path], alike: Sequence[Path]) -> int:
    """How many training rows stand in tables by id, or in others by what is in the columns of all features."""
    train, features = project / TRAIN, _features(project)
    if absent := set(features) - set(columns.names(train)):
        raise Refused(f"{TRAIN}: has no column {min(absent)!r}, so copies of sealed rows cannot be told from others")
    ids, content = columns.keys(columns.ids(train)), _content(train, features)
    found = np.zeros(len(ids), bool)
    for path in named:
        found |= np.isin(ids, columns.keys(columns.ids(path)))
    for path in alike if features else ():  # without any, all rows would agree
        found |= np.isin(content, _content(path, features))
    return int(found.sum())


def among_training(project: Project, main: Project) -> NDArray[np.bool_]:
    """Which of main's sealed rows, in the order of its labels, (n,), a project has among its training rows.

    By id, and where both have the same columns by content, too.
    """
    train = project / TRAIN
    found: NDArray[np.bool_] = np.isin(columns.keys(columns.ids(main / LABELS)), columns.keys(columns.ids(train)))
    features = _features(main)
    if features and set(features) == set(_features(project)):
        known = np.isin(_content(main / FEATURES, features), _content(train, features))
        at = columns.places(main / FEATURES, columns.ids(main / LABELS))
        found |= known if at is None else (at != columns.ABSENT) & known[at]
    return found


def _features(project: Project) -> list[str]:
    return [name for name in columns.names(project / FEATURES) if name != columns.ROW_ID]


def _content(path: Path, features: list[str]) -> columns.Keys:
    """A 64-bit hash of each row's features, (n,)."""
    total = np.zeros(pq.read_metadata(path).num_rows, np.uint64)
    for name in features:
        total *= np.uint64(1_000_003)
        with columns.read(path):
            total ^= _cells(columns.column(path, name))
    return total


def _cells(column: pa.ChunkedArray) -> columns.Keys:
    """A hash of each value, (n,): what says a number is that number, in whatever type it is written."""
    kind = column.type
    if any(is_one(kind) for is_one in NUMERIC):
        return _of_numbers(column.cast(pa.float64(), safe=False).to_numpy())
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us"), safe=False)
    words = column.cast(pa.large_string())
    hashed = np.empty(len(words), np.uint64)
    for start in range(0, len(words), columns.BATCH):
        coded = pa.concat_arrays(words.slice(start, columns.BATCH).chunks).dictionary_encode()
        of_each = _of_words(coded.dictionary.to_numpy(zero_copy_only=False))
        missing = len(of_each) - 1
        hashed[start : start + columns.BATCH] = of_each[coded.indices.fill_null(missing).to_numpy()]
    return hashed


def _of_words(words: NDArray[np.object_]) -> columns.Keys:
    """A hash of each word, and behind them that of a missing one: what a missing number has."""
    numbers = pd.to_numeric(pd.Series([*words, None]), errors="coerce").to_numpy(np.float64)
    hashed = _of_numbers(numbers)
    is_word = np.isnan(numbers[:-1])
    hashed[:-1][is_word] = pd.util.hash_array(words[is_word], categorize=False)
    return hashed


def _of_numbers(values: Floats) -> columns.Keys:
    hashed: columns.Keys = pd.util.hash_array(values)  # one hash for every NaN, and for both zeros
    return hashed
