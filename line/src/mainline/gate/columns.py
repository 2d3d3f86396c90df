"""Columns of Parquet files, by row id: one in memory at a time, and no python object that stays."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline.errors import Refused

ROW_ID = "row_id"
ABSENT = -1
BATCH = 1 << 16  # rows whose text is python objects at one time

Keys = NDArray[np.uint64]
Places = NDArray[np.intp]


def column(path: Path, name: str) -> pa.ChunkedArray:
    """One column of a table; of categories, their values.

    Raises:
        Refused: there is none of that name, or this is no table.
    """
    if name not in names(path):
        raise Refused(f"{path.name}: has no column {name!r}; run `mainline lock`")
    with read(path):
        found = pq.read_table(path, columns=[name])[name]
        return found.cast(found.type.value_type) if pa.types.is_dictionary(found.type) else found


def names(path: Path) -> list[str]:
    """The columns of a table; raises Refused where it is none."""
    with read(path):
        return list(pq.read_schema(path).names)


def ids(path: Path) -> pa.ChunkedArray:
    """The rows' ids, as text, in the order of the file; raises Refused where there are none."""
    with read(path):
        return column(path, ROW_ID).cast(pa.large_string())


@contextmanager
def read(path: Path) -> Iterator[None]:
    """Say of a file that is no table, or has cells of no use, that it is so.

    Raises:
        Refused: in one line.
    """
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise Refused(f"{path.name}: no table that can be read: {str(error).splitlines()[0]}") from None


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


def places(path: Path, wanted: pa.ChunkedArray) -> Places | None:
    """Where each wanted row stands in a file, (n,), ABSENT where it does not; None where both have one order.

    Args:
        wanted: ids, each once; the file may have others, too.

    Raises:
        Refused: an id stands twice in the file.
    """
    there = ids(path)
    if there.equals(wanted):  # nearly always
        return None
    in_order = order(path, there)
    if not len(in_order):
        return np.full(len(wanted), ABSENT)
    hashed = keys(there)[in_order]
    found: Places = in_order[np.searchsorted(hashed, keys(wanted)).clip(max=len(hashed) - 1)]
    same = pc.equal(there.take(pa.array(found)), wanted).fill_null(False).to_numpy()
    return np.where(same, found, ABSENT)


def taken(values: pa.ChunkedArray, at: Places | None) -> pa.ChunkedArray:
    """The values at places; null where a place is ABSENT."""
    return values if at is None else values.take(pa.array(at, mask=at == ABSENT))
