"""What a column holds, in figures: missing, distinct, quantiles, bins, and the target in each bin."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.sections import Kind

BINS = 20
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
CLASSES = 5  # whose shares are told bin by bin, the commonest ones
DIGITS = 6  # significant ones, of every figure
SECONDS = 1e6  # dates are kept in microseconds


@dataclass(frozen=True)
class Target:
    """The target's values as figures by bin: (series, rows), one series for numbers or a class of two, else several."""

    words: tuple[str, ...]
    """What each series tells: the mean, or the share of a class."""
    values: np.ndarray

    @classmethod
    def of(cls, target: pd.Series, classes: Sequence[Any] | None) -> "Target":
        """Of parsed labels, (rows,); `classes` are those to be told of, None for numbers."""
        if classes is None:
            return cls(("mean",), target.to_numpy(dtype=np.float64)[None, :])
        shares = [target.eq(each).to_numpy(dtype=np.float64) for each in classes]
        return cls(tuple(map(str, classes)), np.array(shares).reshape(len(classes), len(target)))


@dataclass(frozen=True)
class Bins:
    """Where values fall: between edges, or at values of which each has a bin; `other` is the last, of categories."""

    edges: np.ndarray | None = None
    values: np.ndarray | None = None
    categories: pd.Index | None = None

    @classmethod
    def of(cls, known: pd.Series, kind: Kind) -> "Bins":
        """The bins that training rows set: (rows,), none missing, as `figures` has them, or categories."""
        if kind == "categorical":
            counts = known.value_counts().sort_index().sort_values(ascending=False, kind="stable")
            return cls(categories=counts.index[:BINS])
        numbers = known.to_numpy()
        values = np.unique(numbers)
        if len(values) <= BINS:
            return cls(values=values)
        low, high = np.quantile(numbers, (0.01, 0.99))  # the ends are open: one far value leaves the others apart
        low, high = (low, high) if low < high else (values[0], values[-1])
        return cls(edges=np.linspace(low, high, BINS + 1))

    def __len__(self) -> int:
        """How many there are."""
        if self.categories is not None:
            return len(self.categories) + 1
        return len(self.values) if self.values is not None else BINS

    def at(self, known: pd.Series) -> np.ndarray:
        """The bin of each value: (rows,) of int."""
        if self.categories is not None:
            found = self.categories.get_indexer(pd.Index(known))
            return np.array(np.where(found < 0, len(self.categories), found))
        if self.edges is not None:
            return np.array(np.searchsorted(self.edges[1:-1], known.to_numpy(), side="right"))
        values = self.values if self.values is not None else np.array([])
        return np.array(np.searchsorted((values[1:] + values[:-1]) / 2, known.to_numpy()))

    def told(self, kind: Kind) -> dict[str, list[Any]]:
        """As the profile says them."""
        if self.categories is not None:
            return {"values": [str(each) for each in self.categories]}
        if self.edges is not None:
            return {"edges": [said(each, kind) for each in self.edges]}
        return {"values": [said(each, kind) for each in (self.values if self.values is not None else ())]}


def figures(column: pd.Series, kind: Kind) -> pd.Series:
    """A parsed column as what is counted: numbers, seconds since 1970, the length of texts, or categories as text."""
    if kind == "date":
        dates = pd.to_datetime(column, errors="coerce")
        return (dates.astype("datetime64[us]").astype("int64") / SECONDS).where(dates.notna())
    if kind == "text":
        return column.astype("str").str.len().astype("float64")
    return pd.to_numeric(column, errors="coerce").astype("float64") if kind == "numeric" else column.astype("str")


def describe(sides: dict[str, pd.Series], kind: Kind, targets: dict[str, Target] | None) -> dict[str, Any]:
    """A column's entry in the profile.

    Args:
        sides: its parsed cells by side, (rows,); the bins are those of "train".
        kind: of an ignored column, as of a private one, only counts are told.
        targets: by side, where there is one to tell by bin.
    """
    entry: dict[str, Any] = {"kind": kind}
    if kind == "ignored":
        return entry | {side: counts(column) for side, column in sides.items()}
    values = {side: figures(column, kind) for side, column in sides.items()}
    known = {side: column.notna().to_numpy() for side, column in values.items()}
    bins = Bins.of(values["train"][known["train"]], kind)
    entry |= bins.told(kind)
    for side, column in sides.items():
        there = values[side][known[side]]
        at = bins.at(there)
        facts: dict[str, Any] = {**counts(column)}
        if kind != "categorical" and len(there):
            facts["quantiles"] = [said(each, kind) for each in np.quantile(there.to_numpy(), QUANTILES)]
            facts["mean"] = said(there.mean(), kind)
        held = np.bincount(at, minlength=len(bins))
        facts["counts"] = held.tolist()
        if targets:
            facts["target"] = [_by_bin(row[known[side]], at, held) for row in targets[side].values]
        entry[side] = facts
    return entry


def counts(column: pd.Series) -> dict[str, int]:
    """What may be told of any column, a private one, too."""
    return {"rows": len(column), "missing": int(column.isna().sum()), "distinct": int(column.nunique())}


def said(value: float, kind: Kind = "numeric") -> float | str:
    """A figure, short; of dates the moment itself."""
    if kind == "date":
        return str(pd.Timestamp(round(float(value) * SECONDS), unit="us").isoformat(timespec="seconds"))
    return float(f"{value:.{DIGITS}g}") + 0.0


def _by_bin(target: np.ndarray, at: np.ndarray, held: np.ndarray) -> list[float | None]:
    sums = np.bincount(at, weights=target, minlength=len(held))
    return [float(said(total / count)) if count else None for total, count in zip(sums, held, strict=True)]
