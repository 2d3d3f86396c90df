"""Simulated days: when who asks, how the world changes, and what becomes of a record's clock."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mainline.run import days
from mainline.run.days import AFTER, COMING, NEW, OLD, PER_DAY, Plan, can_change, changed, requests, set_back

PLAN = Plan(date(2026, 3, 31))
AGE = {"name": "age", "kind": "numeric", "minimum": 18.0, "maximum": 94.0}
LEVEL = {"name": "level", "kind": "numeric", "minimum": 0.0, "maximum": 1.0}
SHOP = {"name": "shop", "kind": "categorical", "categories": ["a", "b", "c"]}
ONE = {"name": "unit", "kind": "categorical", "categories": ["kg"]}
SAME = {"name": "zero", "kind": "numeric", "minimum": 0.0, "maximum": 0.0}
NOTE = {"name": "note", "kind": "text"}
IGNORED = {"name": "old", "kind": "ignored"}


def test_all_days_are_over_and_none_is_one_of_the_run() -> None:
    """Four weeks and more of the old world, the change, the new one; a day for the release; two weeks; then today."""
    before, after = PLAN.before, PLAN.after
    assert (len(before), len(after)) == (OLD + COMING + NEW, AFTER)
    assert after[-1] == PLAN.last == date(2026, 3, 29)
    assert before[-1] + timedelta(days=1) == PLAN.retrained == after[0] - timedelta(days=1)
    assert OLD >= 28
    assert OLD * PER_DAY >= 2000


@pytest.mark.parametrize(
    ("number", "share"), [(1, 0.0), (OLD, 0.0), (OLD + 1, 1 / COMING), (OLD + COMING, 1.0), (OLD + COMING + NEW, 1.0)]
)
def test_one_user_after_the_other_changes(number: int, share: float) -> None:
    """From none to all, over two weeks."""
    day = PLAN.before[number - 1]
    assert PLAN.number(day) == number
    assert PLAN.share(day) == pytest.approx(share)


def test_the_same_seed_asks_the_same() -> None:
    """Each day as often, spread over its hours, about any row of its world."""
    stream = requests(PLAN.before, (9, 4), PLAN.share, seed=1)
    assert stream == requests(PLAN.before, (9, 4), PLAN.share, seed=1)
    assert len(stream) == len(PLAN.before) * PER_DAY
    assert {each.moment.date() for each in stream} == set(PLAN.before)
    assert {each.place for each in stream if not each.changed} == set(range(9))
    assert {each.place for each in stream if each.changed} == set(range(4))
    assert not any(each.changed for each in stream[: OLD * PER_DAY])
    assert all(each.changed for each in stream[-NEW * PER_DAY :])


@pytest.mark.parametrize(
    ("column", "cell", "wanted"),
    [
        (AGE, 18, 94),
        (AGE, 30.5, 81.5),
        (AGE, 120, 18),
        (AGE, None, None),
        (AGE, "old", "old"),
        (LEVEL, 1, 0),
        (SHOP, "a", "b"),
        (SHOP, "c", "a"),
        (SHOP, "never seen", "never seen"),
        (SHOP, None, None),
        (ONE, "kg", "kg"),
        (SAME, 0, 0),
        (NOTE, "a", "a"),
        (IGNORED, 3, 3),
    ],
)
def test_each_cell_changes_within_what_training_saw(column: dict, cell: object, wanted: object) -> None:
    """Numbers count from the other end, and stay whole; a category gets the next one's name; all else stays."""
    found = changed({column["name"]: cell, "more": 1}, [column])
    assert found == {column["name"]: wanted, "more": 1}
    assert type(found[column["name"]]) is type(wanted)


def test_a_table_with_numbers_keeps_its_categories() -> None:
    """One change is enough."""
    assert changed({"age": 20, "shop": "a"}, [AGE, SHOP]) == {"age": 92, "shop": "a"}


@pytest.mark.parametrize(
    ("columns", "can"), [([NOTE, AGE], True), ([NOTE, SHOP], True), ([NOTE, ONE, SAME, IGNORED], False), ([], False)]
)
def test_not_every_world_can_change(columns: list[dict], can: bool) -> None:
    """A table of texts alone has nothing that turns."""
    assert can_change(columns) == can


def test_a_records_clock_is_set_back_and_nothing_else() -> None:
    """The prediction's to the moment, its label's to within a day; a label that never came has no line."""
    moment = datetime(2026, 3, 1, 9, tzinfo=UTC)
    said, label = (
        {"kind": kind, "time": "2026-03-31T10:00:00.5+00:00", "row": 0} for kind in ("predictions", "feedback")
    )
    first, second = set_back(said, label, moment)
    assert first == (moment, said | {"time": "2026-03-01T09:00:00.000000+00:00"})
    assert second == (moment + days.KNOWN_AFTER, label | {"time": "2026-03-02T05:00:00.000000+00:00"})
    assert [line for _, line in set_back(said, None, moment)] == [first[1]]
