"""Parts of the dev rows: those the project declares, and those cut from every feature, each scored on its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mainline.errors import ConfigError, nearest
from mainline.report.bootstrap import Interval, finding, interval, resamples
from mainline.report.compare import Array, Comparison, Floats, Predicted
from mainline.report.picture import is_picture
from mainline.report.side import Side, Signature
from mainline.report.text import number

SHOWN = 20
_FEWEST = 20  # rows below which an automatic slice says nothing
_BINS = 4
_KINDS_LISTED = 12  # values of a category that become slices, the most frequent first


@dataclass(frozen=True)
class Slice:
    """Some of the compared rows, cut from a column: `part` is (n,) of bool."""

    label: str
    part: Array
    declared: bool
    column: str


@dataclass(frozen=True)
class SliceRow:
    """A slice's score for each side; `gap` is what it is ordered by."""

    label: str
    declared: bool
    rows: int
    challenger: Interval
    champion: Interval | None
    difference: Interval | None
    gap: float
    finding: str


@dataclass(frozen=True)
class SliceTable:
    """The slices worth showing, of `examined` in all; accuracy, or RMSE for a regression."""

    metric: str
    bounded: bool
    overall: float
    examined: int
    rows: tuple[SliceRow, ...]


def declared_slices(side: Side) -> tuple[str, ...]:
    """The columns params.yaml names in gate.slices."""
    gate: Mapping[str, Any] = side.params.get("gate") or {}
    return tuple(gate.get("slices") or ())


def require_columns(table: pd.DataFrame, names: Sequence[str], where: str) -> None:
    """Raise ConfigError for the first name that is not a column of the dev set."""
    for name in names:
        if name not in table.columns:
            hint = nearest(name, map(str, table.columns))
            raise ConfigError(f"{where}: data/dev.parquet has no column {name!r}; {hint}")


def groups(values: "pd.Series[Any]", kind: str) -> "pd.Series[str]":
    """Each row's group as text: a quarter of the range of a number or date, a text's length, or the value itself."""
    missing = values.isna()
    if kind == "text":
        named = _binned(values.fillna("").astype(str).str.len(), " characters")
    elif kind == "date":
        named = _binned(pd.to_datetime(values, errors="coerce"))
    elif kind == "numeric" and values.nunique() > _BINS:
        named = _binned(pd.to_numeric(values, errors="coerce"))
    else:
        named = values.astype(str)
    return named.astype(str).mask(missing, "missing")


def _binned(values: "pd.Series[Any]", unit: str = "") -> "pd.Series[str]":
    codes = pd.qcut(values.rank(method="min"), _BINS, labels=False, duplicates="drop")
    named = pd.Series("missing", index=values.index)
    for code in np.sort(codes.dropna().unique()):
        inside = values[codes == code]
        low, high = _edge(inside.min()), _edge(inside.max())
        named[codes == code] = f"{low} to {high}{unit}" if low != high else f"{low}{unit}"
    return named


def _edge(value: Any) -> str:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else number(float(value))


def kind_of(signature: Signature, name: str, values: "pd.Series[Any]") -> str:
    """The signature's kind of a column, or the kind its values look like when the model does not use it."""
    for column in signature.columns:
        if column.name == name and column.kind != "ignored":
            return column.kind
    if pd.api.types.is_datetime64_any_dtype(values):
        return "date"
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    return "numeric" if numeric else "categorical"


def _cut(c: Comparison, signature: Signature, name: str, declared: bool) -> Iterator[Slice]:
    named = groups(c.rows[name], kind_of(signature, name, c.rows[name]))
    counts = named.value_counts(sort=False).sort_index().sort_values(ascending=False, kind="stable")
    for value in counts.index[:_KINDS_LISTED]:
        if declared or _FEWEST <= counts[value] < len(named):
            yield Slice(f"{name}: {value}", (named == value).to_numpy(), declared, name)


def find_slices(c: Comparison, signature: Signature, declared: Sequence[str]) -> list[Slice]:
    """The declared slices, then one for each bin or category of every feature (none of a picture's pixels)."""
    require_columns(c.rows, declared, "params.yaml: gate.slices")
    found = [part for name in declared for part in _cut(c, signature, name, True)]
    automatic = () if is_picture(signature) else signature.of_kind("numeric", "categorical", "text", "date")
    target = (c.target,) if c.task == "regression" else ()
    for name in (*target, *automatic):
        if name in c.rows.columns and name not in declared:
            found += _cut(c, signature, name, False)
    return found


def _loss(c: Comparison, said: Predicted) -> Floats:
    if c.task == "regression":
        return np.asarray((said.label - c.truth) ** 2, dtype=float)
    return np.asarray(said.label == c.truth, dtype=float)


def _means(c: Comparison, parts: Floats, weights: Floats) -> list[Floats]:
    """For each side (b, slices): accuracy or RMSE within each part (n, slices)."""
    size = weights @ parts
    shape = np.full(size.shape, np.nan)
    means = [
        np.divide(weights @ (parts * _loss(c, side)[:, None]), size, out=shape.copy(), where=size > 0)
        for side in c.sides
    ]
    return [np.sqrt(mean) for mean in means] if c.task == "regression" else means


def _ordered(found: list[Slice], gap: Floats) -> list[int]:
    order = sorted(range(len(found)), key=lambda i: (not found[i].declared, -abs(gap[i]), found[i].label))
    return order[:SHOWN]


def slice_table(c: Comparison, signature: Signature, declared: Sequence[str]) -> SliceTable:
    """Score every slice; keep the declared ones and those with the largest gap, at most SHOWN.

    The gap is between challenger and champion or, for a challenger alone, between the slice and all rows.
    """
    found = find_slices(c, signature, declared)
    ones = np.ones((1, len(c.truth)))
    overall = float(_means(c, ones.T, ones)[-1][0, 0])
    higher = c.task != "regression"
    name = "accuracy" if higher else "RMSE"
    if not found:
        return SliceTable(name, higher, overall, 0, ())
    parts = np.column_stack([part.part for part in found]).astype(float)
    point = _means(c, parts, ones)
    gap = point[1][0] - point[0][0] if c.champion else point[0][0] - overall
    kept = _ordered(found, gap)
    drawn = [_means(c, parts[:, kept], weights) for weights in resamples(len(c.truth))]
    samples = [np.concatenate([block[i] for block in drawn]) for i in range(len(c.sides))]
    rows = []
    for place, index in enumerate(kept):
        each = [interval(float(p[0, index]), s[:, place]) for p, s in zip(point, samples, strict=True)]
        change = interval(float(gap[index]), samples[1][:, place] - samples[0][:, place]) if c.champion else None
        rows.append(
            SliceRow(
                label=found[index].label,
                declared=found[index].declared,
                rows=int(parts[:, index].sum()),
                challenger=each[-1],
                champion=each[0] if c.champion else None,
                difference=change,
                gap=float(gap[index]),
                finding=finding(change, higher),
            )
        )
    return SliceTable(name, higher, overall, len(found), tuple(rows))
