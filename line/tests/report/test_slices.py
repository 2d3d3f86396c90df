"""Slices: the declared ones always, then those with the widest gap, never too many."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mainline.errors import ConfigError
from mainline.report.compare import compare
from mainline.report.side import Side
from mainline.report.slices import SHOWN, declared_slices, groups, slice_table

Pairs = dict[str, tuple[Side, Side]]


def test_a_slice_has_the_accuracy_of_its_rows(pairs: Pairs) -> None:
    """For each side, and the difference between them."""
    c = compare(*pairs["binary"])
    table = slice_table(c, pairs["binary"][0].signature, ("plan",))
    family = next(row for row in table.rows if row.label == "plan: family")
    part = (c.rows["plan"] == "family").to_numpy()
    right = [(side.label == c.truth)[part].mean() for side in c.sides]
    assert family.rows == part.sum()
    assert (family.champion.value, family.challenger.value) == pytest.approx(tuple(right))
    assert family.difference.value == pytest.approx(right[1] - right[0])
    assert family.difference.low < family.difference.value < family.difference.high


def test_a_regression_is_sliced_by_rmse_and_by_its_target(pairs: Pairs) -> None:
    """The quarters of the target are slices too."""
    c = compare(*pairs["regression"])
    table = slice_table(c, pairs["regression"][0].signature, ())
    assert table.metric == "RMSE"
    quarters = [row for row in table.rows if row.label.startswith("price: ")]
    assert sum(row.rows for row in quarters) == len(c.truth)
    mean_square = sum(row.rows * row.challenger.value**2 for row in quarters) / len(c.truth)
    assert np.sqrt(mean_square) == pytest.approx(table.overall)


def test_a_planted_weakness_comes_first(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """Where the champion was spoilt on one category, that category has the widest gap."""
    challenger, champion = pairs["binary"]
    hit = champion.dev.loc[champion.dev["plan"] == "business", "row_id"]

    def spoil(table: pd.DataFrame) -> pd.DataFrame:
        truth = champion.dev.set_index("row_id").loc[table["row_id"], "churn"].to_numpy()
        wrong = np.where(truth == "Yes", "No", "Yes")
        return table.assign(prediction=np.where(table["row_id"].isin(hit), wrong, table["prediction"]))

    c = compare(challenger, altered(champion, predictions=spoil))
    table = slice_table(c, challenger.signature, ())
    assert table.rows[0].label == "plan: business"
    assert table.rows[0].finding == "better"


def test_a_challenger_alone_is_measured_against_its_own_average(pairs: Pairs) -> None:
    """The gap is the slice's score minus the score of all rows."""
    challenger, _ = pairs["binary"]
    table = slice_table(compare(challenger, None), challenger.signature, ())
    row = table.rows[0]
    assert row.champion is row.difference is None
    assert row.gap == pytest.approx(row.challenger.value - table.overall)
    assert [abs(row.gap) for row in table.rows] == sorted((abs(row.gap) for row in table.rows), reverse=True)


def test_declared_slices_come_first_and_are_marked(pairs: Pairs) -> None:
    """Whatever their gap."""
    challenger, champion = pairs["binary"]
    table = slice_table(compare(challenger, champion), challenger.signature, declared_slices(challenger))
    marks = [row.declared for row in table.rows]
    assert sum(marks) == 5
    assert marks == sorted(marks, reverse=True)


def test_a_declared_slice_without_a_column_is_refused(pairs: Pairs) -> None:
    """The name is given back, with the place it stands in."""
    challenger, _ = pairs["binary"]
    with pytest.raises(ConfigError, match=r"gate\.slices: data/dev.parquet has no column .tariff.; there are: row_id"):
        slice_table(compare(challenger, None), challenger.signature, ("tariff",))


def test_at_most_so_many_slices_are_shown(pairs: Pairs) -> None:
    """With many columns only the widest gaps stay, and the number examined is told."""
    challenger, _ = pairs["binary"]
    rng = np.random.default_rng(0)
    extra = {f"x{k}": rng.random(len(challenger.dev)) for k in range(12)}
    columns = tuple(replace(challenger.signature.columns[0], name=name) for name in extra)
    wide = replace(
        challenger,
        dev=challenger.dev.assign(**extra),
        signature=replace(challenger.signature, columns=challenger.signature.columns + columns),
    )
    table = slice_table(compare(wide, None), wide.signature, ())
    assert len(table.rows) == SHOWN
    assert table.examined > 48


def test_pixels_are_no_slices(pairs: Pairs) -> None:
    """A picture's columns mean nothing one by one."""
    challenger, champion = pairs["digits"]
    assert slice_table(compare(challenger, champion), challenger.signature, ()).examined == 0


def test_a_slice_of_few_rows_is_not_examined_unless_declared(pairs: Pairs) -> None:
    """Nineteen rows say nothing; a declared slice is shown all the same."""
    challenger, _ = pairs["binary"]
    rare = np.where(np.arange(len(challenger.dev)) < 19, "rare", "common")
    side = replace(challenger, dev=challenger.dev.assign(plan=rare))
    c = compare(side, None)
    automatic = {row.label for row in slice_table(c, side.signature, ()).rows}
    declared = {row.label for row in slice_table(c, side.signature, ("plan",)).rows}
    assert "plan: rare" not in automatic
    assert "plan: rare" in declared


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([1.0, 2, 3, 4, 5, 6, 7, 8], "numeric", ["1 to 2"] * 2 + ["3 to 4"] * 2 + ["5 to 6"] * 2 + ["7 to 8"] * 2),
        ([0.0, 0, 0, 1], "numeric", ["0.0"] * 3 + ["1.0"]),
        (["a", None, "b", "a"], "categorical", ["a", "missing", "b", "a"]),
        (["a", "aaa", "aaaaa", "aaaaaaa"], "text", [f"{n} characters" for n in (1, 3, 5, 7)]),
        (pd.to_datetime(["2020-01-01", "2021-01-01"]), "date", ["2020-01-01", "2021-01-01"]),
    ],
)
def test_rows_are_grouped_by_what_their_column_is(values: object, kind: str, expected: list[str]) -> None:
    """Quarters of numbers and dates, lengths of texts, values of categories; what is missing is a group."""
    assert groups(pd.Series(values), kind).tolist() == expected
