"""Columns of every kind become numbers, the same each time, of a width that does not grow without end."""

from typing import Any

import numpy as np
import pytest

from mainline.monitor.evidence.features import WIDTH, Encoder

MIXED: dict[str, Any] = {
    "age": [20.0, 30.0, np.nan, 40.0],
    "since": np.array(["2026-01-01", "2026-02-01", "NaT", "2026-03-01"], dtype="datetime64[D]"),
    "town": ["Bern", None, "Basel", "Bern"],
    "note": ["a", "aaa", None, ""],
}
KINDS = {"age": "number", "since": "date", "town": "category", "note": "text"}


def test_each_kind_becomes_numbers() -> None:
    """Three ordered columns with gaps, each a value and whether it is missing, and four hashes of the category."""
    rows = Encoder.of(MIXED, KINDS).plain(MIXED)
    assert rows.shape == (4, 3 * 2 + 4)
    assert np.isfinite(rows).all()
    assert rows[2, [1, 3]].tolist() == [1, 1]  # age and date are missing
    assert rows[1, 4:8].tolist() == [0, 0, 0, 0]  # so is the town
    assert rows[0, 4:8].tolist() == rows[3, 4:8].tolist() != rows[2, 4:8].tolist()


def test_a_category_that_is_missing_has_no_sign() -> None:
    """Whether it is None or NaN, as pandas has it."""
    rows = Encoder.of({"x": ["a", "b"]}, {"x": "category"}).plain({"x": [None, np.nan, "a", 5]})
    assert (rows[:2] == 0).all()
    assert (np.abs(rows[2:]) == 1).all()


def test_values_are_standardised_by_the_reference() -> None:
    """The reference has mean 0 and deviation 1; what lies further than four deviations is cut."""
    values = np.random.default_rng(0).normal(50, 10, 1000)
    encoder = Encoder.of({"x": values}, {"x": "number"})
    rows = encoder.plain({"x": values})
    assert (rows.mean(), rows.std()) == (pytest.approx(0, abs=0.01), pytest.approx(1, abs=0.01))
    assert encoder.plain({"x": [1e9, -1e9, np.inf]}).ravel().tolist() == [4.0, -4.0, 0.0]


def test_a_constant_column_is_no_division_by_zero() -> None:
    """Nor one without any value."""
    rows = Encoder.of({"x": [3.0] * 5, "y": [None] * 5}, {"x": "number", "y": "number"}).plain(
        {"x": [3.0, 5.0], "y": [None, 1.0]}
    )
    assert np.isfinite(rows).all()


def test_a_text_counts_by_its_length() -> None:
    """Two texts of one length are alike, whatever they say."""
    encoder = Encoder.of({"x": ["a", "bbb", "ccccc"]}, {"x": "text"})
    assert encoder.plain({"x": ["abc"]}).tolist() == encoder.plain({"x": ["xyz"]}).tolist()


def test_dates_and_numbers_may_come_as_objects() -> None:
    """A column of Python's own numbers, with None for a missing one, is read as one of numbers."""
    one, other = (Encoder.of({"x": x}, {"x": "number"}).plain({"x": x}) for x in ([1, None, 3], [1.0, np.nan, 3.0]))
    assert one.tolist() == other.tolist()


def test_products_of_pairs_are_features() -> None:
    """Two columns: both, their squares, and their product."""
    encoder = Encoder.of({"x": [-1.0, 1.0], "y": [-1.0, 1.0]}, {"x": "number", "y": "number"})
    assert encoder.squared({"x": [2.0], "y": [3.0]}).tolist() == [[2.0, 3.0, 4.0, 6.0, 9.0]]


def test_a_wide_table_is_hashed_to_a_fixed_width() -> None:
    """Of two hundred columns as many features come as of 64: each and each pair; the same in another process."""
    rng = np.random.default_rng(0)
    columns = {f"c{at}": rng.standard_normal(10) for at in range(200)}
    encoder = Encoder.of(columns, dict.fromkeys(columns, "number"))
    made = encoder.squared(columns)
    assert made.shape == (10, WIDTH + WIDTH * (WIDTH + 1) // 2) == (10, 2144)
    plain = encoder.plain(columns)
    assert (made[:, :WIDTH] ** 2).sum() == pytest.approx((plain**2).sum(), rel=0.25)  # signs keep lengths, on average


def test_columns_that_are_hashed_together_may_cancel() -> None:
    """Each goes in with a sign: two hundred columns of one value do not all add up."""
    columns = {f"c{at}": np.array([1.0, -1.0]) for at in range(200)}
    made = Encoder.of(columns, dict.fromkeys(columns, "number")).squared(columns)[0, :WIDTH]
    assert made.min() < 0 < made.max()


def test_columns_that_have_no_kind_are_left_out() -> None:
    """An identifier is no feature."""
    rows = {"x": [1.0, 2.0], "id": ["one", "two"]}
    assert Encoder.of(rows, {"x": "number"}).plain(rows).shape == (2, 1)


@pytest.mark.parametrize(
    ("columns", "kinds", "words"),
    [
        ({"x": [1.0]}, {"x": "colour"}, "kind of x must be one of"),
        ({"x": [1.0]}, {"y": "number"}, "there is no column y"),
        ({"x": [1.0], "y": [1.0, 2.0]}, {"x": "number", "y": "number"}, "equally long"),
        ({"x": ["one"]}, {"x": "number"}, "must hold numbers"),
        ({}, {}, "no column to learn from"),
    ],
    ids=range(5),
)
def test_what_is_no_table_is_refused(columns: Any, kinds: Any, words: str) -> None:
    """Kinds and columns that do not fit are refused in words."""
    with pytest.raises(ValueError, match=words):
        Encoder.of(columns, kinds)
