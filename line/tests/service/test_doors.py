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
from pipeline.sections import CellRule, Clean, Data
from pipeline.table import cells, columns, tables
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
RULES = {
    "size": CellRule(decimal=",", thousands=".", times=0.01, missing=("-9", "?")),
    "born": CellRule(missing=("1900-01-01", "open"), replace={"today": "2026-11-29"}),
    "since": CellRule(missing=("01/01/1900",), replace={"never": "31/12/2099"}),
    "city": CellRule(case="lower", replace={"N.Y.": "New York", "7": "seven"}, missing=("unknown", "999"), decimal=","),
    "note": CellRule(case="upper", missing=("-9",), times=-2.5),
}
WORDS = ("NA", "null", "?", "-1", "2000-01-01")
MERGED = cells.rules_of(
    Clean(columns=RULES), Data(source="x", target="label", missing=WORDS), [column.name for column in SIGNATURE.columns]
)
PLAIN = SIGNATURE.model_copy(update={"missing": WORDS})
RULED = PLAIN.model_copy(
    update={"columns": tuple(each.model_copy(update={"clean": MERGED.get(each.name)}) for each in SIGNATURE.columns)}
)
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
    *("1.234,50", "12.345.678", "1.23", ",5", "1 234", "-9", "-9.0", "999", "0999", "-1", "-1.0", "7", "2.500", "1e3"),
    *("unknown", "Unknown", "N.Y.", "n.y. ", "open", "never", "today", "1900-01-01", "01/01/1900", "2000-01-01"),
    *("e\u0301te\u0301", "\u00e9t\u00e9", "\u212b", "\u00a0x\u2007", "STRASSE\u0130", "\x1cx", "'1.5"),
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
CELLS = st.sampled_from(ODD) | st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=12)
CELLS |= st.from_regex(r"[ +-]?[0-9/:.,eE-]{0,14}", fullmatch=True) | st.dates().map("{:%d/%m/%Y}".format)
TYPED = st.integers(-(2**53), 2**53) | st.floats(-1e20, 1e20) | st.sampled_from([-9, 999, 7.0, -1.0, -0.0, 1234.5])


class Doors:
    """All ways in, of one signature."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.reader, self.cells = Reader(signature), Cells(signature)
        self.tables = Tables(signature, self.reader, max_rows=10, max_body=10**7)

    def row(self, cell: Any, column: Column) -> dict[str, Any]:
        """A row that says nothing elsewhere."""
        return dict.fromkeys((each.name for each in self.signature.columns), None) | {column.name: cell}

    def of(self, column: Column, read: Callable[[], Inputs]) -> Any:
        """What a request's row says."""
        try:
            return read().frame(Layout.of(self.signature))[column.name][0]
        except Refused as refused:
            return WRONG if column.name in str(refused) else refused

    def by_the_stages(self, cell: Any, column: Column) -> Any:
        """As `clean`, `validate` and `train` read the cell of a table."""
        cells_ = pd.Series([cell], dtype=None if isinstance(cell, (int, float)) else "str", name=column.name)
        if column.clean:
            cells_ = cells.cells(cells_, column.clean)
        values, wrong = columns.parse(cells_, column.kind, missing=self.signature.missing, date=column.date)
        if wrong[0]:
            return WRONG
        return self.signature.conform(pd.DataFrame(self.row(None, column), index=[0]).assign(**{column.name: values}))[
            column.name
        ][0]

    def by_a_function(self, cell: Any, column: Column) -> Any:
        """As Signature.read reads it."""
        return self.signature.read(pd.DataFrame([self.row(cell, column)]))[column.name][0]

    def by_json(self, cell: Any, column: Column) -> Any:
        """As POST /predict reads it."""
        return self.of(column, lambda: self.reader.read([self.row(cell, column)]))

    def by_csv(self, cell: Any, column: Column) -> Any:
        """As POST /predict/table reads a line of CSV."""
        text = io.StringIO()
        row = self.row(cell, column)
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows([row.keys(), ["" if c is None else c for c in row.values()]])
        return self.of(column, lambda: self.tables.read(text.getvalue().encode(), CSV)[0])

    def by_parquet(self, cell: Any, column: Column) -> Any:
        """As POST /predict/table reads a Parquet file."""
        stream = io.BytesIO()
        pa.parquet.write_table(self._table(cell, column), stream)
        return self.of(column, lambda: self.tables.read(stream.getvalue(), PARQUET)[0])

    def by_score(self, cell: Any, column: Column) -> Any:
        """As `mainline score` reads it."""
        values, unreadable = self.cells.read(self._table(cell, column))
        return WRONG if column.name in unreadable else values[column.name][0]

    def _table(self, cell: Any, column: Column) -> pa.Table:
        return pa.table({name: [said] for name, said in self.row(cell, column).items()})

    def check(self, cell: Any, column: Column, names: tuple[str, ...]) -> None:
        """A number, a date, a word or nothing; or it is refused, or counted as unreadable."""
        expected = plain(self.by_the_stages(cell, column))
        if isinstance(expected, float | int) and abs(expected) > LARGEST:
            return  # which requests refuse
        for name in names:
            said = plain(getattr(self, name)(cell, column))
            if name == "by_a_function" and expected == WRONG and column.kind != "categorical":
                said = said or WRONG  # nobody is there to be told: what cannot be read is missing
            assert said == expected, name


WAYS = ("by_a_function", "by_json", "by_csv", "by_parquet", "by_score")
DOORS = {"plain": Doors(PLAIN), "ruled": Doors(RULED)}


def plain(value: Any) -> Any:
    """A value that can be compared, to the bit: nothing is None, as text without words is."""
    if isinstance(value, str):
        return value or None
    return None if pd.isna(value) else pd.Timestamp(value) if isinstance(value, np.datetime64) else value


@pytest.mark.slow
@effort(max_examples=150, deadline=None)
@given(doors=st.sampled_from([*DOORS]), place=st.integers(0, len(SIGNATURE.columns) - 1), cell=CELLS)
def test_a_cell_means_the_same_at_every_door(doors: str, place: int, cell: str) -> None:
    """The text of a cell, with and without rules for its column."""
    DOORS[doors].check(cell, DOORS[doors].signature.columns[place], WAYS)


@pytest.mark.slow
@effort(max_examples=150, deadline=None)
@given(doors=st.sampled_from([*DOORS]), name=st.sampled_from(["size", "city", "note"]), cell=TYPED)
def test_a_number_means_the_same_at_every_door(doors: str, name: str, cell: float) -> None:
    """What comes as a number, by JSON, Parquet and from a table of numbers."""
    column = next(column for column in DOORS[doors].signature.columns if column.name == name)
    DOORS[doors].check(cell, column, tuple(way for way in WAYS if way != "by_csv"))


@pytest.mark.parametrize("cell", [0.1, 3, 123456.789, 1e-7, 2.5e17])
def test_text_and_number_are_multiplied_to_the_same_bits(cell: float) -> None:
    """CSV, JSON as text and as a number, Parquet as a float."""
    rule = CellRule(times=0.01)
    doors = Doors(SIGNATURE.model_copy(update={"columns": (Column(name="size", kind="numeric", clean=rule),)}))
    (column,) = doors.signature.columns
    ways = [doors.by_json(cell, column), doors.by_json(repr(cell), column), doors.by_csv(repr(cell), column)]
    ways += [doors.by_parquet(float(cell), column), doors.by_score(repr(cell), column)]
    ways += [doors.by_the_stages(repr(cell), column), doors.by_the_stages(float(cell), column)]
    assert {float(said).hex() for said in ways} == {(float(cell) * 0.01).hex()}


@pytest.mark.parametrize("cell", [True, 3, 3.0, 1925036343869802001, 2**60 + 1])
def test_a_typed_value_is_the_word_that_a_table_says(cell: Any) -> None:
    """Truth, whole numbers of any length and 3.0 are one category by JSON, Parquet and as text, gaps or none."""
    word = {True: "True", 3: "3"}.get(cell, str(cell))
    doors, column = DOORS["plain"], PLAIN.columns[4]
    other = doors.row(None, column)
    assert doors.of(column, lambda: doors.reader.read([other | {"city": cell}])) == word
    typed = {name: [None, None] for name in other} | {"city": [cell, None]}
    stream = io.BytesIO()
    pa.parquet.write_table(pa.table(typed), stream)
    assert doors.of(column, lambda: doors.tables.read(stream.getvalue(), PARQUET)[0]) == word
    assert doors.cells.read(pa.table(typed))[0]["city"][0] == word
    stored = tables.of_arrow(pa.table(typed))["city"]
    assert columns.parse(stored, "categorical")[0][0] == word
