"""References, and the evidence of a signal's days against them."""

from datetime import date

import numpy as np
import pytest

from line.tests.monitor.world import AGE, NAME, PLAN, World, day, profiles
from mainline.monitor import watch
from mainline.monitor.evidence import BAR
from mainline.monitor.watch import Span, Watched

DAYS = watch.every_day(day(0), day(119))
MANY = dict.fromkeys(DAYS, 1000.0)


def look(
    then: World | None = None, at: int = 80, signal: str = "column:age", seed: int = 0, days: int = 120
) -> Watched:
    """One column of a world that changes."""
    found = profiles(days, then=then, at=at, seed=seed)
    dates = watch.every_day(day(0), day(days - 1))
    parts = watch.spans(dates, dict.fromkeys(dates, 1000.0))
    bins, kind = (AGE, "number") if signal == "column:age" else (PLAN, "category")
    return watch.watched(signal, found.counts(NAME, signal, dates), dates, parts, watch.column(bins, kind, 0.02))


def test_a_reference_is_four_weeks_and_from_the_57th_day_on_eight() -> None:
    """With which the evidence begins anew; each day is judged by days before it."""
    assert watch.spans(DAYS, MANY) == [Span(DAYS[:28], DAYS[28:56]), Span(DAYS[:56], DAYS[56:])]
    assert watch.spans(DAYS[:56], MANY) == [Span(DAYS[:28], DAYS[28:56])]
    assert watch.spans(DAYS[:28], MANY) == [Span(DAYS[:28], ())]


def test_without_four_weeks_there_is_no_reference() -> None:
    """One day less, and nothing is judged."""
    assert watch.spans(DAYS[:27], MANY) == []


@pytest.mark.parametrize(("a_day", "needs"), [(1000, 28), (72, 28), (71, 35), (40, 56), (30, 70), (16, None)])
def test_a_reference_goes_on_by_weeks_until_it_has_2000_requests(a_day: float, needs: int | None) -> None:
    """28 days of 72 have them, 28 of 71 do not; 120 days of 16 never."""
    assert watch.needed(DAYS, dict.fromkeys(DAYS, float(a_day))) == needs
    parts = watch.spans(DAYS, dict.fromkeys(DAYS, float(a_day)))
    assert (len(parts[0].reference) if parts else None) == needs


def test_from_eight_weeks_on_there_is_one_reference() -> None:
    """It is not renewed."""
    few = dict.fromkeys(DAYS, 30.0)
    assert watch.spans(DAYS, few) == [Span(DAYS[:70], DAYS[70:])]
    assert watch.spans(DAYS, dict.fromkeys(DAYS, 40.0)) == [Span(DAYS[:56], DAYS[56:])]


def test_a_column_that_stays_is_quiet() -> None:
    """Its evidence stays low, through both references."""
    found = look()
    assert found.alarm is None
    assert found.since is None
    assert found.days == DAYS[28:]
    assert len(found.logs) == 92
    assert found.tolerance == pytest.approx(0.02)


def test_a_column_that_moves_is_told_with_its_day_and_its_way() -> None:
    """Older people from the 80th day on."""
    found = look(World(age=(0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0)))
    assert found.alarm is not None
    assert day(80) <= found.alarm <= day(83)
    assert found.since == day(80)
    assert found.way == "higher"
    assert found.moved == pytest.approx(0.09, abs=0.03)


@pytest.mark.parametrize(
    ("age", "way"),
    [
        ((0.06, 0.0, 0.24, 0.24, 0.23, 0.23, 0.0), "more missing"),
        ((0.01, 0.03, 0.24, 0.24, 0.24, 0.24, 0.0), "more out of range"),
        ((0.01, 0.0, 0.24, 0.24, 0.24, 0.24, 0.03), "more out of range"),
        ((0.01, 0.0, 0.34, 0.25, 0.20, 0.20, 0.0), "lower"),
        ((0.01, 0.0, 0.34, 0.16, 0.15, 0.34, 0.0), "further out"),
        ((0.01, 0.0, 0.15, 0.35, 0.35, 0.14, 0.0), "closer in"),
    ],
)
def test_each_way_in_which_a_number_moves_is_seen(age: tuple[float, ...], way: str) -> None:
    """What is missing, out of range, and the ranks both ways."""
    found = look(World(age=age))
    assert found.alarm
    assert found.way == way


@pytest.mark.parametrize(
    ("plan", "way"),
    [
        ((0.0, 0.5, 0.4, 0.1, 0.0), "more plus"),
        ((0.0, 0.57, 0.28, 0.1, 0.05), "more never seen before"),
        ((0.05, 0.57, 0.28, 0.1, 0.0), "more missing"),
    ],
)
def test_each_way_in_which_a_category_moves_is_seen(plan: tuple[float, ...], way: str) -> None:
    """The share of each, and what is new."""
    found = look(World(plan=plan), signal="column:plan")
    assert found.alarm
    assert found.way == way


def test_what_moves_less_than_it_may_is_quiet() -> None:
    """One point of a hundred, where two are allowed."""
    assert look(World(plan=(0.0, 0.59, 0.31, 0.1, 0.0)), signal="column:plan").alarm is None


def test_an_alarm_of_the_first_weeks_stays_though_the_second_reference_holds_them() -> None:
    """It was told, and nobody has accepted it."""
    found = look(World(age=(0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0)), at=35)
    assert found.alarm is not None
    assert found.alarm <= day(40)
    assert found.logs[-1] < np.log(BAR)  # of the days since, against the eight weeks
    assert found.since == day(35)


@pytest.mark.parametrize(
    ("bins", "kind", "asked"),
    [
        (AGE, "number", ("more missing", "more out of range")),
        (("missing", "there"), "number", ("more missing",)),  # training saw no value: the second bin is not `below`
        (PLAN, "category", ("more missing", "more never seen before")),
        (("missing", "up to 3 letters", "above 3 letters"), "text", ("more missing",)),
        (("missing", "more than 3 days before", "more than 3 days after"), "date", ("more missing",)),
    ],
)
def test_what_is_asked_of_the_quality_of_each_kind(bins: tuple[str, ...], kind: str, asked: tuple[str, ...]) -> None:
    """By the place of its bins, whatever they are called."""
    *_, (names, scores, least, ratio) = watch.column(bins, kind, 0.02)(np.ones(len(bins)))
    assert names == asked
    assert scores[0].tolist() == [1.0] + [0.0] * (len(bins) - 1)
    assert (least, ratio) == (0.005, 1.25)


def test_what_is_missing_moves_no_rank_and_is_no_category() -> None:
    """It is told as missing, and as nothing else; so is what was never seen."""
    (_, ranks, *_), _ = watch.column(AGE, "number", 0.02)(np.ones(len(AGE)))
    assert ranks[:2, 0].tolist() == [0.5, 0.5]
    (names, *_), _ = watch.column(PLAN, "category", 0.02)(np.ones(len(PLAN)))
    assert [name for name in names if name.startswith("more ")] == ["more basic", "more plus", "more pro"]


def test_what_its_days_move_too_far_anyway_is_not_watched_and_named() -> None:
    """A category that is all of one day and nothing of the next."""
    counts = np.zeros((120, 12, 5))
    counts[::2, 0, 1] = counts[1::2, 0, 2] = 1000
    found = watch.watched("column:plan", counts, DAYS, watch.spans(DAYS, MANY), watch.column(PLAN, "category", 0.02))
    assert {"more basic", "more plus"} <= set(found.unwatched)
    assert "more missing" not in found.unwatched
    assert found.way not in found.unwatched
    assert found.alarm is None


def test_a_signal_of_which_nothing_can_be_watched_has_no_evidence() -> None:
    """Answers that are all of one class on one day, and of the other on the next."""
    counts = np.zeros((120, 12, 2))
    counts[::2, 0, 0] = counts[1::2, 0, 1] = 1000
    found = watch.watched("answers", counts, DAYS, watch.spans(DAYS, MANY), watch.answers(("no", "yes"), 0.02))
    assert len(found.unwatched) == 4
    assert not np.isfinite(found.logs).any()
    assert (found.alarm, found.way) == (None, "")


def test_the_sum_waits_for_nobody_and_hears_everybody() -> None:
    """A signal that is sure makes the sum sure, by its weight; signs that are no signal count for nothing."""
    days = DAYS[28:31]
    sure = Watched("a", days, np.log([1.0, 20_000.0, 1.0]), 0.02)
    silent = Watched("b", days, np.full(3, -np.inf), np.inf)
    both = watch.together([(sure, 0.5), (silent, 0.5)])
    assert np.exp(both).round(6).tolist() == [0.5, 10_000.0, 0.5]
    assert watch.first_above(days, both) == days[1]
    assert len(watch.together([])) == 0


def test_every_day_has_no_gap() -> None:
    """Both ends are in."""
    assert watch.every_day(date(2026, 2, 27), date(2026, 3, 2)) == tuple(
        date(2026, month, at) for month, at in ((2, 27), (2, 28), (3, 1), (3, 2))
    )
