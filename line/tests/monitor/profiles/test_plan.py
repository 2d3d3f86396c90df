"""The first line of a file is understood, or refused as a whole."""

import pytest

from line.tests.monitor.profiles.recorded import COLUMNS, head
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.signals import MOST_BINS, Version

AGE = COLUMNS[0]
REFUSED = {
    "no columns": {"kind": "columns"},
    "a list": [],
    "no version": head("") | {},
    "a version that is too long": head("v" * 201),
    "a task that is none": head() | {"task": 7},
    "no classes": head(classes=[]),
    "a class that is a list": head(classes=[[1]]),
    "a class twice": head(classes=["a", "a"]),
    "a column without a name": head(columns=[{"kind": "numeric"}]),
    "a column of an unknown kind": head(columns=[AGE | {"kind": "image"}]),
    "a column twice": head(columns=[AGE, AGE]),
    "deciles that fall": head(columns=[AGE | {"deciles": [2.0, 1.0]}]),
    "deciles that are text": head(columns=[AGE | {"deciles": ["1"]}]),
    "too many deciles": head(columns=[AGE | {"deciles": [float(n) for n in range(50)]}]),
    "a limit without end": head(columns=[AGE | {"maximum": float("inf")}]),
    "a limit too large": head(columns=[AGE | {"maximum": 10**400}]),
    "limits the wrong way round": head(columns=[AGE | {"minimum": 101.0}]),
    "one limit": head(columns=[AGE | {"minimum": None}]),
    "a target's deciles that are none": head(deciles=[None]),
    "categories that are numbers": head(columns=[{"name": "c", "kind": "categorical", "categories": [1]}]),
}


@pytest.mark.parametrize("line", REFUSED.values(), ids=REFUSED)
def test_what_columns_cannot_be_is_refused(line: object) -> None:
    """With a ValueError, whatever is wrong."""
    with pytest.raises(ValueError, match=r"\w"):
        Plan.of(line)


def test_what_is_counted_is_the_same_after_it_was_written() -> None:
    """Through the file of the version."""
    for line in (head(), head(columns=[AGE], deciles=[1.0, 2.0]), head(columns=[])):
        version = Plan.of(line).version
        assert Version.from_json(version.to_json()) == version


def test_a_thousand_columns_of_a_hundred_categories_are_too_many() -> None:
    """As many as there is room for are counted, the first ones; the file that says so can be read."""
    categories = [f"{n}" for n in range(130)]
    columns = [{"name": f"c{n}", "kind": "categorical", "categories": categories} for n in range(1_000)]
    plan = Plan.of(head(columns=columns))
    assert len(plan.version.signals[0].bins) == 102
    assert plan.left_out == 1_000 - len(plan.columns) > 800
    assert sum(len(signal.bins) for signal in plan.version.signals) <= MOST_BINS
    assert Version.from_json(plan.version.to_json()) == plan.version


def test_a_column_with_a_name_too_long_is_left_out() -> None:
    """The others are counted."""
    plan = Plan.of(head(columns=[AGE | {"name": "n" * 201}, AGE]))
    assert ([name for name, _ in plan.columns], plan.left_out) == (["age"], 1)
