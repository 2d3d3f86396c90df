"""Which bin a value falls into; the same for whoever counts dev rows by it."""

import numpy as np
import pytest

from mainline.monitor.profiles import bins

NOW = np.zeros(1)  # 1970-01-01


def words(made: bins.Bins, *cells: object) -> list[str]:
    """Where cells fall."""
    return [made.words[place] for place in made.find(list(cells), np.zeros(len(cells)))]


@pytest.mark.parametrize(
    ("value", "word"),
    [(None, "missing"), (0.99, "below 1"), (1.0, "1 to 2.5"), (2.5, "1 to 2.5"), (2.51, "2.5 to 9"), (9.0, "2.5 to 9"),
     (9.01, "above 9"), (float("nan"), "missing"), (float("inf"), "above 9"), (7, "2.5 to 9")],
)  # fmt: skip
def test_a_number_falls_between_the_tenths_of_training(value: object, word: str) -> None:
    """A part holds its upper end; outside of what training saw there are two more."""
    assert words(bins.number(1.0, 9.0, [2.5]), value) == [word]


def test_a_value_that_many_rows_share_has_a_part_of_its_own() -> None:
    """The smallest, where it is a decile; and no part is empty for good because the largest is one."""
    made = bins.number(0.0, 9.0, [0.0, 4.0, 9.0])
    assert made.words == ("missing", "below 0", "0", "0 to 4", "4 to 9", "above 9")
    assert words(made, 0.0, 0.1, 9.0) == ["0", "0 to 4", "4 to 9"]


def test_deciles_outside_of_the_range_cut_nothing() -> None:
    """Of a damaged signature."""
    assert bins.number(0.0, 9.0, [-5.0, 4.0, 12.0]).words == ("missing", "below 0", "0 to 4", "4 to 9", "above 9")


@pytest.mark.parametrize(
    ("cell", "word"),
    [(None, "missing"), ("1970-01-01T00:00:00", "up to 1 day before"), ("1970-01-01T01:00:00", "up to 1 day after"),
     ("1969-12-31T00:00:00", "3 to 1 days before"), ("1900-01-01", "more than 3,652 days before"),
     ("2170-01-01", "more than 3,652 days after"), ("1970-01-05", "3 to 7 days after")],
)  # fmt: skip
def test_a_date_falls_by_its_distance(cell: object, word: str) -> None:
    """From the record's own time, to either side."""
    made = bins.date()
    assert words(made, cell) == [word]
    assert len(made.words) == 25


def test_a_category_is_told_from_others_by_all_its_letters() -> None:
    """Though its word is cut; an empty one has a word, too."""
    made = bins.category(["x" * 100, "x" * 99 + "y", ""])
    assert made.find(["x" * 99 + "y", "x" * 100, "", None, "z"], NOW).tolist() == [2, 1, 3, 0, 4]
    assert [len(word) for word in made.words] == [7, 60, 60, 2, 6]


@pytest.mark.parametrize(
    ("said", "label", "part"), [(1.0, 1.0, 0), (0.0, 2.0, 0), (0.0, 3.0, 1), (0.0, -5.0, 5), (0.0, 99.0, 19)]
)
def test_an_error_counts_by_its_square(said: float, label: float, part: int) -> None:
    """In twenty parts of the range of training's deciles; what is larger is the largest."""
    assert bins.errors(np.array([said]), np.array([label]), 10.0).tolist() == [part]


@pytest.mark.parametrize(("label", "part"), [(0.0, 0), (0.1, 19)])
def test_without_a_range_every_error_is_the_largest(label: float, part: int) -> None:
    """Where the target was the same for nine rows of ten."""
    assert bins.errors(np.array([0.0]), np.array([label]), 0.0).tolist() == [part]


@pytest.mark.parametrize(
    ("chance", "word"), [(0.0, "up to 0.2"), (0.9, "0.85 to 0.9"), (0.9995, "above 0.999"), (1.0, "above 0.999")]
)
def test_a_confidence_falls_into_finer_parts_near_one(chance: float, word: str) -> None:
    """Where a model is sure."""
    assert bins.between(bins.CONFIDENCES)[int(bins.confidence(np.array([chance]))[0])] == word


def test_large_and_small_numbers_are_said_in_full_where_they_are_whole() -> None:
    """Six digits of others."""
    assert bins.between([1_234_567.0, 1e20]) == ("up to 1234567", "1234567 to 1e+20", "above 1e+20")
    assert bins.between([0.123456789]) == ("up to 0.123457", "above 0.123457")
    assert bins.between([]) == ("any",)
