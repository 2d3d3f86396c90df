"""Rules of columns and of the whole table: what breaks one is named, and one that cannot be checked is refused."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from pipeline.errors import DataError, ParamsError
from pipeline.sections import Rule, Validate
from pipeline.stages import validate
from pipeline.table import checks, rules, tables

ROWS = 100


@pytest.fixture
def frame() -> pd.DataFrame:
    """Parsed rows: a number, a code, a word, and two dates."""
    start = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(ROWS) % 28, unit="D"))
    return pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(ROWS)],
            "age": np.arange(ROWS, dtype="float64"),
            "code": pd.Series([f"AB{i:03}" for i in range(ROWS)], dtype="str"),
            "city": pd.Series(["Ulm", "Bonn"] * (ROWS // 2), dtype="str"),
            "start": start.astype("datetime64[us]"),
            "last day": (start + pd.Timedelta(days=3)).astype("datetime64[us]"),
            "label": pd.Series(["yes", "no"] * (ROWS // 2), dtype="str"),
        }
    )


def broken(frame: pd.DataFrame, **of_column: Any) -> list[tuple[int, str, str]]:
    """What breaks these rules."""
    return rules.broken(frame, {name: Rule.model_validate(rule) for name, rule in of_column.items()})


@pytest.mark.parametrize(
    ("column", "rule", "cell", "reason"),
    [
        ("code", {"matches": r"AB\d{3}"}, "AB1234", r"does not match AB\d{3}"),
        ("code", {"matches": r"AB\d{3}"}, "xAB123", r"does not match AB\d{3}"),
        ("code", {"matches": "A.*|x"}, "ab123", "does not match A.*|x"),
        ("code", {"unique": True}, "AB000", "stands twice"),
        ("age", {"unique": True}, 3.0, "stands twice"),
        ("city", {"allowed": ["Ulm", "Bonn"], "new": "quarantine"}, "Kiel", "not one of the allowed values"),
    ],
    ids=["longer", "in the middle", "letters", "a word twice", "a number twice", "new"],
)
def test_a_row_that_breaks_a_rule_is_found(frame: pd.DataFrame, column, rule, cell, reason: str) -> None:
    """It alone, with the reason; of two equal values the later row."""
    assert broken(frame, **{column: rule}) == []
    frame.loc[90, column] = cell
    assert broken(frame, **{column: rule}) == [(90, column, reason)]


@pytest.mark.parametrize("rule", [{"matches": "A.*"}, {"unique": True}, {"allowed": ["AB000"], "new": "allow"}])
def test_empty_cells_break_no_rule_but_required(frame: pd.DataFrame, rule) -> None:
    """However many there are."""
    frame.loc[10:20, "code"] = None
    assert broken(frame, code=rule) == []
    assert len(broken(frame, code=rule | {"required": True})) == 11


def test_new_values_that_are_allowed_are_counted(frame: pd.DataFrame) -> None:
    """They stay, and the stage says how many there are and which; none, and it says nothing."""
    said = {"city": Rule(allowed=("Ulm", "Bonn"), new="allow")}
    assert list(rules.told(frame, said)) == []
    frame.loc[[3, 4, 5], "city"] = ["Kiel", "Kiel", None]
    assert broken(frame, city={"allowed": ["Ulm", "Bonn"], "new": "allow"}) == []
    assert list(rules.told(frame, said)) == ["column 'city': 2 rows are none of the allowed values: 'Kiel'"]


@pytest.mark.parametrize(
    ("column", "rule", "said"),
    [
        ("age", {"matches": "x"}, "'age' holds numbers, not text; matches does not fit it; say data.kinds: { age: cat"),
        ("start", {"matches": "x"}, "'start' holds dates, not text"),
        ("city", {"maximum": 1}, "'city' holds text, not numbers; minimum and maximum do not fit it"),
        ("start", {"minimum": 1}, "'start' holds dates, not numbers"),
        ("cty", {"unique": True}, "no column is named 'cty'; did you mean 'city'?"),
        ("city", {"unique": False}, "validate.rules.city: says nothing; give minimum, maximum, allowed, matches"),
    ],
)
def test_a_rule_that_does_not_fit_its_column_is_refused(frame: pd.DataFrame, column, rule, said: str) -> None:
    """With what the column holds, or the nearest name."""
    with pytest.raises(ParamsError, match=re.escape(said)):
        broken(frame, **{column: rule})


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"matches": "[A-Z"}, "not a regular expression"),
        ({"new": "allow"}, "list those, or take new out"),
        ({"max_missing": 1.5}, "less than or equal to 1"),
    ],
)
def test_a_rule_that_is_none_is_refused_when_it_is_read(rule: dict[str, Any], said: str) -> None:
    """Before a table is looked at."""
    with pytest.raises(ValidationError, match=re.escape(said)):
        Rule.model_validate(rule)


def refused(frame: pd.DataFrame, **said: Any) -> str | None:
    """Why a table as a whole is refused."""
    try:
        rules.refuse_unfit(frame, Validate.model_validate(said))
    except (DataError, ParamsError) as error:
        return str(error)
    return None


def test_a_column_with_too_many_gaps_stops_the_stage(frame: pd.DataFrame) -> None:
    """Up to the bound it does not; rows that production brought do not count."""
    frame.loc[:9, "city"] = None
    rule = {"rules": {"city": {"max_missing": 0.1}}}
    assert refused(frame, **rule) is None
    frame.loc[10, "city"] = None
    assert "column 'city' is empty in 11.00% of the rows, over its max_missing (10.00%)" in str(refused(frame, **rule))
    frame.loc[10, "row_id"] = "stream:10"
    assert "11.00%" not in str(refused(frame, **rule))


FRESH = {"column": "start", "days": 10, "as_of": "2026-02-06"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"rows": [100, 100]}, None),
        ({"rows": [None, 100], "fresh": FRESH}, None),
        ({"rows": [101, None]}, "validate.table.rows: 100 rows are fit, and 101 are the fewest"),
        ({"rows": [None, 99]}, "100 rows are fit, and 99 are the most"),
        ({"fresh": FRESH | {"days": 8}}, "the newest 'start' up to 2026-02-06 is 2026-01-28, more than 8 days before"),
        ({"fresh": FRESH | {"as_of": "2025-12-31"}}, "no date in 'start' is up to as_of (2025-12-31); state a later"),
        ({"fresh": FRESH | {"column": "star"}}, "no column is named 'star'; did you mean 'start'?"),
        ({"fresh": FRESH | {"column": "age"}}, "'age' holds numbers; name one of dates"),
    ],
)
def test_a_table_is_what_it_must_be_as_a_whole(frame: pd.DataFrame, table: dict[str, Any], said: str | None) -> None:
    """So many rows, and new ones; no clock is read."""
    found = refused(frame, table=table)
    assert found is None if said is None else said in str(found)


def test_one_wrong_year_does_not_make_a_table_fresh(frame: pd.DataFrame) -> None:
    """A day after as_of does not count."""
    frame.loc[5, "start"] = pd.Timestamp("2206-01-01")
    assert "is 2026-01-28" in str(refused(frame, table={"fresh": FRESH | {"days": 8}}))


CHECKS = [
    ("`last day` >= start", "last day", pd.Timestamp("2000-01-01")),
    ("0 <= age < 120 and city != 'Kiel'", "age", 120.0),
    ("0 <= age < 120 and city != 'Kiel'", "city", "Kiel"),
    ("not (city == 'Kiel' or age > 200)", "age", 201.0),
    ("age * 2 - 1 <= 197 + 10 / 5", "age", 101.0),
    ("-age % 7 < 7 and age // 1 == age", "age", 0.5),
    ("start < '2026-06-30'", "start", pd.Timestamp("2026-07-01")),
]


def failing(frame: pd.DataFrame, text: str) -> list[int]:
    """The rows in which a check does not hold."""
    ((rows, name),) = checks.broken(frame, {"odd": text}, "label")
    assert name == "odd"
    return rows.tolist()


@pytest.mark.parametrize(("text", "column", "cell"), CHECKS)
def test_a_check_finds_the_row_in_which_it_does_not_hold(frame: pd.DataFrame, text: str, column: str, cell) -> None:
    """And no other; a row with an empty cell in a column that the check names is not held to it."""
    assert failing(frame, text) == []
    frame.loc[7, column] = cell
    assert failing(frame, text) == [7]
    frame.loc[7, column] = None
    assert failing(frame, text) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("__import__('os').system('x') == 0", "is not allowed there"),
        ("age.max() > 3", "is not allowed there"),
        ("age.__class__ == 3", "is not allowed there"),
        ("@pd == 3", "cannot be read"),
        ("age > 3; city", "cannot be read"),
        ("(lambda: 1) == age", "is not allowed there"),
        ("[x for x in age] == 1", "is not allowed there"),
        ("age[0] == 1", "is not allowed there"),
        ("age ** 9 > 1", "is not allowed there"),
        ("(a := age) > 1", "is not allowed there"),
        ("f'{age}' == city", "is not allowed there"),
        ("age if age else city", "is not allowed there"),
        ("b'x' == city", "is not allowed there"),
        ("city * 1000000000 == 'x'", "text is compared, and not computed with"),
        ("'x' * 1000000000 == city", "text is compared, and not computed with"),
        ("1" + " + 1" * 200 + " < age", "longer than 500"),
        ("index > 3", "no column is named 'index'"),
        ("row_id > 3", "no column is named 'row_id'"),
        ("ag > 3", "no column is named 'ag'; did you mean 'age'?"),
        ("`last dya` > start", "no column is named 'last dya'; did you mean 'last day'?"),
        ("1 < 2", "names no column"),
        ("age + 1", "is true or false of no row"),
        ("city > age", "cannot be computed: 'city' holds text, 'age' holds numbers"),
        ("start > 3", "cannot be computed: 'start' holds dates"),
        ("age > 3 and label == 'yes'", "names the target, 'label'"),
        ("age >", "cannot be read"),
    ],
)
def test_a_check_that_is_none_is_refused(frame: pd.DataFrame, text: str, said: str) -> None:
    """Nothing in it is run that is no comparison: no call, no attribute, nothing of pandas' own."""
    with pytest.raises(ParamsError, match=re.escape(said)) as refusal:
        failing(frame, text)
    assert str(refusal.value).startswith("validate.checks.odd: ")
    assert "\n" not in str(refusal.value)


def test_the_stage_puts_rows_aside_by_a_checks_name(frame: pd.DataFrame, settings, folder, capsys) -> None:
    """The quarantine's reason is the name; a value that is new is told; what the table must be is asked of fit rows."""
    raw = frame.astype("str").assign(age=frame["age"])
    raw.loc[[3, 4], "last day"] = ["2020-01-01", "2020-01-02"]
    raw.loc[9, "city"] = "Kiel"
    tables.write(raw, tables.CLEAN)
    section = {
        "checks": {"ends after start": "`last day` >= start"},
        "rules": {"city": {"allowed": ["Ulm", "Bonn"], "new": "allow"}},
        "table": {"rows": [98, 98]},
        "known_leaks": ["city", "age", "start", "last day"],
    }
    validate.run(settings(validate=section, data={"kinds": {"code": "ignored"}}))
    assert tables.read(tables.QUARANTINE)[tables.REASON].tolist() == ["ends after start"] * 2
    assert "validate: column 'city': 1 rows are none of the allowed values: 'Kiel'" in capsys.readouterr().out
    with pytest.raises(DataError, match="98 rows are fit, and 99 are the fewest"):
        validate.run(settings(validate=section | {"table": {"rows": [99, None]}}))


@pytest.mark.parametrize("name", ["", " ", "a; b"])
def test_a_check_has_a_name_that_can_be_a_reason(name: str) -> None:
    """One that quarantine tells apart from the others."""
    with pytest.raises(ValueError, match="is no name for a check"):
        Validate.model_validate({"checks": {name: "x > 0"}})
    assert Validate.model_validate({"checks": {"a, b": "x > 0"}}).checks
