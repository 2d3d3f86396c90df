"""Columns become numbers, by kind, and nothing that comes later breaks them."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from pipeline import features

COLUMNS = [("n", "numeric"), ("c", "categorical"), ("t", "text"), ("d", "date")]


def table(n: list, c: list, t: list, d: list) -> pd.DataFrame:
    """One column of each kind."""
    frame = pd.DataFrame({"n": np.array(n, dtype="float64"), "c": c, "t": t, "d": pd.to_datetime(d)})
    return frame.astype({"c": object, "t": object})


TRAIN = table(
    [1, 2, 3, np.nan], ["a", "b", "a", np.nan], ["red car", "blue car", "red", ""], ["2024-01-31"] * 3 + [None]
)


@pytest.mark.parametrize(
    ("column", "width"), [(("n", "numeric"), 1), (("c", "categorical"), 3), (("t", "text"), 3), (("d", "date"), 5)]
)
def test_each_kind_has_its_numbers(column: tuple, width: int) -> None:
    """A number is one, a category one a value (a missing one too), a text one a word, a date five."""
    made = features.transformer([column], scale=True).fit_transform(TRAIN)
    assert made.shape == (4, width)
    values = made.toarray() if scipy.sparse.issparse(made) else made
    assert np.isfinite(values).all()


def test_what_was_not_seen_in_training_is_no_fault() -> None:
    """A new category is none of those known, new words count nothing, gaps are filled."""
    fitted = features.transformer(COLUMNS, scale=False).fit(TRAIN)
    made = fitted.transform(table([np.nan], ["new"], ["new words"], [None]))
    row = (made.toarray() if scipy.sparse.issparse(made) else made)[0]
    assert row[0] == 2.0  # the median
    assert np.isfinite(row).all()
    assert not row[6:].any()


def test_dates_become_their_parts() -> None:
    """Year, month, day, day of the week and hour, in that order, with their names."""
    parts = features.DateParts().fit(TRAIN[["d"]])
    assert parts.transform(pd.DataFrame({"d": pd.to_datetime(["2024-01-31 10:00"])})).tolist() == [[2024, 1, 31, 2, 10]]
    assert list(parts.get_feature_names_out()) == ["d_year", "d_month", "d_day", "d_dayofweek", "d_hour"]


@pytest.mark.parametrize(("scale", "mean"), [(True, 0.0), (False, 2.0)])
def test_numbers_are_scaled_where_asked(scale: bool, mean: float) -> None:
    """Trees do not need it, most others do."""
    made = features.transformer([("n", "numeric")], scale=scale).fit_transform(TRAIN)
    assert made.mean() == pytest.approx(mean)


def test_a_column_of_gaps_keeps_its_place() -> None:
    """A column that is empty in training is not dropped, so the width never depends on the rows."""
    empty = TRAIN.assign(n=np.nan)
    assert features.transformer([("n", "numeric")], scale=True).fit_transform(empty).shape == (4, 1)
