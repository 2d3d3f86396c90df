"""The stage clean: rules are applied to the source's cells, once, and it says what each has changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.params import Params
from pipeline.stages import clean
from pipeline.table import tables

Settings = Callable[..., Params]


def run(settings: Settings, rules: dict[str, Any], **cells: list[Any]) -> pd.DataFrame:
    """Clean a table of these columns; its target is `label`."""
    frame = pd.DataFrame(cells)
    if "row_id" not in frame:
        frame.insert(0, "row_id", [f"r{i}" for i in range(len(frame))])
    tables.write(frame, tables.RAW)
    clean.run(settings(clean=rules))
    return tables.read(tables.CLEAN)


def test_cells_are_brought_into_one_form(settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Words for missing, case, replace, marks and times, in this order; the stage counts the cells."""
    columns = {
        ".*": {"missing": ["?", "unknown"]},
        "city": {"case": "lower", "replace": {"N.Y.": "new york"}},
        "price": {"decimal": ",", "thousands": ".", "times": 0.5},
    }
    cleaned = run(
        settings,
        {"columns": columns},
        city=["ULM", "n.y.", "unknown"],
        price=["1.234,50", "12", "?"],
        label=["yes", "no", "?"],
    )
    assert cleaned["city"].tolist()[:2] == ["ulm", "new york"]
    assert cleaned["price"].tolist()[:2] == [617.25, 6.0]
    assert cleaned.iloc[2].isna().tolist() == [False, True, True, True]
    said = capsys.readouterr().out
    assert "'.*' changes 3 cells in 3 columns" in said
    assert "'city' changes 2 cells in column 'city'" in said


def test_without_rules_nothing_changes(settings: Settings, folder: Path) -> None:
    """The table goes through as it is."""
    cleaned = run(settings, {}, x=["1,5", " a"], label=["a", "b"])
    assert cleaned["x"].tolist() == ["1,5", " a"]


def test_what_production_brought_is_clean_already(settings: Settings, folder: Path) -> None:
    """Its cells were cleaned when they came in; the source's are, once."""
    rules = {"columns": {"x": {"times": 0.01}, "city": {"case": "upper"}}}
    ids = ["r1", "stream:1", "asked:1:2", "sealed:s:3"]
    cleaned = run(settings, rules, row_id=ids, x=[500, 5, 6, 7], city=["a", "b", "c", "d"], label=["y", "n", "y", "n"])
    assert cleaned["x"].tolist() == [5.0, 5.0, 6.0, 7.0]
    assert cleaned["city"].tolist() == ["A", "b", "c", "d"]


def test_a_rule_that_changes_nothing_is_said(
    settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is a number in other marks than those stated."""
    run(settings, {"columns": {"x": {"decimal": ","}}}, x=["1", "2", "3"], label=["a", "b", "a"])
    assert "'x' changes no cell" in capsys.readouterr().out
    cleaned = run(settings, {"columns": {"x": {"decimal": ","}}}, x=["1,5", "2", "3.5"], label=["a", "b", "a"])
    assert "column 'x', row 3: '3.5' is no number in the marks" in capsys.readouterr().out
    assert cleaned["x"].tolist() == ["1.5", "2", "'3.5"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"prise": {"case": "lower"}}, "clean.columns.prise: no column is named so; did you mean 'price'?"),
        ({"p(": {"case": "lower"}}, "clean.columns.p(: is no column and no pattern"),
        ({"gone": {"case": "lower"}}, "clean.columns.gone: the column 'gone' is dropped by data.drop"),
        ({"go.*": {"case": "lower"}}, "the column 'gone' is dropped by data.drop"),
        ({"city": {"times": 2}}, "column 'city', row 1, says 'Ulm'; take times out"),
        ({".*": {"times": 2}}, "times is for 'label', the target"),
        ({"price": {"case": "lower"}, "pri.*": {"case": "upper"}}, "'price' and 'pri.*' both say case of 'price'"),
        ({"c.*": {"replace": {"a": "b"}}, "ci.*": {"replace": {"a": "c"}}}, "'c.*' and 'ci.*' both say replace 'a'"),
        ({"price": {"decimal": ","}, "p.*": {"thousands": ","}}, "give 'price' one mark for decimal and thousands"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(settings: Settings, folder: Path, rules: dict[str, Any], said: str) -> None:
    """In one line, before anything is written."""
    frame = pd.DataFrame({"row_id": ["a", "b"], "city": ["Ulm", "Bonn"], "price": ["1", "2"], "label": ["x", "y"]})
    tables.write(frame, tables.RAW)
    with pytest.raises(ParamsError) as refusal:
        clean.run(settings(data={"drop": ["gone"]}, clean={"columns": rules}))
    assert said in str(refusal.value)
    assert not Path(tables.CLEAN).exists()


def test_rows_of_the_same_content(settings: Settings, folder: Path) -> None:
    """Kept, or the first of each, or refused; the content is that of cleaned cells, whatever the label."""
    cells = {"x": ["a", "A ", "b", "a"], "label": ["y", "y", "y", "n"]}
    rules = {"columns": {"x": {"case": "lower"}}}
    assert len(run(settings, rules, **cells)) == 4
    assert run(settings, rules | {"duplicates": "first"}, **cells)["row_id"].tolist() == ["r0", "r2"]
    with pytest.raises(DataError, match="row 2 says what row 1 does"):
        run(settings, rules | {"duplicates": "refuse"}, **cells)
    assert len(run(settings, {"duplicates": "refuse"}, x=["a", "b"], label=["y", "y"])) == 2
