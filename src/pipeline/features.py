"""Turns columns into the numbers an estimator reads, by the kind of each column."""

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils.validation import check_is_fitted, validate_data

from pipeline.sections import Kind, Treatment

PARTS = ("year", "month", "day", "dayofweek", "hour")
USUAL_NGRAMS = {"word": (1, 1), "char": (1, 2)}
MOST_CODES = 250  # HistGradientBoosting takes 255


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


class Words(TfidfVectorizer):  # type: ignore[misc]
    """Words of a text, by how often they are in it and how seldom in others.

    In a saved model its vocabulary is one text. As scikit-learn has it, each word would be a file in the model's: of
    50,000 words, 80 s to write them, and 9 s to read them at each start.
    """

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        places = state.get("vocabulary_")
        return state if places is None else {**state, "vocabulary_": json.dumps(sorted(places, key=places.get))}

    def __setstate__(self, state: dict[str, Any]) -> None:
        if isinstance(said := state.get("vocabulary_"), str):
            state = {**state, "vocabulary_": {word: place for place, word in enumerate(json.loads(said))}}
        super().__setstate__(state)


class Clip(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Numbers beyond two quantiles of the training rows become that quantile; gaps stay gaps.

    Args:
        low: the lower quantile, as a share of the rows.
        high: the upper one.
    """

    def __init__(self, low: float = 0.01, high: float = 0.99) -> None:
        self.low = low
        self.high = high

    def fit(self, numbers: Any, y: Any = None) -> "Clip":
        """Measure both quantiles of each column: (rows, columns)."""
        if not 0 <= self.low < self.high <= 1:
            raise ValueError(f"low ({self.low}) and high ({self.high}) are no two shares that rise")
        values = validate_data(self, numbers, dtype="float64", ensure_all_finite="allow-nan")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of a column that is empty: it has no bounds
            found = np.nanquantile(values, [self.low, self.high], axis=0)
        self.low_ = np.where(np.isnan(found[0]), -np.inf, found[0])
        self.high_ = np.where(np.isnan(found[1]), np.inf, found[1])
        return self

    def transform(self, numbers: Any) -> np.ndarray:
        """(rows, columns) between the quantiles."""
        check_is_fitted(self)
        values = validate_data(self, numbers, dtype="float64", ensure_all_finite="allow-nan", reset=False)
        clipped: np.ndarray = np.clip(values, self.low_, self.high_)
        return clipped

    def __sklearn_tags__(self) -> Any:
        """That gaps are allowed."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


def own(columns: Sequence[tuple[str, Kind]]) -> list[tuple[str, Any, list[str]]]:
    """Features of your own, beside those of each column: docs/experiments.md shows how one is made.

    Args:
        columns: name and kind, in the order of the table.

    Returns:
        A name, a function of a table (or a transformer), and the columns that it gets; one that gets none is left out.
    """
    return []


def transformer(
    columns: Sequence[tuple[str, Kind]],
    *,
    scale: bool,
    treatments: Mapping[str, Treatment] | None = None,
    codes: bool = False,
) -> ColumnTransformer:
    """The preprocessing for these columns.

    Args:
        columns: name and kind, in the order of the table.
        scale: bring numbers to mean 0 and deviation 1.
        treatments: of the columns that are taken in another way than usual, how.
        codes: of categories, which come before all other columns then, as one number a column.
    """
    steps: list[tuple[str, Any, Any]] = []
    kinds = [("numeric", _numbers), ("date", _dates)]
    for kind, make in [("categorical", _codes), *kinds] if codes else [*kinds, ("categorical", _categories)]:
        alike: dict[str, tuple[Treatment | None, list[str]]] = {}
        for name in [name for name, k in columns if k == kind]:
            treatment = (treatments or {}).get(name)
            alike.setdefault(" ".join([kind, *_said(treatment)]), (treatment, []))[1].append(name)
        steps += [(step, make(treatment, scale), names) for step, (treatment, names) in alike.items()]
    steps += [(f"text {name}", _text((treatments or {}).get(name)), name) for name, kind in columns if kind == "text"]
    for name, step, names in own(columns):
        if names:
            steps.append((f"own {name}", step if hasattr(step, "fit") else FunctionTransformer(step), names))
    texts = any(kind == "text" for _, kind in columns)
    return ColumnTransformer(steps, sparse_threshold=0.3 if texts else 0.0)


def _said(treatment: Treatment | None) -> list[str]:
    """What a treatment says, so that columns that are taken alike are one step."""
    return [f"{key}={value}" for key, value in treatment if value is not None] if treatment else []


def _numbers(treatment: Treatment | None, scale: bool) -> Any:
    return _chain(*_clipped(treatment), *_filled(treatment, scale))


def _dates(treatment: Treatment | None, scale: bool) -> Any:
    return _chain(DateParts(), *_filled(treatment, scale))


def _clipped(treatment: Treatment | None) -> list[Any]:
    return [Clip(*treatment.clip)] if treatment and treatment.clip else []


def _filled(treatment: Treatment | None, scale: bool) -> list[Any]:
    flag = bool(treatment and treatment.missing)
    imputer = SimpleImputer(strategy="median", keep_empty_features=True, add_indicator=flag)
    return [imputer, StandardScaler()] if scale else [imputer]


def _categories(treatment: Treatment | None, _: bool) -> Any:
    rare = treatment.rare if treatment else None
    return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=100, min_frequency=rare)


def _codes(treatment: Treatment | None, _: bool) -> Any:
    """A gap, and a category that no training row has, are nan."""
    rare = treatment.rare if treatment else None
    unknown: dict[str, Any] = {"handle_unknown": "use_encoded_value", "unknown_value": np.nan}
    return OrdinalEncoder(encoded_missing_value=np.nan, max_categories=MOST_CODES, min_frequency=rare, **unknown)


def _text(treatment: Treatment | None) -> Any:
    if not treatment:
        return Words(max_features=50_000)
    analyzer = treatment.analyzer or "word"
    ngrams = treatment.ngrams or USUAL_NGRAMS[analyzer]
    return Words(max_features=50_000, analyzer=analyzer, ngram_range=ngrams)


def _chain(*steps: Any) -> Any:
    named = [(type(step).__name__.lower(), step) for step in steps]
    return Pipeline(named) if len(named) > 1 else steps[0]
