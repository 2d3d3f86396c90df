"""Columns of numbers and labels as the tests take them; what is no such column is refused by name."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def numbers(name: str, values: ArrayLike) -> Floats:
    """Return `values` as a finite, non-empty vector."""
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers") from None
    _check_vector(name, vector)
    if not np.isfinite(vector).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return vector


def labels(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as a non-empty vector of labels."""
    vector = np.asarray(values)
    _check_vector(name, vector)
    if vector.dtype.kind == "O":
        if any(value is None or value != value for value in vector):
            raise ValueError(f"{name} holds missing values")
        vector = vector.astype(str)
    if vector.dtype.kind == "f" and not np.isfinite(vector).all():
        raise ValueError(f"{name} holds NaN or infinity")
    return vector


def _check_vector(name: str, vector: NDArray[Any]) -> None:
    if vector.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {vector.ndim}")
    if not len(vector):
        raise ValueError(f"{name} is empty")


def same_length(*vectors: NDArray[Any]) -> None:
    """Raise ValueError unless the columns are equally long."""
    if len({len(vector) for vector in vectors}) > 1:
        raise ValueError(f"the columns differ in length: {[len(vector) for vector in vectors]}")


def check_margin(margin: float, limit: float = math.inf) -> None:
    """Raise ValueError unless the margin lies strictly between -limit and limit."""
    if not abs(margin) < limit:
        raise ValueError(f"margin must be strictly between -{limit} and {limit}, not {margin}")


def check_binary(name: str, column: NDArray[Any]) -> None:
    """Raise ValueError unless the column holds nothing but 0 and 1."""
    if not np.isin(column, (0, 1)).all():
        raise ValueError(f"{name} must hold 0 and 1 only")
