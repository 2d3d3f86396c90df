"""A slice said again: the same rows of any table, and the same as `mainline label --where` picks."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline.report.where import Where, where
from pipeline.table import checks

TABLE = pd.DataFrame(
    {
        "row_id": [str(at) for at in range(8)],
        "age": [1.5, 2, 3, 4, 5, 6, 7, np.nan],
        "many": range(8),
        "old age": range(8),
        "city": ["Ulm", "Bonn", None, "it's", "Ulm", 'a"b', "Köln", "Bonn"],
        "paid": [True, False] * 4,
        "day": pd.date_range("2024-01-01", periods=8),
        "text": ["a", "bb", "ccc", "dddd", "e", "ff", None, "hh"],
        "y": 0,
    }
)


@pytest.mark.parametrize(
    ("column", "kind", "rows", "said"),
    [
        ("age", "numeric", [0, 1, 2], "age >= 1.5 and age <= 3"),
        ("age", "numeric", [2], "age == 3"),
        ("old age", "numeric", [2, 3], "`old age` >= 2 and `old age` <= 3"),
        ("city", "categorical", [0, 4], "city == 'Ulm'"),
        ("city", "categorical", [6], "city == 'Köln'"),
        ("paid", "categorical", [0, 2, 4, 6], "paid == True"),
        ("day", "date", [1, 2], "day >= '2024-01-02' and day <= '2024-01-03'"),
    ],
)
def test_an_expression_picks_the_rows_of_the_slice(column: str, kind: str, rows: list[int], said: str) -> None:
    """As the queue reads it, from another process."""
    part = TABLE["row_id"].astype(int).isin(rows).to_numpy()
    found = where(TABLE, column, part, kind)
    assert found is not None
    assert found.expression == said
    assert found.holds(TABLE).tolist() == part.tolist() == checks.chosen(TABLE, said, "y").tolist()


@pytest.mark.parametrize(
    ("column", "kind", "rows"),
    [
        ("city", "categorical", [3]),
        ("city", "categorical", [5]),
        ("city", "categorical", [2]),
        ("text", "text", [2, 3]),
    ],
)
def test_what_no_expression_can_say_still_picks_its_rows(column: str, kind: str, rows: list[int]) -> None:
    """Quotes in a value, a text's length, nothing at all."""
    part = TABLE["row_id"].astype(int).isin(rows).to_numpy()
    found = where(TABLE, column, part, kind)
    assert found is not None
    assert found.expression is None
    assert found.holds(TABLE).tolist() == part.tolist()


def test_several_values_are_no_slice() -> None:
    """And a table without the column has none of its rows."""
    assert where(TABLE, "city", np.ones(8, bool), "categorical") is None
    held: Any = Where("gone", "is", 1).holds(TABLE)
    assert not held.any()
