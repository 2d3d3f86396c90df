"""The rows of a slice, said so that other tables can be asked for them, and `mainline label --where`, too."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from mainline.report.compare import Array

Kind = Literal["is", "range", "length", "missing"]


@dataclass(frozen=True)
class Where:
    """Rows by one column: its value is `low`, or it (or a text's length) is from `low` to `high`, or it is missing."""

    column: str
    kind: Kind
    low: Any = None
    high: Any = None

    def holds(self, table: pd.DataFrame) -> Array:
        """Which rows of a table they are, (rows,) of bool; none where it lacks the column."""
        if self.column not in table.columns:
            return np.zeros(len(table), bool)
        values = table[self.column]
        if self.kind == "missing":
            return np.asarray(values.isna())
        if self.kind == "is":
            return np.asarray((values == self.low).fillna(False), bool)
        if self.kind == "length":
            values = values.str.len()
        return np.asarray(values.between(self.low, self.high).fillna(False), bool)

    @property
    def expression(self) -> str | None:
        """As `mainline label --where` takes it; None where that has no words for it."""
        name = self.column if self.column.isidentifier() else f"`{self.column}`"
        low, high = _literal(self.low), _literal(self.high)
        if "`" in self.column or self.kind in ("length", "missing") or low is None or high is None:
            return None
        if self.kind == "is" or low == high:
            return f"{name} == {low}"
        return f"{name} >= {low} and {name} <= {high}"


def where(rows: pd.DataFrame, column: str, part: Array, kind: str) -> Where | None:
    """What a slice cut from a column of this kind (numeric, date, text or categorical) holds; None if no such thing."""
    inside = rows.loc[part, column]
    known = inside.dropna()
    if known.empty:
        return Where(column, "missing")
    if kind == "text":
        length = known.astype(str).str.len()
        return Where(column, "length", length.min(), length.max())
    if kind in ("numeric", "date") and _ordered(known):
        return Where(column, "range", known.min(), known.max())
    return Where(column, "is", known.iloc[0]) if known.nunique() == 1 else None


def private(params: Mapping[str, Any]) -> frozenset[str]:
    """The columns that no command may name."""
    sections = [params.get(name) for name in ("data", "service")]
    named = [each.get("private") or () for each in sections if isinstance(each, Mapping)]
    return frozenset(str(name) for each in named for name in each)


def _ordered(values: "pd.Series[Any]") -> bool:
    types = pd.api.types
    return bool(types.is_numeric_dtype(values) or types.is_datetime64_any_dtype(values))


def _literal(value: Any) -> str | None:
    """A value as text of an expression; None of a text that holds what no quotes can hold."""
    if isinstance(value, pd.Timestamp):
        return f"'{value:%Y-%m-%d}'" if value == value.normalize() else f"'{value.isoformat(sep=' ')}'"
    if isinstance(value, str):
        return None if re.search(r"['\"`\\]|[^\x20-\U0010ffff]", value) else f"'{value}'"
    if isinstance(value, np.generic):
        value = value.item()
    return f"{int(value)}" if isinstance(value, float) and value.is_integer() else repr(value)
