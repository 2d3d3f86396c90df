"""What one side of a comparison says of the rows: read column by column, or made up by a model without input."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline.errors import Refused
from mainline.gate import rows

Floats = NDArray[np.float64]
Column = NDArray[Any]


@dataclass(frozen=True)
class Answers:
    """One side's answers for n rows."""

    prediction: Column
    """(n,): numbers or, of classes, their positions; -1 is a class that no row has."""
    chance: Callable[[int], Floats]
    """The probability it gives a class, by the class's position: (n,)."""


def from_file(path: Path, at: rows.Places | None, classes: Sequence[Any]) -> Answers:
    """The answers in a table with `prediction` and, for classes, `p_<class>`.

    Args:
        path: the table; it must stay, as probabilities are read when they are asked for.
        at: where each row of the comparison stands in it; None where they are in its order.
        classes: all classes of the comparison; none for numbers.

    Raises:
        Refused: it lacks what is asked for, or its answers are not of the labels' kind.
    """
    known = pq.read_schema(path).names

    def read(name: str) -> pa.ChunkedArray:
        return rows.column(path, name) if at is None else rows.column(path, name).take(pa.array(at))

    def chance(position: int) -> Floats:
        if not any(f"p_{label}" in known for label in classes):
            raise Refused(f"{path.name}: holds no probabilities (p_{classes[0]}, ...)")
        name = f"p_{classes[position]}"
        if name not in known:  # a class that it has never seen has no chance with it
            return np.zeros(pq.read_metadata(path).num_rows)
        return numbers(read(name), path)

    prediction = read("prediction")
    return Answers(positions(prediction, classes, path) if classes else numbers(prediction, path), chance)


def dummy(train: pa.ChunkedArray, path: Path, classes: Sequence[Any], count: int) -> Answers:
    """Always the commonest class of the training rows, at the classes' shares; or always their mean."""
    if not classes:
        return Answers(np.full(count, numbers(train, path).mean()), lambda _: np.zeros(count))
    shares = np.bincount(positions(train, classes, path), minlength=len(classes)) / len(train)
    return Answers(np.full(count, shares.argmax()), lambda position: np.full(count, shares[position]))


def positions(column: pa.ChunkedArray, classes: Sequence[Any], path: Path) -> Column:
    """Each value's position among the classes, (n,); -1 where it is none of them.

    Raises:
        Refused: the values are of another kind.
    """
    known = pa.array(classes)
    with suppress(pa.ArrowException):
        if _is_text(column.type) == _is_text(known.type):
            found: Column = pc.index_in(column.cast(known.type), value_set=known).fill_null(-1).to_numpy()
            return found
    raise Refused(f"{path.name}: holds {column.type}, and the classes are {', '.join(map(str, classes))}")


def numbers(column: pa.ChunkedArray, path: Path) -> Floats:
    """The values as float64, (n,).

    Raises:
        Refused: they are no numbers.
    """
    try:
        found: Floats = column.cast(pa.float64(), safe=False).to_numpy()
    except pa.ArrowException:
        raise Refused(f"{path.name}: holds {column.type} where numbers belong") from None
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
