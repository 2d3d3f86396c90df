"""What looks odd in a table is said or refused, with the line that settles it."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.model.signature import Signature
from pipeline.params import Data
from pipeline.stages import clean, ingest, label, split, train, validate
from pipeline.table import odd, tables

DAYS = [f"{day:%d/%m/%Y}" for day in pd.date_range("2023-01-01", periods=360)]


def hints(cells: list[str], **data: Any) -> list[str]:
    """What is said of a column."""
    about = Data.model_validate({"source": "t.csv", "target": "y"} | data)
    return [*odd.look(pd.DataFrame({"x": pd.Series(cells, dtype="str")}), about)]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["01067", "10115"], "'01067' is read as a number; is it a code? data.kinds: {x: categorical}"),
        (["13/02/2020", "14/02/2020"], "'13/02/2020' looks like a date; data.kinds: {x: date}"),
        (["5"] * 200 + ["1,250"], "row 201: '1,250' is like a number"),
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
