"""What a branch changes besides the model: parameters, code, and the rows and columns it learns from."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mainline.report.profiles import ProfileChanges, compare
from mainline.report.side import Side
from mainline.report.slices import kind_of
from mainline.report.text import DASH, figure

_TOP = 10
SMALLEST = 0.05  # less is what any new sample of rows does


@dataclass(frozen=True)
class TableChange:
    """One table's rows; `added` and `removed` are counted by row_id."""

    table: str
    rows_before: int
    rows_after: int
    added: int
    removed: int


@dataclass(frozen=True)
class ColumnShift:
    """How far one column moved: standard deviations between the means, or total variation in 0..1."""

    table: str
    column: str
    measure: str
    size: float
    before: str
    after: str


@dataclass(frozen=True)
class DataChanges:
    """Rows and columns that came and went, and the columns that moved, furthest first."""

    tables: tuple[TableChange, ...] = ()
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    shifts: tuple[ColumnShift, ...] = ()
    profile: ProfileChanges = field(default_factory=ProfileChanges)

    @property
    def any(self) -> bool:
        """Whether anything at all changed."""
        rows = any(table.added or table.removed for table in self.tables)
        return bool(rows or self.columns_added or self.columns_removed or self.shifts or self.profile.any)


@dataclass(frozen=True)
class Changes:
    """`params`: (dotted key, old, new), a dash where there is none. `code`: lines as of `git diff --stat`."""

    params: tuple[tuple[str, str, str], ...] = ()
    code: tuple[str, ...] = ()
    data: DataChanges = field(default_factory=DataChanges)


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, json.dumps(value, ensure_ascii=False, default=str)


def _params(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    before, after = dict(_flat(old)), dict(_flat(new))
    keys = sorted(before.keys() | after.keys())
    both = [(key, before.get(key, DASH), after.get(key, DASH)) for key in keys]
    return tuple(change for change in both if change[1] != change[2])


def _rows(name: str, old: pd.DataFrame, new: pd.DataFrame) -> TableChange:
    before, after = set(old["row_id"]), set(new["row_id"])
    return TableChange(name, len(old), len(new), len(after - before), len(before - after))


def _mean_shift(old: "pd.Series[float]", new: "pd.Series[float]") -> tuple[float, str, str]:
    spread = float(pd.concat([old, new]).std(ddof=0))
    before, after = float(old.mean()), float(new.mean())
    return (abs(after - before) / spread if spread > 0 else 0.0), figure(before), figure(after)


def _variation(old: "pd.Series[Any]", new: "pd.Series[Any]") -> tuple[float, str, str]:
    before, after = (values.astype(str).value_counts(normalize=True).sort_index() for values in (old, new))
    gap = after.subtract(before, fill_value=0.0)
    moved = str(gap.abs().idxmax())
    return (
        float(gap.abs().sum()) / 2,
        f"{moved}: {before.get(moved, 0.0):.1%}",
        f"{moved}: {after.get(moved, 0.0):.1%}",
    )


def _shift(table: str, name: str, kind: str, old: "pd.Series[Any]", new: "pd.Series[Any]") -> ColumnShift:
    if kind == "categorical":
        return ColumnShift(table, name, "total variation", *_variation(old, new))
    if kind == "text":
        lengths = (values.fillna("").astype(str).str.len() for values in (old, new))
        return ColumnShift(table, name, "mean length, in s.d.", *_mean_shift(*lengths))
    if kind == "date":
        days = (pd.to_datetime(v, errors="coerce").dropna().map(pd.Timestamp.toordinal) for v in (old, new))
        size, _, _ = _mean_shift(*days)
        mean = [f"{pd.to_datetime(values, errors='coerce').mean():%Y-%m-%d}" for values in (old, new)]
        return ColumnShift(table, name, "mean date, in s.d.", size, *mean)
    numbers = (pd.to_numeric(v, errors="coerce").replace([np.inf, -np.inf], np.nan) for v in (old, new))
    return ColumnShift(table, name, "mean, in s.d.", *_mean_shift(*numbers))


def _kind(side: Side, name: str, values: "pd.Series[Any]") -> str:
    if name == side.signature.target:
        return "numeric" if side.signature.task == "regression" else "categorical"
    return kind_of(side.signature, name, values)


def _data(challenger: Side, champion: Side) -> DataChanges:
    pairs = [("train", champion.train, challenger.train), ("dev", champion.dev, challenger.dev)]
    tables = [(name, old, new) for name, old, new in pairs if old is not None and new is not None]
    table, old, new = tables[0]
    shared = [name for name in new.columns if name in old.columns and name != "row_id"]
    kinds = {name: _kind(challenger, name, new[name]) for name in shared}
    shifts = [
        _shift(table, name, kinds[name], old[name], new[name])
        for name in shared
        if kinds[name] == _kind(champion, name, old[name]) and all(t[name].notna().any() for t in (old, new))
    ]
    moved = [shift for shift in shifts if shift.size >= SMALLEST]
    return DataChanges(
        tables=tuple(_rows(name, before, after) for name, before, after in tables),
        columns_added=tuple(name for name in new.columns if name not in old.columns),
        columns_removed=tuple(name for name in old.columns if name not in new.columns),
        shifts=tuple(sorted(moved, key=lambda s: (-s.size, s.column))[:_TOP]),
        profile=compare(champion.profile, challenger.profile),
    )


def changes(challenger: Side, champion: Side | None, *, code: Sequence[str] = ()) -> Changes:
    """What the challenger changes; with no champion only `code` is kept."""
    if champion is None:
        return Changes(code=tuple(code))
    return Changes(_params(champion.params, challenger.params), tuple(code), _data(challenger, champion))
