"""Turns columns into the numbers an estimator reads, by the kind of each column."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from pipeline.params import Kind

PARTS = ("year", "month", "day", "dayofweek", "hour")


class DateParts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Dates as their parts: (rows, dates) -> (rows, dates x 5), missing where the date is."""

    def fit(self, dates: pd.DataFrame, y: Any = None) -> "DateParts":
        """Note the columns' names."""
        self.feature_names_in_ = np.array(dates.columns, dtype=object)
        return self

    def transform(self, dates: pd.DataFrame) -> np.ndarray:
        """Year, month, day, day of the week and hour of each date."""
        return np.column_stack([getattr(dates[name].dt, part).astype("float64") for name in dates for part in PARTS])

    def get_feature_names_out(self, names: Any = None) -> np.ndarray:
        """The names of the parts, in the order of the output."""
        return np.array([f"{name}_{part}" for name in self.feature_names_in_ for part in PARTS], dtype=object)


def transformer(columns: Sequence[tuple[str, Kind]], *, scale: bool) -> ColumnTransformer:
    """The preprocessing for these columns.

    Args:
        columns: name and kind, in the order of the table.
        scale: bring numbers to mean 0 and deviation 1.
    """
    of_kind = {kind: [name for name, k in columns if k == kind] for kind in ("numeric", "date", "categorical")}
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=100)
    numbers: list[Any] = [SimpleImputer(strategy="median", keep_empty_features=True)]
    numbers += [StandardScaler()] if scale else []
    steps: list[tuple[str, Any, Any]] = [
        ("numeric", _chain(*numbers), of_kind["numeric"]),
        ("date", _chain(DateParts(), *_again(numbers)), of_kind["date"]),
        ("categorical", one_hot, of_kind["categorical"]),
    ]
    steps = [step for step in steps if step[2]]
    steps += [(f"text {name}", TfidfVectorizer(max_features=50_000), name) for name, kind in columns if kind == "text"]
    texts = any(kind == "text" for _, kind in columns)
    return ColumnTransformer(steps, sparse_threshold=0.3 if texts else 0.0)


def _chain(*steps: Any) -> Any:
    named = [(type(step).__name__.lower(), step) for step in steps]
    return Pipeline(named) if len(named) > 1 else steps[0]


def _again(steps: list[Any]) -> list[Any]:
    from sklearn.base import clone

    return [clone(step) for step in steps]
