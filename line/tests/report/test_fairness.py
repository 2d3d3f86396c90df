"""How groups are treated: gaps with intervals, crossed columns, and columns that foretell a sensitive one."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mainline.report.card import card
from mainline.report.compare import Comparison, compare
from mainline.report.fairness import fairness
from mainline.report.foretold import foretold
from mainline.report.side import Side

Pairs = dict[str, tuple[Side, Side]]
Make = Callable[..., Comparison]


def grouped(c: Comparison, **columns: list[str]) -> Comparison:
    """With more columns."""
    return replace(c, rows=c.rows.assign(**columns))


def test_a_gap_has_the_interval_of_a_difference(pairs: Pairs, compared: Make) -> None:
    """By hand: groups of 200 that are right on 90 % and on 60; the usual formula says 0.3 give or take 0.08."""
    truth = np.arange(400) % 2
    wrong = np.r_[np.arange(200) < 20, np.arange(200) < 80]
    c = grouped(compared(truth, np.where(wrong, 1 - truth, truth)), group=["x"] * 200 + ["y"] * 200)
    found = fairness(c, pairs["text"][0].signature, "group")
    of = dict(zip(found.scores, zip(found.gaps, found.intervals, strict=True), strict=True))
    gap, spread = of["accuracy"]
    assert gap == spread.value == pytest.approx(0.3)
    assert (spread.low, spread.high) == pytest.approx((0.22, 0.38), abs=0.02)
    for name, (value, wide) in of.items():
        assert wide.value == pytest.approx(value), name
        assert wide.low <= value <= wide.high


def test_a_gap_that_may_be_luck_reaches_zero(pairs: Pairs, compared: Make) -> None:
    """Right on 80 % and on 75 of 150 rows each: a standard error apart."""
    truth = np.arange(300) % 3
    wrong = np.r_[np.arange(150) < 30, np.arange(150) < 37]
    c = compared(truth, np.where(wrong, (truth + 1) % 3, truth), task="multiclass")
    c = grouped(c, group=["x"] * 150 + ["y"] * 150)
    found = fairness(c, pairs["text"][0].signature, "group")
    assert found.scores == ("accuracy",)
    assert found.intervals[0].low < 0 < found.gaps[0]


@pytest.mark.parametrize(("task", "column"), [("regression", "district"), ("binary", "gender"), ("text", "topic")])
def test_intervals_are_about_the_gaps_that_are_shown(pairs: Pairs, task: str, column: str) -> None:
    """Of every score of every task, and the card has them."""
    side, _ = pairs[task]
    found = fairness(compare(side, None), side.signature, column)
    assert [each.value for each in found.intervals] == pytest.approx(found.gaps)
    assert "| its 95% interval |" in card(side, lineage={}, sensitive=[column])


def test_a_rate_of_nothing_has_no_interval(pairs: Pairs, compared: Make) -> None:
    """A group without a positive row has no true positive rate; the card has a dash there."""
    c = compared(np.r_[np.zeros(60, int), np.ones(60, int)], np.ones(120, int))
    found = fairness(grouped(c, group=["x"] * 60 + ["y"] * 60), pairs["text"][0].signature, "group")
    spread = dict(zip(found.scores, found.intervals, strict=True))["true positive rate"]
    assert np.isnan(spread.low)


def test_crossed_columns_have_groups_of_fifty_rows(pairs: Pairs) -> None:
    """Smaller ones are left out, of crossed columns alone; the rows that are left are all counted."""
    side, _ = pairs["binary"]
    c = compare(side, None)
    found = fairness(c, side.signature, "gender", "plan")
    sizes = (c.rows["gender"] + " × " + c.rows["plan"]).value_counts()
    assert {name: rows for name, rows, _ in found.groups} == sizes[sizes >= 50].to_dict()
    assert (sizes < 50).any()
    assert "| `gender × plan` | dev rows |" in card(side, lineage={}, sensitive=["gender", "plan"])


def test_crossed_columns_with_one_group_or_none_are_left_out(pairs: Pairs) -> None:
    """There is nothing to compare."""
    side, _ = pairs["binary"]
    many = replace(side, dev=side.dev.assign(gender=[f"g{at // 63}" for at in range(len(side.dev))]))
    assert fairness(compare(many, None), many.signature, "gender", "plan").groups == ()
    assert "gender × plan" not in card(many, lineage={}, sensitive=["gender", "plan"])


def test_a_column_that_others_foretell_is_told(pairs: Pairs) -> None:
    """With the column that tells most."""
    side, _ = pairs["binary"]
    assert side.train is not None
    train, dev = (each.assign(gender=np.where(each["age"] > 50, "m", "f")) for each in (side.train, side.dev))
    leaky = replace(side, train=train, dev=dev)
    told = foretold(leaky, "gender")
    assert told is not None
    assert (told.most, told.chance) == ("age", 0.5)
    assert told.score > 0.95
    assert "The other columns foretell `gender`" in card(leaky, lineage={}, sensitive=["gender"])


def test_a_column_that_no_other_foretells_is_not(pairs: Pairs) -> None:
    """Nor one that is the same everywhere, nor one with nothing beside it."""
    side, _ = pairs["binary"]
    assert foretold(side, "gender") is None
    assert "foretell" not in card(side, lineage={}, sensitive=["gender"])
    assert foretold(replace(side, train=None, dev=side.dev.assign(gender="f")), "gender") is None
    assert foretold(pairs["text"][0], "topic") is None


def test_cells_that_are_no_numbers_foretell_as_they_are(pairs: Pairs) -> None:
    """Missing and infinite ones, too; and dates."""
    side, _ = pairs["binary"]
    dev = side.dev.assign(gender=np.where(side.dev["age"] > 50, "m", "f"))
    dev["income"] = np.where(dev["gender"] == "m", np.inf, np.nan)
    told = foretold(replace(side, train=None, dev=dev.drop(columns="age").assign(age=np.nan)), "gender")
    assert told is not None
    assert (told.most, told.score) == ("income", 1.0)
