"""Rows that break a rule are put aside with the reason; a table that is not fit is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.stages import validate
from pipeline.table import tables


@pytest.fixture
def raw() -> pd.DataFrame:
    """100 rows as ingest writes them: text."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"row_id": [f"r{i}" for i in range(100)], "age": random.integers(18, 90, 100), "city": ["Ulm", "Bonn"] * 50}
    )
    return frame.assign(label=random.choice(["yes", "no"], 100)).astype({"age": str})


def reasons(raw: pd.DataFrame, params) -> dict[str, str]:
    """Why each quarantined row is there, by id."""
    valid, quarantine = validate.check(raw, params)
    assert len(valid) + len(quarantine) == len(raw)
    return dict(zip(quarantine["row_id"], quarantine["quarantine_reason"], strict=True))


def test_good_rows_are_parsed(raw: pd.DataFrame, settings) -> None:
    """Numbers become numbers, nothing is put aside."""
    valid, quarantine = validate.check(raw, settings())
    assert valid["age"].dtype == "int64"
    assert list(valid.columns) == list(raw.columns)
    assert quarantine.empty


def test_blanks_in_a_column_of_numbers_are_missing(raw: pd.DataFrame, settings) -> None:
    """A blank is no fault of the row."""
    raw.loc[[1, 2], "age"] = [" ", None]
    valid, quarantine = validate.check(raw, settings())
    assert valid["age"].isna().sum() == 2
    assert quarantine.empty


def test_text_among_numbers_is_put_aside(raw: pd.DataFrame, settings) -> None:
    """The row goes to quarantine as it was read, with the column in the reason."""
    raw.loc[3, "age"] = "old"
    valid, quarantine = validate.check(raw, settings())
    assert quarantine.iloc[0].tolist()[:3] == ["age: not what the column holds", "r3", "old"]
    assert "r3" not in set(valid["row_id"])


def test_a_missing_label_and_a_repeated_id_are_put_aside(raw: pd.DataFrame, settings) -> None:
    """Of two rows with one id the first stays."""
    raw.loc[4, "label"] = None
    raw.loc[6, "row_id"] = "r5"
    assert reasons(raw, settings()) == {"r4": "label: no label", "r5": "row_id: stands twice"}


def test_a_column_may_be_called_reason(raw: pd.DataFrame, settings) -> None:
    """The reason of the quarantine does not collide with a table's own."""
    raw.loc[4, "label"] = None
    assert reasons(raw.assign(reason="moved"), settings()) == {"r4": "label: no label"}


@pytest.mark.parametrize(
    ("rule", "cell", "reason"),
    [
        ({"age": {"minimum": 18}}, ("age", "17"), "age: below 18"),
        ({"age": {"maximum": 100}}, ("age", "101"), "age: above 100"),
        ({"age": {"required": True}}, ("age", None), "age: missing"),
        ({"city": {"allowed": ["Ulm", "Bonn"]}}, ("city", "Kiel"), "city: not one of the allowed values"),
        ({"a..": {"minimum": 18}}, ("age", "17"), "age: below 18"),
        ({".*": {"required": True}}, ("city", None), "city: missing"),
        ({"label": {"allowed": ["yes", "no"]}}, ("label", "maybe"), "label: not one of the allowed values"),
        ({"a.*": {"minimum": 18}, "age": {"maximum": 95}}, ("age", "17"), "age: below 18"),
    ],
)
def test_a_rule_puts_aside_the_row_that_breaks_it(raw: pd.DataFrame, settings, rule, cell, reason: str) -> None:
    """Rules by name or by pattern find one row, and no other; several rules for one column all count."""
    column, value = cell
    assert reasons(raw, settings(validate={"rules": rule})) == {}
    raw.loc[9, column] = value
    assert reasons(raw, settings(validate={"rules": rule})) == {"r9": reason}


def test_allowed_numbers_fit_a_column_read_as_text(raw: pd.DataFrame, settings) -> None:
    """Codes that are stated to be categories may be listed as numbers."""
    raw["code"] = ["1", "2"] * 50
    raw.loc[9, "code"] = "3"
    params = settings(data={"kinds": {"code": "categorical"}}, validate={"rules": {"code": {"allowed": [1, 2]}}})
    assert reasons(raw, params) == {"r9": "code: not one of the allowed values"}


def test_several_faults_of_a_row_are_all_named(raw: pd.DataFrame, settings) -> None:
    """The reasons stand one after another."""
    raw.loc[9, ["age", "city"]] = ["17", None]
    rules = {"age": {"minimum": 18}, "city": {"required": True}}
    assert set(reasons(raw, settings(validate={"rules": rules}))["r9"].split("; ")) == {
        "age: below 18",
        "city: missing",
    }


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"agee": {"minimum": 1}}, "no column is named 'agee'; did you mean 'age'?"),
        ({"x[": {"minimum": 1}}, "'x[' is no column and no pattern"),
        ({"age": {}}, "validate.rules.age: says nothing"),
        ({"city": {"minimum": 1}}, "'city' holds text, not numbers; minimum and maximum"),
        ({"row_id": {"required": True}}, "no column is named 'row_id'"),
    ],
)
def test_a_rule_that_cannot_be_checked_is_refused(raw: pd.DataFrame, settings, rule, said: str) -> None:
    """The rule is named, and the nearest column."""
    with pytest.raises(ParamsError) as refusal:
        validate.check(raw, settings(validate={"rules": rule}))
    assert said in str(refusal.value)


@pytest.mark.parametrize("name", ["a.b", "a+b*[c", 'say "hi"', "naïve 🚀", "two words", "(x|y", "0"])
def test_odd_names_are_names_before_they_are_patterns(raw: pd.DataFrame, settings, name: str) -> None:
    """A rule for a column of that name is for that column."""
    raw[name] = raw["age"]
    raw.loc[9, name] = "17"
    assert reasons(raw, settings(validate={"rules": {name: {"minimum": 18}}})) == {"r9": f"{name}: below 18"}


def test_the_stage_writes_both_tables(raw: pd.DataFrame, settings, folder: Path, capsys) -> None:
    """Good rows and the others, each in their file."""
    raw.loc[3, "age"] = "old"
    tables.write(raw, tables.CLEAN)
    validate.run(settings())
    assert (len(tables.read(tables.VALID)), len(tables.read(tables.QUARANTINE))) == (99, 1)
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "validate: kinds: numeric age; categorical city",
        "validate: 99 rows are fit, 1 in quarantine (1 as 'age: not what the column holds')",
    ]


def unfit(raw: pd.DataFrame, params) -> str:
    """Why this table is refused."""
    tables.write(raw, tables.CLEAN)
    with pytest.raises((DataError, ParamsError)) as refusal:
        validate.run(params)
    assert not Path(tables.VALID).exists()
    return str(refusal.value)


@pytest.mark.usefixtures("folder")
def test_too_many_faults_stop_the_stage(raw: pd.DataFrame, settings) -> None:
    """Over validate.max_quarantined, the commonest reason is told."""
    raw.loc[:19, "label"] = None
    message = unfit(raw, settings())
    assert "20 of 100 rows break a rule, over validate.max_quarantined (5%)" in message
    assert "'label: no label' (20 rows); are people to give them? labels: { wanted: true } (docs/labels.md)" in message
    validate.run(settings(validate={"max_quarantined": 0.2}))


@pytest.mark.usefixtures("folder")
def test_unfit_tables_are_refused(raw: pd.DataFrame, settings) -> None:
    """Too few rows, a constant target and a leaked one each cost one line."""
    assert "49 rows are left, and the pipeline needs 50" in unfit(raw[:49], settings())
    assert "'label' is 'yes' in every row" in unfit(raw.assign(label="yes"), settings())
    misspelt = settings(validate={"known_leaks": ["agee"]})
    assert "validate.known_leaks: the table has no column 'agee'; did you mean 'age'?" in unfit(raw, misspelt)
    assert "column 'copy' alone predicts 'label'" in unfit(raw.assign(copy=raw["label"] + "!"), settings())
    assert "100 of 100 rows break a rule" in unfit(raw.assign(label=None), settings())


@pytest.mark.parametrize("section", [{"validate": {"known_leaks": ["copy"]}}, {"data": {"kinds": {"copy": "ignored"}}}])
@pytest.mark.usefixtures("folder")
def test_a_copy_may_be_vouched_for_or_ignored(raw: pd.DataFrame, settings, section) -> None:
    """A known leak passes; so does a column that the model will not read."""
    tables.write(raw.assign(copy=raw["label"] + "!"), tables.CLEAN)
    validate.run(settings(**section))
    assert "copy" in tables.read(tables.VALID)
