"""Workbooks: what a cell is, stays; what a sheet leaves open is asked."""

import datetime
import gzip
from pathlib import Path
from typing import Any

import pytest

from line.tests.pipeline.table.files import read, refusal
from line.tests.workbook import ods, xlsx
from pipeline.table import columns

NOON = datetime.datetime(2024, 2, 1, 12, 30)
HEADER = ["code", "count", "share", "day", "seen", "on", "sum"]
ROWS = [
    HEADER,
    ["007", 3, 0.1, datetime.datetime(2024, 1, 31), NOON, True, "=B2+1=4"],
    [None] * 7,
    [" 12 ", 4, 1e-07, datetime.datetime(2024, 2, 1), NOON, False, "=B4+1=5"],
]
TWO = [["a", "label"], [1, "x"], [2, "y"]]


def test_cells_are_read_as_a_text_file_would_hold_them(tmp_path: Path) -> None:
    """Whole numbers whole, days as ISO's, formulas as what they came to; blank rows are none."""
    frame = read(tmp_path / "t.xlsx", xlsx({"One": ROWS}))
    assert list(frame.columns) == HEADER
    assert frame.to_numpy().tolist() == [
        ["007", "3", "0.1", "2024-01-31", "2024-02-01 12:30:00", "True", "4"],
        ["12", "4", "1e-07", "2024-02-01", "2024-02-01 12:30:00", "False", "5"],
    ]
    assert [columns.parse(frame[name])[0].dtype.kind for name in HEADER[1:5]] == ["i", "f", "M", "M"]


def test_a_table_need_not_begin_in_the_corner(tmp_path: Path) -> None:
    """Empty rows above and columns before it are none of it; compressed, and of LibreOffice, it is the same."""
    expected = [["1", "x"], ["2", "y"]]
    moved = [[], [], *([None, None, *row] for row in TWO)]
    assert read(tmp_path / "t.xlsx", xlsx({"One": moved})).to_numpy().tolist() == expected
    assert read(tmp_path / "t.xlsx.gz", gzip.compress(xlsx({"One": TWO}))).to_numpy().tolist() == expected
    sheet = ods([["a", "label"], [1.0, "x"], [2.0, "y"]])
    assert read(tmp_path / "t.ods", sheet).to_numpy().tolist() == expected


def test_one_of_several_sheets_is_named(tmp_path: Path) -> None:
    """Those that are empty do not count."""
    book = xlsx({"Notes": [["words"]], "Data": TWO, "Sheet3": []})
    assert "2 sheets (Notes, Data); name one: data.sheet: Notes" in refusal(tmp_path / "t.xlsx", book)
    assert len(read(tmp_path / "t.xlsx", book, sheet="Data")) == 2
    assert "has no sheet 'data'; did you mean 'Data'?" in refusal(tmp_path / "t.xlsx", book, sheet="data")
    assert len(read(tmp_path / "t.xlsx", xlsx({"Sheet1": [], "Data": TWO}))) == 2


def test_a_sheet_without_a_header_is_refused_until_its_columns_are_named(tmp_path: Path) -> None:
    """As a text file is."""
    book = xlsx({"One": [[5.1, "a"], [4.9, "a"], [7, "b"]]})
    assert "line 1 holds data and no names ('5.1'); name the columns: data.columns: [c1, c2]" in refusal(
        tmp_path / "t.xlsx", book
    )
    assert read(tmp_path / "t.xlsx", book, columns=["x", "label"]).to_numpy().tolist() == [
        ["5.1", "a"],
        ["4.9", "a"],
        ["7", "b"],
    ]
    assert list(read(tmp_path / "t.xlsx", book, columns=["5.1", "a"]).columns) == ["5.1", "a"]


@pytest.mark.parametrize(
    ("rows", "merged", "said"),
    [
        ([["Order", None], ["id", "label"], [1, "x"]], ["A1:B1"], "A1:B1 are merged, and only the first would hold"),
        ([["a", "a"], [1, 2]], [], "row 1: column 'a' stands there twice"),
        ([["a", "b"]], [], "a header row and no rows"),
        ([], [], "its sheets are empty"),
        (
            [["a", "id"], [1, 1234567890123456789]],
            [],
            "row 2, column 'id': 1234567890123456768 has more digits",
        ),
    ],
    ids=["merged", "twice", "no rows", "empty", "long numbers"],
)
def test_a_sheet_that_is_no_table_is_refused(
    tmp_path: Path, rows: list[list[Any]], merged: list[str], said: str
) -> None:
    """With the cells that make it none."""
    assert said in refusal(tmp_path / "t.xlsx", xlsx({"One": rows}, merged))


def test_long_numbers_may_be_numbers_after_all(tmp_path: Path) -> None:
    """Where params.yaml says so."""
    book = xlsx({"One": [["a", "id"], [1, 1234567890123456789], [2, 3.0]]})
    assert len(read(tmp_path / "t.xlsx", book, kinds={"id": "numeric"})) == 2


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """In one line."""
    assert "not a workbook that can be read" in refusal(tmp_path / "t.xlsx", b"a,b\n1,2\n")
