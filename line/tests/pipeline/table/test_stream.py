"""Rows that production brought go below the source's, in the form of its cells; their ids say what they are for."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.sections import Data
from pipeline.table import stream, tables

DATA = Data(source="t.csv", target="label")


def text(*cells: str | None) -> pd.Series:
    """Cells of a text file."""
    return pd.Series(cells, dtype="str")


@pytest.mark.parametrize(
    ("source", "cells", "kind", "found"),
    [
        (text("1", "x"), [3.0, 2.5, np.nan], "str", ["1", "x", "3", "2.5", None]),
        (text("2024-01-31"), pd.to_datetime(["2024-02-01"]), "str", ["2024-01-31", "2024-02-01T00:00:00.000000"]),
        (pd.Series([1, 2]), [3.0], "int64", [1, 2, 3]),
        (pd.Series([1, 2]), [3.5, None], "float64", [1.0, 2.0, 3.5, None]),
        (pd.Series([2**60 + 1]), [str(2**60 + 3)], "int64", [2**60 + 1, 2**60 + 3]),
        (pd.Series([True]), [1.0, 0.0], "bool", [True, True, False]),
        (pd.Series([True]), [2.0], "float64", [1.0, 2.0]),
        (pd.Series([1, 2]), ["x"], "str", ["1", "2", "x"]),
        (pd.Series(pd.to_datetime(["2024-01-31"])), ["2024-02-01T00:00:00.000000"], "datetime64[us]",
         [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]),
        (pd.Series(pd.to_datetime(["2024-01-31"], utc=True)), [None], "datetime64[us, UTC]",
         [pd.Timestamp("2024-01-31", tz="UTC"), None]),
    ],
    ids=["text", "text of dates", "whole", "fractions", "long", "truth", "no truth", "no number", "dates", "a zone"],
)  # fmt: skip
def test_cells_take_the_form_of_the_column(source: pd.Series, cells: Any, kind: str, found: list[Any]) -> None:
    """Of text as text, of numbers and dates as those, of what no type of it holds as the next wider one."""
    frame = pd.DataFrame({"row_id": [f"r{n}" for n in range(len(source))], "x": source})
    rows = pd.DataFrame({"row_id": [f"stream:{n}" for n in range(len(cells))], "x": cells})
    below = stream.below(frame, rows, DATA)
    assert str(below["x"].dtype) == kind
    assert below["x"].astype("object").where(below["x"].notna(), None).tolist() == found
    assert below["row_id"].tolist() == [*frame["row_id"], *rows["row_id"]]


def test_the_columns_are_those_of_the_source() -> None:
    """Others, such as the day, are dropped; those that production does not know are blank."""
    frame = pd.DataFrame({"row_id": ["a"], "x": [1.0], "note": text("n"), "label": ["yes"]})
    frame.attrs = {tables.LEFT_OUT: ["Unnamed: 0"]}
    rows = pd.DataFrame({"row_id": ["stream:k"], "label": ["no"], "x": [2.0], "_day": ["2026-03-01"], "more": [1]})
    below = stream.below(frame, rows, DATA)
    assert list(below.columns) == list(frame.columns)
    assert below.loc[1, ["row_id", "x", "label"]].tolist() == ["stream:k", 2.0, "no"]
    assert below["note"].isna().tolist() == [False, True]
    assert below.attrs == frame.attrs


def test_an_id_says_what_a_row_is_for() -> None:
    """Its key is what stands behind that; another id is its own key."""
    ids = pd.Series(["stream:k", "asked:12:a:b", "sealed:2026-03:k#1", "k", "streams:k", "asked"])
    assert stream.brought(ids).tolist() == [True, True, True, False, False, False]
    assert stream.keys(ids).tolist() == ["k", "a:b", "k#1", "k", "streams:k", "asked"]


def test_rows_are_read_where_there_are_some(folder: Path) -> None:
    """None without the file; what does not say what it is for is refused."""
    assert stream.read() is None
    tables.write(pd.DataFrame({"row_id": ["stream:k"], "x": [1]}), stream.ROWS)
    assert len(stream.read()) == 1  # type: ignore[arg-type]
    for wrong, said in [({"row_id": ["k"]}, "'k' begins with none of stream:"), ({"x": [1]}, "rows without 'row_id'")]:
        tables.write(pd.DataFrame(wrong), stream.ROWS)
        with pytest.raises(DataError, match=said):
            stream.read()
