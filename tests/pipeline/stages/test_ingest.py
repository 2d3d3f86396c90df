"""Rows get their names, and keep them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.sections import Data
from pipeline.stages import ingest
from pipeline.table import tables

TABLE = pd.DataFrame({"id": ["a", "b", "c"], "x": ["1", "2", "2"], "y": ["p", "q", "q"], "label": ["0", "1", "0"]})


def tidy(frame: pd.DataFrame, **data: object) -> pd.DataFrame:
    """The rows as ingest keeps them."""
    return ingest.tidy(frame, Data.model_validate({"source": "t.csv", "target": "label"} | data))


def test_rows_have_the_names_they_bring() -> None:
    """The id column becomes row_id, as text, and is no feature."""
    frame = tidy(TABLE.assign(id=[1.0, 2.0, 30.0]), id="id")
    assert frame["row_id"].tolist() == ["1", "2", "30"]
    assert list(frame.columns) == ["row_id", "x", "y", "label"]


def test_rows_are_named_by_what_they_say() -> None:
    """Without an id the features' hash is the name; a second row with the same content is number one of it."""
    names = tidy(TABLE, drop=["id"])["row_id"]
    assert names[2] == names[1] + "#1"
    assert names.is_unique
    assert names[0] != names[1]


def test_names_stay_when_the_table_grows() -> None:
    """Appended rows rename nobody, even where they turn a column of numbers into one of text."""
    small = pd.DataFrame({"x": [1, 2, 2], "y": [0.5, 1.5, 1.5], "label": [0, 1, 0]})
    grown = pd.concat([small, pd.DataFrame({"x": ["n/k", 2], "y": [None, 1.5], "label": [1, 1]})], ignore_index=True)
    assert grown["x"].dtype == object
    before, after = tidy(small)["row_id"].tolist(), tidy(grown)["row_id"].tolist()
    assert after[:3] == before
    assert after[4] == before[1] + "#2"


def test_names_do_not_depend_on_the_label_or_on_dropped_columns() -> None:
    """A corrected label does not move a row."""
    assert tidy(TABLE, drop=["id"])["row_id"].equals(tidy(TABLE.assign(label="1", id="z"), drop=["id"])["row_id"])


TWO = pd.DataFrame({"x": [1, 2, 2], "y": [0.5, 1.5, 1.5], "label": [0, 1, 0]})


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.assign(z=7),
        lambda x: x.assign(z=7)[["z", "label", "y", "x"]],
        lambda x: x.astype({"x": "float64"}),
        lambda x: pd.concat([x, x.assign(x=9)], ignore_index=True),
    ],
    ids=["a column more", "in another order", "another type", "more rows"],
)
def test_names_stay_where_the_columns_that_make_them_are_written_down(change) -> None:
    """data/names.txt keeps them: a new column, or one that is dropped, renames nobody."""
    before = tidy(TWO)["row_id"]
    data = Data(source="t.csv", target="label")
    assert ingest.tidy(change(TWO), data, ["x", "y"])["row_id"][:3].tolist() == before.tolist()
    dropped = Data(source="t.csv", target="label", drop=("y",))
    assert ingest.tidy(TWO, dropped, ["x", "y"])["row_id"].equals(before)
    assert "y" not in ingest.tidy(TWO, dropped, ["x", "y"])


@pytest.mark.parametrize("names", [["x", "gone"], ["x", "label"], []])
def test_names_of_another_table_name_nobody(names: list[str]) -> None:
    """Where they are not all there, or the target is among them, all columns count, as in a new project."""
    assert ingest.tidy(TWO, Data(source="t.csv", target="label"), names)["row_id"].equals(tidy(TWO)["row_id"])


@pytest.mark.parametrize(
    ("rows", "kept"), [(":2", [0, 1]), ("1:", [1, 2]), ("-1:", [2]), ("0:1", [0]), (None, [0, 1, 2])]
)
def test_a_slice_of_the_rows_is_kept(rows: str | None, kept: list[int]) -> None:
    """data.rows counts as Python does."""
    assert tidy(TABLE, id="id", rows=rows)["row_id"].tolist() == [TABLE["id"][i] for i in kept]


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        ({"rows": "1-2"}, ParamsError, "data.rows: '1-2' is not start:stop"),
        ({"rows": "100"}, ParamsError, "data.rows: '100' is not start:stop"),
        ({"rows": "-:3"}, ParamsError, "data.rows: '-:3' is not start:stop"),
        ({"rows": "5:"}, DataError, "no rows in data.rows '5:'"),
        ({"target": "lable"}, ParamsError, "data.target: the table has no column 'lable'; did you mean 'label'?"),
        ({"id": "idd"}, ParamsError, "data.id: the table has no column 'idd'; did you mean 'id'?"),
        ({"id": ""}, ParamsError, "data.id: the table has no column ''"),
        ({"drop": ["z"]}, ParamsError, "data.drop: the table has no column 'z'; there are: id, x, y, label"),
        ({"kinds": {"xx": "text"}}, ParamsError, "data.kinds: the table has no column 'xx'"),
        ({"drop": ["label"]}, ParamsError, "data.target: 'label' is dropped"),
        ({"drop": ["id", "x", "y"]}, DataError, "no column is left"),
    ],
)
def test_what_the_table_does_not_have_is_refused(data: dict[str, object], error: type[Exception], said: str) -> None:
    """Columns and rows that are not there are named, with the nearest."""
    with pytest.raises(error) as refusal:
        tidy(TABLE, **data)
    assert said in str(refusal.value)


@pytest.mark.parametrize("name", ["row_id", "prediction", "quarantine_reason"])
def test_names_of_the_pipeline_are_taken(name: str) -> None:
    """A table's own column of that name must go, or be the id."""
    frame = TABLE.rename(columns={"x": name})
    with pytest.raises(DataError, match=f"column '{name}' is a name the pipeline uses"):
        tidy(frame)
    assert name not in tidy(frame, drop=[name], id="id").columns.drop("row_id")


def test_one_name_for_two_columns_is_refused() -> None:
    """Blanks around names do not tell columns apart."""
    with pytest.raises(DataError, match="column 'x' stands there twice"):
        tidy(TABLE.set_axis(["id", "x", "x", "label"], axis=1))


@pytest.mark.parametrize("blank", [None, " ", ""])
def test_a_blank_name_is_refused(blank: str | None) -> None:
    """A row without an id cannot have a side for good."""
    with pytest.raises(DataError, match="'id' is blank in row 2"):
        tidy(TABLE.assign(id=["a", blank, "c"]), id="id")


def test_cells_of_no_common_type_are_kept_as_text(folder: Path) -> None:
    """What SQL and Parquet may hold together, one file can: mixed types, bytes and truth values with gaps."""
    frame = TABLE.assign(
        mixed=[1, "x", 2.5],
        raw=[b"a", b"b", None],
        flag=pd.Series([True, None, False], dtype=object),
    )
    tables.write(tidy(frame, id="id"), "t.parquet")
    back = tables.read("t.parquet")
    assert back["mixed"].tolist() == ["1", "x", "2.5"]
    assert back["raw"].tolist()[:2] == ["a", "b"]
    assert back["flag"].tolist()[::2] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [([1, 2], "a list"), (np.zeros(2), "a list"), ({"a": 1}, "an object")],
    ids=["list", "array", "dict"],
)
def test_a_cell_of_several_values_is_refused(cell: object, kind: str) -> None:
    """As no request could say it; a column that is dropped may hold it."""
    frame = TABLE.assign(x=pd.Series([None, cell, None], dtype="object"))
    with pytest.raises(DataError, match=rf"column 'x', row 2: {kind}, .* data.drop: \[x\]"):
        tidy(frame)
    assert "x" not in tidy(frame, drop=["x"])


def test_the_stage_writes_raw_rows(folder: Path, settings, capsys: pytest.CaptureFixture[str]) -> None:
    """run reads the source and says how much came, and from where without its password."""
    TABLE.to_csv("table.csv", index=False)
    ingest.run(settings(data={"id": "id"}))
    assert len(tables.read("data/raw.parquet")) == 3
    assert capsys.readouterr().out == "ingest: 3 rows, 3 columns from table.csv\n"
