"""Cells become numbers, dates or text; columns get their kind; both can be overruled."""

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest

from pipeline.table import columns


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "2", "-3"], "int64", [1, 2, -3]),
        (["1.5", " 2 ", "1e3"], "float64", [1.5, 2, 1000]),
        (["1", None, " "], "float64", [1, None, None]),
        ([1, 2], "int64", [1, 2]),
        ([True, False, None], "float64", [1, 0, None]),
        (["True", "false"], "float64", [1, 0]),
        ([decimal.Decimal("1.5"), None], "float64", [1.5, None]),
        (["18446744073709551616", "1"], "float64", [18446744073709551616.0, 1]),
        (["1925036343869802001", "1925036343869802002"], "str", ["1925036343869802001", "1925036343869802002"]),
        ([1925036343869802001, 1925036343869802002], "str", ["1925036343869802001", "1925036343869802002"]),
        (["NA", " null ", "7"], "float64", [None, None, 7]),
        (["a", " None", "true", "TRUE"], "str", ["a", None, "True", "True"]),
        (["2024-01-31", "2024-02-01 10:00"], "datetime64[us]", ["2024-01-31", "2024-02-01 10:00"]),
        (["2024-01-31T10:00:00+02:00"], "datetime64[us]", ["2024-01-31 08:00"]),
        ([datetime.date(2024, 1, 31)], "datetime64[us]", ["2024-01-31"]),
        (["a ", "", None], "str", ["a", None, None]),
        (["1,5", "2,5"], "str", ["1,5", "2,5"]),
        (["1_000", "0x10"], "str", ["1_000", "0x10"]),
    ],
)
def test_cells_become_what_they_say(cells: list[object], dtype: str, values: list[object]) -> None:
    """Numbers, truth values and dates are told from text, whatever type the source gave them."""
    parsed, wrong = columns.parse(pd.Series(cells))
    assert str(parsed.dtype) == dtype
    expected = (
        pd.Series(values).astype("float64") if dtype.startswith(("int", "float")) else pd.Series(values, dtype=dtype)
    )
    assert ((parsed == expected) | (parsed.isna() & expected.isna())).all()
    assert not wrong.any()


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        (["1"] * 30 + ["x"], 1),
        (["2024-01-31"] * 30 + ["soon"], 1),
        (["2024-01-31", "2024-02-30"], 1),
        ([1.0, np.inf], 1),
        (["1"] * 10 + ["x"], 0),
    ],
    ids=["text among numbers", "text among dates", "no such day", "infinite", "too much text: a column of text"],
)
def test_the_odd_cell_is_reported(cells: list[object], wrong: int) -> None:
    """Where nearly all cells are of one kind, the others are wrong; where they are not, it is text."""
    parsed, said = columns.parse(pd.Series(cells))
    assert said.sum() == wrong
    assert parsed[said].isna().all()


@pytest.mark.parametrize(
    ("cells", "kind", "values", "wrong"),
    [
        ([1, 2], "categorical", ["1", "2"], 0),
        ([1.0, 2.5, np.nan], "categorical", ["1", "2.5", None], 0),
        (["1", "2"], "text", ["1", "2"], 0),
        ([True, None], "categorical", ["True", None], 0),
        (["1", "x"], "numeric", [1, None], 1),
        ([20240131, 20240201], "date", ["2024-01-31", "2024-02-01"], 0),
        (["2024-12-31", "31/12/2024"], "date", ["2024-12-31", None], 1),
    ],
)
def test_a_stated_kind_overrules(cells: list[object], kind: str, values: list[object], wrong: int) -> None:
    """What params.yaml says a column is, it is; what does not fit is reported."""
    parsed, said = columns.parse(pd.Series(cells), kind)
    expected = pd.Series(values, dtype=parsed.dtype)
    pd.testing.assert_series_equal(parsed, expected)
    assert said.sum() == wrong


def test_words_for_nothing_are_what_is_stated() -> None:
    """None is a word where data.missing does not hold it."""
    assert columns.parse(pd.Series(["None", "a", "?"]), missing=["?"])[0].tolist()[:2] == ["None", "a"]


def test_a_number_is_one_text_with_and_without_gaps() -> None:
    """A category sent alone, as 1, is the category that stood in a column of floats."""
    assert columns.as_text(pd.Series([1.0, np.nan]))[0] == columns.as_text(pd.Series([1]))[0] == "1"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1.0, 2.0, 3.0], "numeric"),
        (pd.to_datetime(["2024-01-01", "2024-01-02"]), "date"),
        (["a", "b", "a"], "categorical"),
        ([f"w{i} and some other words" for i in range(20)], "text"),
        (["one of four words", "another of four words"] * 20, "categorical"),
        ([f"id{i}" for i in range(60)], "ignored"),
        ([1.0, 1.0, None], "ignored"),
        ([None, None], "ignored"),
    ],
)
def test_the_kind_is_what_the_values_look_like(values: list[object], kind: str) -> None:
    """Constants and names of single rows are ignored; many words that seldom repeat are text."""
    assert columns.kind_of(pd.Series(values)) == kind


def test_kinds_are_overruled_by_name() -> None:
    """Stated kinds come first, the others are inferred."""
    frame = pd.DataFrame({"zip": [10115, 89073, 53111], "b": ["x", "y", "x"]})
    assert columns.kinds_of(frame, {"zip": "categorical"}) == {"zip": "categorical", "b": "categorical"}
