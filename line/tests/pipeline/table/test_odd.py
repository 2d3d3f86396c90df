"""What looks odd in a table is said or refused, with the line that settles it."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.errors import DataError, ParamsError
from pipeline.model.signature import Signature
from pipeline.sections import Clean, Data
from pipeline.stages import clean, ingest, label, split, train, validate
from pipeline.table import cells as cell_by_cell
from pipeline.table import columns, odd, tables

DAYS = [f"{day:%d/%m/%Y}" for day in pd.date_range("2023-01-01", periods=360)]


def hints(cells: list[str], **data: Any) -> list[str]:
    """What is said of a column."""
    about = Data.model_validate({"source": "t.csv", "target": "y"} | data)
    return [*odd.look(pd.DataFrame({"x": pd.Series(cells, dtype="str")}), about)]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["12", "1E5", "77"], "row 2: '1E5' is read as a number; is it a code? data.kinds: {x: categorical}"),
        (
            ["734", "1.234", "980"],
            'with a fraction; are these thousands? clean: {columns: {x: {decimal: ",", thousands: "',
        ),
        (["1.5", "1.234"], None),
        (["0.125", "7", "1.234"], None),
        (["1", "2", "3", "x"], "'x' stands among numbers, which it makes words; data.kinds: {x: numeric}"),
        (["a", "-"], None),  # explore says what read cells may mean
        (
            ["5"] * 99 + ["k.A."],
            'its row is put aside; does it say nothing? clean: {columns: {x: {missing: ["k.A."]}}}',
        ),
        (["01067", "10115"], "'01067' is read as a number; is it a code? data.kinds: {x: categorical}"),
        (["13/02/2020", "14/02/2020"], None),
        (["2020-02-13 00:00:00", "2020-02-14 00:00:00"], None),
        (["5"] * 200 + ["1,250"], "row 201: '1,250' is like a number"),
        (["2020-02-13", "2020-02-14"], None),
        (["1", "2", "0.5"], None),
        (["a", "1,5 l", "b"], None),
        (["10:20", "192.168.100.1"], None),
    ],
)
def test_odd_cells_are_said(cells: list[str], said: str | None) -> None:
    """With the column and what settles it; nothing is said of plain ones."""
    found = hints(cells)
    assert [said in hint for hint in found] == ([True] if said else [])


@pytest.mark.parametrize("cell", ["1,5", "4,733", "1.234,50", "1'234", "$1,234.50", "12 %", "3 €", "1 234"])
def test_numbers_in_another_form_are_refused(cell: str) -> None:
    """Neither words nor rows that go to quarantine by their size; a stated kind is taken at its word."""
    with pytest.raises(DataError, match=r"is like a number.*data.kinds: \{x: categorical\}"):
        hints([cell, "7"] * 20)
    with pytest.raises(DataError, match="is like a number"):
        hints([cell, *["7"] * 30], kinds={"x": "numeric"})
    assert hints([cell, "7"] * 20, kinds={"x": "categorical"}) == []


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (["1,5", "2,25", "7"], 'x: {decimal: ","}'),
        (["4,733", "980", "12,004.5"], 'x: {thousands: ","}'),
        (["4733", "1,234", "2,5"], 'x: {decimal: ","}'),
        (["1.234,50", "980"], 'x: {decimal: ",", thousands: "."}'),
        (["1 234", "980"], 'x: {thousands: " "}'),
        (["1'234", "980"], 'x: {thousands: "\'"}'),
        (["5", "?", "7", "unknown"], 'x: {missing: ["?", "unknown"]}'),
        (["$1,250.50", "$3"], 'x: {unit: "$", thousands: ","}'),
        (["3 €", "4,50 €"], 'x: {unit: "€", decimal: ","}'),
        (["-5%", "7 %"], 'x: {unit: "%"}'),
        (["−5", "7", "0.5"], 'x: {decimal: "."}'),
        (["(1,250)", "$7"], 'x: {unit: "$", thousands: ","}'),
        (["1,5", "?", "7"], 'x: {decimal: ",", missing: ["?"]}'),
    ],
    ids=[
        "decimal",
        "thousands",
        "beside whole ones",
        "German",
        "French",
        "Swiss",
        "words",
        "dollars",
        "euros",
        "percent",
        "minus",
        "accounts",
        "both",
    ],
)
def test_a_refusal_says_how_numbers_are_written(cells: list[str], rule: str) -> None:
    """As clean.columns takes it, which settles it."""
    with pytest.raises(DataError) as error:
        hints(cells * 20)
    said = f"clean: {{columns: {{{rule}}}}}"
    assert said in str(error.value)
    clean = Clean.model_validate(YAML(typ="safe").load(said)["clean"])
    cleaned = cell_by_cell.cells(pd.Series(cells * 20, dtype="str"), clean.columns["x"])
    assert [*odd.look(pd.DataFrame({"x": cleaned}), Data(source="t.csv", target="y"))] == []
    assert columns.parse(cleaned)[0].dtype.kind in "if"


@pytest.mark.parametrize("cell", ["5-", "– 5"])
def test_numbers_that_no_setting_reads_are_to_be_written_otherwise(cell: str) -> None:
    """Or are words."""
    with pytest.raises(DataError, match=r"is like a number.*write x as 1234\.5 in the table, or say that"):
        hints([cell, "7"] * 20)


def test_columns_alike_are_refused_in_one_line(folder: Path, settings: Any) -> None:
    """Whose lines, put into params.yaml, name them all; signs that mean something in patterns are escaped."""
    raw = pd.DataFrame(
        {"a": ["1,5", "2"], "b (cm)": ["2,5", "3"], "c": ["1,234", "5"], "d": ["x", "y"], "y": ["1", "2"]}
    )
    with pytest.raises(DataError) as error:
        [*odd.look(raw.astype("str"), Data(source="t.csv", target="y"))]
    rules = r"""clean: {columns: {'a|b \(cm\)': {decimal: ","}, c: {thousands: ","}}}"""
    assert f"so in b (cm), c); say what they are: {rules}, or" in str(error.value)
    assert 'data.kinds: {a: categorical, "b (cm)": categorical, c: categorical}' in str(error.value)


def test_hints_for_columns_alike_come_in_one_line() -> None:
    """Each with the first cell, and with the lines for all."""
    raw = pd.DataFrame(
        {
            "work": ["?"] + ["5"] * 26,
            "born": ["?"] + ["7"] * 26,
            "zip": ["01067", "10115", "2"] * 9,
            "y": ["a", "b", "-"] * 9,
        }
    )
    about = Data(source="t.csv", target="y")
    assert [*odd.look(raw.astype("str"), about)] == [
        "column 'work', row 1: '?' (so in born) stands among numbers, and its row is put aside; does it say nothing? "
        'clean: {columns: {"work|born": {missing: ["?"]}}}',
        "column 'zip', row 1: '01067' is read as a number; is it a code? data.kinds: {zip: categorical}",
    ]


def build(folder: Path, text: str, settings: Any, **data: Any) -> None:
    """The stages up to the model."""
    (folder / "table.csv").write_text(text)
    params = settings(target="y", data=data)
    for stage in (ingest, clean, validate, label, split, train):
        stage.run(params)


def table(**columns: list[Any]) -> str:
    """A table of 360 rows with a label that hardly depends on them."""
    labels = ["ab"[i * 7 % 3 % 2] for i in range(360)]
    return str(pd.DataFrame(columns | {"y": labels}).to_csv(index=False))


def test_a_found_form_of_dates_goes_with_the_model(folder: Path, settings: Any, capsys: Any) -> None:
    """From the cells to signature.json, by way of the tables; said on the way, and `split.cut` is read by it."""
    (folder / "table.csv").write_text(table(joined=DAYS, x=[i % 7 for i in range(360)]))
    params = settings(target="y", data={"kinds": {"joined": "date"}}, split={"time": "joined", "cut": "02/03/2023"})
    for stage in (ingest, clean, validate, label, split, train):
        stage.run(params)
    assert "column 'joined': dates are read as %d/%m/%Y" in capsys.readouterr().out
    assert {column.name: column.date for column in Signature.load().columns} == {"joined": "%d/%m/%Y", "x": None}
    assert tables.read("data/valid.parquet")["joined"].astype(str).tolist()[31] == "2023-02-01"
    sealed = tables.read("data/sealed/features.parquet")["joined"]
    assert sealed.min() >= pd.Timestamp(2023, 3, 2)


def test_a_stated_form_that_does_not_fit_is_refused(folder: Path, settings: Any) -> None:
    """With the first cell that it does not fit."""
    with pytest.raises(ParamsError, match=r"data.dates.joined: row 13 says '13/01/2023', which is not %m/%d/%Y"):
        build(folder, table(joined=DAYS, x=[1, 2] * 180), settings, dates={"joined": "%m/%d/%Y"})


def test_a_class_called_none_is_kept_by_the_setting_that_the_refusal_names(folder: Path, settings: Any) -> None:
    """As it reads by default it is no label."""
    text = "x,y\n" + "".join(f"{i % 11},{('None', 'None', 'Apnea', 'Insomnia')[i * 7 % 4]}\n" for i in range(400))
    with pytest.raises(DataError, match=r"200 cells say 'None'.*is it a class\? data.missing: \[\"NA\", \"N/A\""):
        build(folder, text, settings)
    build(folder, text, settings, missing=["NA"])
    about = Signature.load()
    assert (about.classes, about.missing) == (("Apnea", "Insomnia", "None"), ("NA",))


def test_a_column_without_a_name_is_left_out_and_said(folder: Path, settings: Any, capsys: Any) -> None:
    """Callers may send it; rows are named without it; a stated kind keeps it."""
    text = ",x,y\n" + "".join(f"{i},{i * 37 % 101},{'ab'[i * 7 % 3 % 2]}\n" for i in range(300))
    build(folder, text, settings)
    assert "column 'Unnamed: 0' has no name and is ignored; data.drop: ['Unnamed: 0']" in capsys.readouterr().out
    assert [(c.name, c.kind) for c in Signature.load().columns] == [("x", "numeric"), ("Unnamed: 0", "ignored")]
    names = tables.read("data/raw.parquet")["row_id"]
    build(folder, text, settings, drop=["Unnamed: 0"])
    assert tables.read("data/raw.parquet")["row_id"].equals(names)
    build(folder, text, settings, kinds={"Unnamed: 0": "numeric"})
    assert "Unnamed: 0" in [column.name for column in Signature.load().features]


def test_a_column_that_counts_the_rows_is_said_and_kept(folder: Path, settings: Any, capsys: Any) -> None:
    """It may be the day of a series."""
    build(folder, table(day=[*range(1, 361)], x=[i * 37 % 11 for i in range(360)]), settings)
    assert "column 'day' counts the rows; if it says nothing more: data.drop: ['day']" in capsys.readouterr().out
    assert "'x'" not in capsys.readouterr().out
    assert "day" in [column.name for column in Signature.load().features]


@pytest.mark.parametrize("dtype", ["boolean", "Int64", "float64", "object"])
def test_a_gap_at_an_end_counts_nothing(dtype: str) -> None:
    """Whatever type the source gave the column, as Parquet and SQL do."""
    frame = pd.DataFrame({"a": pd.array([None, 1, None], dtype=dtype), "b": [0, 1, 2], "y": ["p", "q", "p"]})
    assert odd.counters(frame, Data(source="t.parquet", target="y")) == ["b"]


def test_allowed_words_are_read_as_cells_are(settings: Any) -> None:
    """True among numbers is 1; a word of any spelling is that word."""
    raw = pd.DataFrame({"row_id": ["1", "2"], "on": ["True", "false"], "y": ["a", "b"]}).astype("str")
    for allowed in (["True", "False"], [True, False], [1, 0]):
        params = settings(target="y", validate={"rules": {"on": {"allowed": allowed}}})
        assert len(validate.check(raw, params)[1]) == 0
    assert len(validate.check(raw, settings(target="y", validate={"rules": {"on": {"allowed": [True]}}}))[1]) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"dates": {"x": "dd/mm/yyyy"}}, "not the form of a date"),
        ({"dates": {"x": "%d/%m/%Y"}, "kinds": {"x": "text"}}, "data.dates, and text by data.kinds"),
        ({"missing": [None]}, 'the word null needs quotes: "null"'),
    ],
)
def test_settings_that_mean_nothing_are_refused(data: dict[str, Any], said: str) -> None:
    """By name."""
    with pytest.raises(ValueError, match=said):
        Data.model_validate({"source": "t.csv", "target": "y"} | data)
