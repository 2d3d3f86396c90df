"""Cells that a model can do little with: empty ones, and those out of the range that it has learnt."""

import pandas as pd

from mainline.report.side import Column, Signature

LEAST = 0.05  # of the cells of a part, below which it is nothing to speak of


def missing(rows: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Which cells of the features are empty, (rows, features) of bool."""
    return pd.DataFrame({each.name: rows[each.name].isna() for each in _features(rows, signature)}, rows.index)


def strange(rows: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """Which are beyond the least and the most of the training rows, or none of their categories."""
    return pd.DataFrame({each.name: _beyond(rows, each) for each in _features(rows, signature)}, rows.index)


def _features(rows: pd.DataFrame, signature: Signature) -> list[Column]:
    return [each for each in signature.columns if each.kind != "ignored" and each.name in rows.columns]


def _beyond(rows: pd.DataFrame, column: Column) -> "pd.Series[bool]":
    values = rows[column.name]
    if column.kind == "categorical" and column.categories:
        return values.notna() & ~values.astype(str).isin(column.categories)
    if column.kind == "numeric" and isinstance(column.minimum, int | float) and isinstance(column.maximum, int | float):
        numbers = pd.to_numeric(values, errors="coerce")
        return (numbers < column.minimum) | (numbers > column.maximum)
    return pd.Series(False, index=rows.index)
