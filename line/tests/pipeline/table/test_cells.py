"""A rule for cells: what each step does to one, in their order, and what a cell of numbers or dates is."""

from typing import Any

import pandas as pd
import pytest

from pipeline.errors import ParamsError
from pipeline.sections import CellRule, Clean, Data
from pipeline.table import cells, columns

GERMAN = {"decimal": ",", "thousands": "."}


@pytest.mark.parametrize(
    ("rule", "cell", "said"),
    [
        *((GERMAN, cell, said) for cell, said in [("1.234,50", "1234.50"), ("1234,5", "1234.5"), ("-0,5", "-0.5")]),
        *((GERMAN, cell, said) for cell, said in [(",5", ".5"), ("12.345.678", "12345678"), ("1,5e3", "1.5e3")]),
        *((GERMAN, cell, said) for cell, said in [("1.23", "'1.23"), ("1234.5", "'1234.5"), ("1.2345,0", "1.2345,0")]),
        *((GERMAN, cell, cell) for cell in ["a.b,c", "1.2.2024", "1,2,3", 1234.5, 7]),
        ({"thousands": "'"}, "1'234.5", "1234.5"),
        ({"thousands": " "}, "1\u202f234\u00a0567 ", "1234567"),
        ({"decimal": ","}, "1.234", "'1.234"),
        ({"missing": ["?", "true"]}, " ? ", None),
        ({"missing": ["?", "true"]}, True, None),
        ({"missing": ["-9"]}, -9, None),
        ({"missing": ["-9"]}, "-9.0", None),
        ({"missing": ["7"]}, "007", "007"),
        ({"missing": ["?"], "case": "upper"}, "?", None),
        ({"case": "lower"}, "\u00dcLM", "\u00fclm"),
        ({"case": "upper"}, 1e-7, "1E-07"),
        ({"case": "lower", "replace": {"N.Y.": "New York"}}, "n.Y.", "New York"),
        ({"replace": {"e\u0301": "x"}}, "\u00e9", "x"),
        ({"replace": {"999": "1.234,5"}, **GERMAN}, 999.0, "1234.5"),
        ({"replace": {"a": "b", "b": "a"}}, "a", "b"),
        ({"times": 0.01}, "1234.5", 1234.5 * 0.01),
        ({"times": 0.01, **GERMAN}, "1.234,50", 1234.5 * 0.01),
        ({"times": 0.01, **GERMAN}, 1234.5, 1234.5 * 0.01),
        ({"times": -1}, "0", 0.0),
        ({"times": 2}, "one", "one"),
        ({"times": 2}, True, "True"),
        ({"times": 2}, None, None),
        ({"times": 2}, float("nan"), None),
    ],
)
def test_a_cell(rule: dict[str, Any], cell: Any, said: Any) -> None:
    """By itself and in a column of its own type it says the same."""
    made = CellRule.model_validate(rule)
    assert cells.Cell(made)(cell) == said
    if isinstance(cell, (str, float)):
        column = cells.cells(pd.Series([cell], dtype="str" if isinstance(cell, str) else None), made)
        assert columns.as_text(column).tolist() == columns.as_text(pd.Series([said], dtype="object")).tolist() or (
            said is None and column.isna().all()
        )


def test_long_whole_numbers_stay_exact() -> None:
    """Beside gaps, in a column of objects, and where one of them says nothing."""
    rule = CellRule(missing=("-9",))
    for column in (pd.Series([2**60 + 1, -9]), pd.Series([2**60 + 1, -9, 0.5], dtype="object")):
        assert columns.as_text(cells.cells(column, rule)).tolist()[0] == str(2**60 + 1)


def test_dates_that_came_as_dates() -> None:
    """Words of the rule that are dates mean them."""
    moments = pd.Series(pd.to_datetime(["1900-01-01", "2024-01-31", "2024-02-01"]))
    rule = CellRule(missing=("1900-01-01",), replace={"2024-02-01": "2025-02-01"})
    assert cells.cells(moments, rule).astype("str").tolist()[1:] == ["2024-01-31", "2025-02-01"]
    assert cells.cells(moments, rule).isna().tolist() == [True, False, False]


def test_rules_of_one_column_are_merged_in_order() -> None:
    """Words add up, the table's own first; a name is for the column of that name alone."""
    said = {".*": CellRule(missing=("?",)), "a": CellRule(times=2, missing=("-",)), "a.*": CellRule(case="lower")}
    merged = cells.rules_of(Clean(columns=said), Data(source="x", target="y", missing=("NA",)), ["a", "ab", "y"])
    assert merged["a"] == CellRule(missing=("NA", "?", "-"), times=2, case="lower")
    assert merged["ab"] == CellRule(missing=("NA", "?"), case="lower")
    assert merged["y"] == CellRule(missing=("NA", "?"))
    with pytest.raises(ParamsError, match=r"'a' and '\.\*' both say times of 'a'"):
        cells.rules_of(
            Clean(columns={"a": CellRule(times=2), ".*": CellRule(times=2)}), Data(source="x", target="y"), "ab"
        )


@pytest.mark.parametrize(
    ("rule", "value", "sent"),
    [
        (None, 3.0, 3.0),
        ({"times": 0.01}, 12.34, 1234.0),
        ({"replace": {"ja": "yes"}}, "yes", "yes"),
        ({"replace": {"a": "b", "b": "a"}}, "b", "a"),
        ({"case": "lower"}, None, None),
    ],
)
def test_a_value_as_it_may_be_sent(rule: dict[str, Any] | None, value: Any, sent: Any) -> None:
    """The rule makes it the value again."""
    made = None if rule is None else CellRule.model_validate(rule)
    assert cells.as_sent(value, made) == sent
    assert made is None or value is None or cells.Cell(made)(sent) == value
