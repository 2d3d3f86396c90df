"""Rows of JSON, checked by the signature."""

import datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.signature import Column, Signature
from pipeline.table import columns
from service.http import rows as module
from service.http.protocol import Refused
from service.http.rows import Reader, in_order

SIGNATURE = Signature(
    task="binary",
    target="label",
    classes=("no", "yes"),
    estimator="x",
    rows=10,
    columns=(
        Column(name="age", kind="numeric"),
        Column(name="name", kind="ignored"),
        Column(name="city", kind="categorical", categories=("Ulm",)),
        Column(name="since", kind="date"),
        Column(name="note", kind="text"),
    ),
)
ROW = {"age": 31, "city": "Ulm", "since": "2024-01-31", "note": "some words"}


def test_a_row_is_read_by_kind() -> None:
    """Numbers, dates and words, in the signature's order; null is missing; text loses the blanks around it."""
    inputs = Reader(SIGNATURE).read([ROW, dict.fromkeys(ROW), ROW | {"age": True, "city": " 7.0 ", "note": ""}])
    assert np.array_equal(inputs.numbers, [[31.0], [np.nan], [1.0]], equal_nan=True)
    assert inputs.dates[0, 0] == np.datetime64("2024-01-31")
    assert np.isnat(inputs.dates[1, 0])
    assert inputs.words.tolist() == [["Ulm", "some words"], [None, None], ["7.0", None]]


@pytest.mark.parametrize("extra", [{"name": "Ann"}, {"label": "yes"}, {"row_id": 7}])
def test_what_the_model_knows_and_does_not_read_may_be_there(extra: dict[str, Any]) -> None:
    """Ignored columns, the target and row_id are passed over."""
    assert len(Reader(SIGNATURE).read([ROW | extra])) == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({k: v for k, v in ROW.items() if k != "age"}, "rows[1]: column 'age' is missing"),
        ({**{k: v for k, v in ROW.items() if k != "age"}, "aeg": 1}, "column 'age' is missing; did you mean 'aeg'?"),
        (ROW | {"citi": "Ulm"}, "rows[1]: column 'citi' is unknown; did you mean 'city'?"),
        ({}, "column 'age' is missing"),
        ([], "rows[1]: must be an object, with a field for each column; it is a list"),
        ("age", "it is text"),
        (None, "it is null"),
        (3, "it is a number"),
        (ROW | {"age": "31 years"}, "rows[1]: column 'age' must be a number; it is text"),
        (ROW | {"age": [31]}, "must be a number; it is a list"),
        (ROW | {"age": {}}, "must be a number; it is an object"),
        (ROW | {"age": float("inf")}, "column 'age' is too large"),
        (ROW | {"age": -1e31}, "column 'age' is too large"),
        (ROW | {"age": 10**400}, "column 'age' is too large"),
        (ROW | {"since": "yesterday"}, "rows[1]: column 'since' must be a date"),
        (ROW | {"since": "2024-02-30"}, "must be a date"),
        (ROW | {"since": True}, "it is true or false"),
        (ROW | {"since": []}, "it is a list"),
        (ROW | {"city": ["Ulm"]}, "rows[1]: column 'city' must be text; it is a list"),
        (ROW | {"note": {"a": 1}}, "rows[1]: column 'note' must be text; it is an object"),
    ],
)
def test_what_does_not_fit_is_named(row: Any, said: str) -> None:
    """The place of the row, the field, and the nearest right name."""
    with pytest.raises(Refused) as caught:
        Reader(SIGNATURE).read([ROW, row])
    assert caught.value.status == 400
    assert said in str(caught.value)


def test_every_problem_is_told_up_to_ten() -> None:
    """The line holds three, the list ten; values are never quoted."""
    with pytest.raises(Refused) as caught:
        Reader(SIGNATURE).read([ROW | {"age": "secret"}] * 12)
    assert len(caught.value.problems) == 10
    assert str(caught.value).endswith("; ...")
    assert "secret" not in str(caught.value) + str(caught.value.problems)


def test_a_long_text_among_numbers_costs_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text of a megabyte beside 5,000 numbers is refused before numpy is asked to make room for it."""
    wide = SIGNATURE.model_copy(update={"columns": tuple(Column(name=f"c{i}", kind="numeric") for i in range(5000))})
    row = {f"c{i}": 1.0 for i in range(5000)}
    reader = Reader(wide)
    assert reader.read([row]).numbers.shape == (1, 5000)
    monkeypatch.setattr(module, "np", SimpleNamespace(empty=np.empty, array=None, float64=np.float64))
    with pytest.raises(Refused, match="'c7' must be a number"):
        reader.read([row | {"c7": "x" * 1_000_000}])


@pytest.mark.parametrize(("width", "names"), [(4, "features"), (5, "columns"), (3, "features")])
def test_rows_without_names_are_of_the_order_that_is_as_wide(width: int, names: str) -> None:
    """What the model reads, or all that the table has; one of another width is refused with the first."""
    reader = Reader(SIGNATURE)
    grid = in_order([["31"] * width], reader.orders)
    assert list(grid.names) == [column.name for column in getattr(SIGNATURE, names)]
    if width == 3:
        with pytest.raises(Refused, match="has 3 values for 4 columns"):
            reader.read_grid(grid)


def test_a_date_that_pandas_writes_as_missing_is() -> None:
    """NaT, and no other word of the kind."""
    assert np.isnat(Reader(SIGNATURE).read([ROW | {"since": "NaT"}]).dates[0, 0])
    with pytest.raises(Refused, match="must be a date"):
        Reader(SIGNATURE).read([ROW | {"since": "NaTs"}])


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31", "2024-01-31T12:30", "2024-01-31 12:30:59", "2024-01-31T12:30:59.123456",
        "2024-01-31T12:30:59.123Z",
        "2024-01-31T12:30:59+02:00", "20240131", "2024-1-5", "1600-01-01", "", "  ",
    ],
)  # fmt: skip
def test_a_date_is_the_one_that_the_pipeline_reads(text: str) -> None:
    """Quickly or not, with a zone or without, in the usual form or another."""
    said = Reader(SIGNATURE).read([ROW | {"since": text}]).dates[0, 0]
    expected = columns.parse(pd.Series([text], dtype="object"), "date")[0].to_numpy()[0]
    assert said == expected or (np.isnat(said) and np.isnat(expected))


@given(st.datetimes(datetime.datetime(1750, 1, 1), datetime.datetime(2150, 1, 1)), st.timezones() | st.none())
def test_any_date_is_the_one_that_the_pipeline_reads(moment: datetime.datetime, zone: Any) -> None:
    """To the microsecond, in UTC."""
    text = moment.replace(tzinfo=zone).isoformat()
    expected, wrong = columns.parse(pd.Series([text], dtype="object"), "date")
    if not wrong.any():
        assert Reader(SIGNATURE).read([ROW | {"since": text}]).dates[0, 0] == expected.to_numpy()[0]
