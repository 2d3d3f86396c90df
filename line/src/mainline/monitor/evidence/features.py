"""Columns of numbers, dates, categories and texts as a table of numbers: hashed to a fixed width, and squared."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mainline.monitor.evidence.null import Floats

KINDS = ("number", "date", "category", "text")
WIDTH = 64  # columns are hashed into at most so many, and each pair of these multiplied: 2,144 features
SPLIT = 4  # so many hashes tell the categories of one column apart
FARTHEST = 4.0  # no value counts as further from the middle, in standard deviations


@dataclass(frozen=True)
class Encoder:
    """How the columns of a reference sample become numbers.

    >>> encoder = Encoder.of({"age": [30, 40, None], "town": ["x", "y", "x"]}, {"age": "number", "town": "category"})
    >>> encoder.plain({"age": [50, None], "town": ["x", "new"]})[:, :2]  # age, and whether it is missing
    array([[3., 0.],
           [0., 1.]])
    """

    kinds: Mapping[str, str]
    middle: Mapping[str, float]
    scale: Mapping[str, float]
    gaps: frozenset[str]
    """Columns of which some values were missing: only there it is a feature whether one is."""

    @classmethod
    def of(cls, columns: Mapping[str, ArrayLike], kinds: Mapping[str, str]) -> Self:
        """From a sample of rows; columns that `kinds` does not name are left out.

        Args:
            columns: name to values (N,). Missing is NaN, NaT or None; dates are numpy's datetime64, or their distance
                from a day as a number; texts are texts.
            kinds: name to number, date, category or text.

        Raises ValueError where there is no column, one has no such kind, or they are not equally long.
        """
        if not kinds:
            raise ValueError("there is no column to learn from")
        for name, kind in kinds.items():
            if kind not in KINDS:
                raise ValueError(f"the kind of {name} must be one of {', '.join(KINDS)}, not {kind!r}")
        ordered = {name: kind for name, kind in kinds.items() if kind != "category"}
        middle, scale, gaps = {}, {}, set()
        for name, values in _columns(columns, ordered).items():
            known = values[np.isfinite(values)]
            middle[name] = float(known.mean()) if len(known) else 0.0
            scale[name] = float(known.std()) or 1.0 if len(known) else 1.0
            if len(known) < len(values):
                gaps.add(name)
        made = cls(dict(kinds), middle, scale, frozenset(gaps))
        made.plain(columns)  # refuses what cannot be read
        return made

    def plain(self, columns: Mapping[str, ArrayLike]) -> Floats:
        """Return (N, F): standardised values, whether one is missing where some are, and hashes of the categories."""
        parts = []
        for name, values in _columns(columns, self.kinds).items():
            if self.kinds[name] == "category":
                parts.append(_hashed(name, values))
                continue
            known = np.isfinite(values)
            apart = np.clip((np.where(known, values, 0) - self.middle[name]) / self.scale[name], -FARTHEST, FARTHEST)
            parts.append(np.where(known, apart, 0)[:, None])
            if name in self.gaps:
                parts.append(~known[:, None])
        return np.concatenate(parts, axis=1)

    def squared(self, columns: Mapping[str, ArrayLike]) -> Floats:
        """Return (N, at most 2,144): what `plain` says, hashed where that is too wide, and each product of two."""
        rows = self.plain(columns)
        if rows.shape[1] > WIDTH:
            rows = rows @ _sketch(rows.shape[1])
        first, second = np.triu_indices(rows.shape[1])
        return np.concatenate([rows, rows[:, first] * rows[:, second]], axis=1)


def _columns(columns: Mapping[str, ArrayLike], kinds: Mapping[str, str]) -> dict[str, NDArray[Any]]:
    missing = [name for name in kinds if name not in columns]
    if missing:
        raise ValueError(f"there is no column {', '.join(missing)}")
    made = {name: _values(columns[name], kind) for name, kind in kinds.items()}
    if len({len(values) for values in made.values()}) > 1:
        raise ValueError(f"columns must be equally long, not { ({name: len(each) for name, each in made.items()}) }")
    return made


def _values(values: ArrayLike, kind: str) -> NDArray[Any]:
    """One column as numbers, NaN where there is none; a category stays as it is."""
    raw = np.asarray(values, dtype=object) if kind in ("category", "text") else np.asarray(values)
    if kind == "category":
        return raw
    if kind == "text":
        return np.array([len(each) if isinstance(each, str) else np.nan for each in raw], dtype=np.float64)
    if raw.dtype.kind == "M":
        seconds = raw.astype("datetime64[s]")
        return np.where(np.isnat(seconds), np.nan, seconds.astype(np.float64))
    try:
        return raw.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"a column of kind {kind} must hold numbers: {raw[:3].tolist()} ...") from None


def _hashed(name: str, values: NDArray[Any]) -> Floats:
    """(N, SPLIT): each category has signs of its own, so that two are seldom alike; none for a missing one."""
    signs = np.zeros((len(values), SPLIT))
    known: dict[str, NDArray[Any]] = {}
    for row, value in enumerate(values):
        if value is None or value != value:
            continue
        word = str(value)
        if word not in known:
            bits = zlib.crc32(f"{name}\0{word}".encode()) >> np.arange(SPLIT) & 1
            known[word] = 2.0 * bits - 1
        signs[row] = known[word]
    return signs


def _sketch(width: int) -> Floats:
    """(width, WIDTH): each feature goes to one of WIDTH with a sign (Weinberger et al., ICML 2009), always the same."""
    at = np.arange(width)
    hashes = np.array([zlib.crc32(f"feature {each}".encode()) for each in at])
    made = np.zeros((width, WIDTH))
    made[at, hashes % WIDTH] = np.where(hashes >> 16 & 1, 1.0, -1.0)
    return made
