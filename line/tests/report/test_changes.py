"""What changed: parameters, rows and distributions; and nothing when nothing did."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mainline.report.changes import Changes, DataChanges, changes
from mainline.report.side import Side

Pairs = dict[str, tuple[Side, Side]]


@pytest.fixture
def same(pairs: Pairs) -> tuple[Side, Side]:
    """A challenger and a champion that are the same."""
    challenger, _ = pairs["binary"]
    return challenger, replace(challenger, name="champion")


def test_the_same_side_twice_has_no_changes(same: tuple[Side, Side]) -> None:
    """No parameter, no row, no column."""
    made = changes(*same)
    assert (made.params, made.code, made.data.any) == ((), (), False)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, (("a.b", "1", "2"),)),
        ({"a": 1}, {"a": 1, "b": {"c": [1, "x"]}}, (("b.c", "–", '[1, "x"]'),)),
        ({"a": None, "z": 0}, {"z": 0}, (("a", "null", "–"),)),
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": True}, (("a", "1", "true"),)),
    ],
)
def test_parameters_are_compared_key_by_key(
    same: tuple[Side, Side], old: dict[str, object], new: dict[str, object], expected: tuple[object, ...]
) -> None:
    """Dotted keys, values as JSON, a dash where there is none."""
    challenger, champion = same
    assert changes(replace(challenger, params=new), replace(champion, params=old)).params == expected


def test_rows_are_counted_by_their_id(same: tuple[Side, Side], altered: Callable[..., Side]) -> None:
    """Ten gone, five new."""
    challenger, champion = same
    new = altered(challenger, train=lambda t: pd.concat([t.iloc[10:], t.head(5).assign(row_id=list("abcde"))]))
    train = changes(new, champion).data.tables[0]
    assert (train.table, train.added, train.removed, train.rows_after - train.rows_before) == ("train", 5, 10, -5)


def test_a_moved_number_is_measured_in_standard_deviations(
    same: tuple[Side, Side], altered: Callable[..., Side]
) -> None:
    """Half the rows' spread up is about half a standard deviation of both together."""
    challenger, champion = same
    spread = champion.train["age"].std()
    shift = changes(altered(challenger, train=lambda t: t.assign(age=t["age"] + spread / 2)), champion).data.shifts[0]
    assert (shift.column, shift.measure) == ("age", "mean, in s.d.")
    assert shift.size == pytest.approx(0.485, abs=0.01)


def test_a_moved_category_is_measured_by_total_variation(same: tuple[Side, Side], altered: Callable[..., Side]) -> None:
    """All of one category into another: its share of the rows."""
    challenger, champion = same
    share = (champion.train["plan"] == "business").mean()
    new = altered(challenger, train=lambda t: t.assign(plan=t["plan"].replace("business", "basic")))
    shift = changes(new, champion).data.shifts[0]
    assert (shift.column, shift.measure, shift.size) == ("plan", "total variation", pytest.approx(share))


@pytest.mark.parametrize(
    ("project", "column", "change", "measure"),
    [
        ("binary", "joined", lambda v: v + pd.Timedelta(days=400), "mean date, in s.d."),
        ("text", "message", lambda v: v + " and so on and on", "mean length, in s.d."),
        ("regression", "price", lambda v: v * 2, "mean, in s.d."),
        ("digits", "digit", lambda v: np.minimum(v, 5), "total variation"),
    ],
)
def test_every_kind_of_column_and_the_target_are_watched(
    pairs: Pairs, altered: Callable[..., Side], project: str, column: str, change: Callable[..., object], measure: str
) -> None:
    """Dates, texts and targets move too."""
    side, _ = pairs[project]
    new = altered(side, train=lambda table: table.assign(**{column: change(table[column])}))
    shifts = changes(new, replace(side, name="champion")).data.shifts
    assert [(shift.column, shift.measure) for shift in shifts] == [(column, measure)]


def test_columns_that_come_and_go_are_named(same: tuple[Side, Side], altered: Callable[..., Side]) -> None:
    """By name."""
    challenger, champion = same
    data = changes(altered(challenger, train=lambda t: t.rename(columns={"age": "years"})), champion).data
    assert (data.columns_added, data.columns_removed) == (("years",), ("age",))


def test_at_most_ten_columns_are_shown_furthest_first(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """Of sixty-four that moved."""
    side, _ = pairs["digits"]
    pixels = [name for name in side.train.columns if name.startswith("pixel")]
    new = altered(side, train=lambda t: t.assign(**{name: t[name] + k / 9 for k, name in enumerate(pixels)}))
    sizes = [shift.size for shift in changes(new, side).data.shifts]
    assert len(sizes) == 10
    assert sizes == sorted(sizes, reverse=True)


def test_without_a_champion_only_code_is_kept(pairs: Pairs) -> None:
    """There is nothing to differ from."""
    assert changes(pairs["binary"][0], None, code=["a | 1 +"]) == Changes((), ("a | 1 +",), DataChanges())


def test_without_training_rows_the_dev_rows_are_compared(same: tuple[Side, Side]) -> None:
    """One table is enough."""
    challenger, champion = same
    assert [t.table for t in changes(replace(challenger, train=None), champion).data.tables] == ["dev"]
