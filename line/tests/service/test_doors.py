"""One value, one meaning: a cell says the same in a table of training, a file to score, and each request."""

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Column, Signature
from pipeline.table import columns, tables
from service.http.protocol import Refused
from service.http.rows import LARGEST, Reader
from service.http.tables import CSV, PARQUET, Tables
from service.score.cells import Cells

SIGNATURE = Signature(
    task="binary",
    target="label",
    classes=("no", "yes"),
    estimator="x",
    rows=10,
    missing=("NA", "null", "?"),
    columns=(
        Column(name="size", kind="numeric"),
        Column(name="born", kind="date"),
        Column(name="since", kind="date", date="%d/%m/%Y"),
        Column(name="until", kind="date", date="%m/%d/%y %H:%M"),
        Column(name="city", kind="categorical"),
        Column(name="note", kind="text"),
    ),
)
READER = Reader(SIGNATURE)
TABLES = Tables(SIGNATURE, READER, max_rows=10, max_body=10**7)
WRONG = "wrong"

ODD = [
    *(
        "",
        " ",
        "NA",
        " NA ",
        "null",
        "None",
        "nan",
        "?",
        "true",
        "True",
        " TRUE",
        "false",
        "FALSE",
        "tRue",
        "yes",
        "off",
    ),
    *("1", " 7.0 ", "007", "1e5", "1E5", "-0", "1,5", "1.234,5", "0x10", "1_000", "١", "0.1", "1925036343869802001"),
    *(
        "2024-01-31",
        "2024-1-5",
        "2024-13-05",
        "2024-02-30",
        "20240131",
        "2024-01-31T10:00:00+02:00",
        "2024-01-31 10:00 PM",
    ),
    *(
        "03/04/2024",
        "31/12/2024",
        "12/31/2024",
        "1/2/2024",
        "31/12/24",
        "12/31/24 10:30",
        "1/2/99 1:05",
        "31. May 2024",
    ),
]
CELLS = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=12)
CELLS |= st.from_regex(r"[ +-]?[0-9/:.eE-]{0,14}", fullmatch=True) | st.dates().map("{:%d/%m/%Y}".format)


def by_the_stage(cell: str, column: Column) -> Any:
    """As `validate` reads the cell of a text file."""
    cells = pd.Series([cell], dtype="str")
    values, wrong = columns.parse(cells, column.kind, missing=SIGNATURE.missing, date=column.date)
    return WRONG if wrong[0] else values[0]


def by_a_function(cell: str, column: Column) -> Any:
    """As Signature.conform reads it."""
    return SIGNATURE.conform(pd.DataFrame([row(cell, column)]))[column.name][0]


def by_json(cell: str, column: Column) -> Any:
    """As POST /predict reads it."""
    return of(column, lambda: READER.read([row(cell, column)]))


def by_csv(cell: str, column: Column) -> Any:
    """As POST /predict/table reads a line of CSV."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([row(cell, column).keys(), [cell or "" for cell in row(cell, column).values()]])
    return of(column, lambda: TABLES.read(text.getvalue().encode(), CSV)[0])


def by_parquet(cell: str, column: Column) -> Any:
    """As POST /predict/table reads a Parquet file."""
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table({name: [said] for name, said in row(cell, column).items()}), stream)
    return of(column, lambda: TABLES.read(stream.getvalue(), PARQUET)[0])


def by_score(cell: str, column: Column) -> Any:
    """As `mainline score` reads it."""
    values, unreadable = Cells(SIGNATURE).read(pa.table({name: [said] for name, said in row(cell, column).items()}))
    return WRONG if column.name in unreadable else values[column.name][0]


DOORS = {door.__name__: door for door in (by_a_function, by_json, by_csv, by_parquet, by_score)}


def row(cell: str, column: Column) -> dict[str, str | None]:
    """A row that says nothing elsewhere."""
    return dict.fromkeys((each.name for each in SIGNATURE.columns), None) | {column.name: cell}


def of(column: Column, read: Callable[[], Inputs]) -> Any:
    """What a request's row says."""
    try:
        return read().frame(Layout.of(SIGNATURE))[column.name][0]
    except Refused as refused:
        return WRONG if column.name in str(refused) else refused


def plain(value: Any) -> Any:
    """A value that can be compared: nothing is None, as text without words is."""
    if isinstance(value, str):
        return value or None
    return None if pd.isna(value) else pd.Timestamp(value) if isinstance(value, np.datetime64) else value


@pytest.mark.slow
@effort(max_examples=80, deadline=None)
@given(column=st.sampled_from(SIGNATURE.columns), cell=CELLS)
def test_a_cell_means_the_same_at_every_door(column: Column, cell: str) -> None:
    """A number, a date, a word or nothing; or it is refused, or counted as unreadable."""
    expected = plain(by_the_stage(cell, column))
    if isinstance(expected, float | int) and abs(expected) > LARGEST:
        return  # which requests refuse
    for name, door in DOORS.items():
        said = plain(door(cell, column))
        if name == "by_a_function" and expected == WRONG and column.kind != "categorical":
            said = said or WRONG  # nobody is there to be told: what cannot be read is missing
        assert said == expected, name


@pytest.mark.parametrize("cell", [True, 3, 3.0, 1925036343869802001, 2**60 + 1])
def test_a_typed_value_is_the_word_that_a_table_says(cell: Any) -> None:
    """Truth, whole numbers of any length and 3.0 are one category by JSON, Parquet and as text, gaps or none."""
    word = {True: "True", 3: "3"}.get(cell, str(cell))
    column, other = SIGNATURE.columns[4], row("", SIGNATURE.columns[4])
    assert of(column, lambda: READER.read([other | {"city": cell}])) == word
    typed = {name: [None, None] for name in other} | {"city": [cell, None]}
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table(typed), stream)
    assert of(column, lambda: TABLES.read(stream.getvalue(), PARQUET)[0]) == word
    assert Cells(SIGNATURE).read(pa.table(typed))[0]["city"][0] == word
    stored = tables.of_arrow(pa.table(typed))["city"]
    assert columns.parse(stored, "categorical")[0][0] == word
