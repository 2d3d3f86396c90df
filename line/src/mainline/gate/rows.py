"""Rows of Parquet files by their ids: one column in memory at a time, and no python object that stays."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline.errors import Refused

ROW_ID = "row_id"
BATCH = 1 << 16  # rows whose text is python objects at one time

Keys = NDArray[np.uint64]
Places = NDArray[np.intp]


def column(path: Path, name: str) -> pa.ChunkedArray:
    """One column of a table; of categories, their values.

    Raises:
        Refused: there is none of that name.
    """
    if name not in pq.read_schema(path).names:
        raise Refused(f"{path.name}: has no column {name!r}; run `mainline lock`")
    found = pq.read_table(path, columns=[name])[name]
    return found.cast(found.type.value_type) if pa.types.is_dictionary(found.type) else found


def ids(path: Path) -> pa.ChunkedArray:
    """The rows' ids, as text, in the order of the file."""
    return column(path, ROW_ID).cast(pa.large_string())


def keys(texts: pa.ChunkedArray) -> Keys:
    """A 64-bit hash of each text: nobody's choice, and the same on every machine."""
    hashed = np.empty(len(texts), np.uint64)
    for start in range(0, len(texts), BATCH):
        words = texts.slice(start, BATCH).to_numpy()
        hashed[start : start + BATCH] = pd.util.hash_array(words, categorize=False)
    return hashed


def order(path: Path, texts: pa.ChunkedArray) -> Places:
    """The rows in the order of their ids' hashes, (n,): the same however they stand in the file.

    Raises:
        Refused: an id stands twice.
    """
    hashed = keys(texts)
    places = np.argsort(hashed)
    hashed = hashed[places]
    if twice := int(np.count_nonzero(hashed[1:] == hashed[:-1])):
        raise Refused(f"{path.name}: {twice:,} row ids stand more than once; each must name one row")
    return places


def places(path: Path, wanted: pa.ChunkedArray, in_order: Places) -> Places | None:
    """Where each wanted row stands in a file, (n,); None where the file has the same rows in the same order.

    Args:
        wanted: ids, each once.
        in_order: their order by hash.

    Raises:
        Refused: the file is not about exactly these rows.
    """
    there = ids(path)
    if there.equals(wanted):  # nearly always
        return None
    found = np.empty(len(wanted), np.intp)
    if len(there) == len(wanted):
        found[in_order] = np.argsort(keys(there))
        if there.take(pa.array(found)).equals(wanted):
            return found
    raise Refused(f"{path.name}: not about the rows it is judged on, each once; run `mainline lock`")
