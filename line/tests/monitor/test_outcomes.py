"""What labels say: how many answers were wrong, against the dev rows, and whether labels come as they did."""

from datetime import timedelta

import numpy as np
import pytest

from line.tests.monitor.world import FIRST, NAME, OLDER, World, day, older, profiles
from mainline.monitor import outcomes, watch
from mainline.monitor.outcomes import Risk

DEV = np.array([1800.0, 200.0])
WORSE = World(wrong=0.2)


def before(days: int = 60, differ: float = 0.0) -> np.ndarray:
    """The version before: (days, scores) of its labels in time."""
    found = profiles(1, World(days_differ=differ), older=days)
    dates = watch.every_day(FIRST - timedelta(days=days), FIRST - timedelta(days=1))
    return outcomes.in_time(found, OLDER, dates, 7).sum(axis=1).astype(float)


def look(
    days: int = 120,
    then: World | None = None,
    at: int = 60,
    *,
    dev: np.ndarray | None = DEV,
    alike: np.ndarray | None = None,
    wait: int = 7,
    world: World | None = None,
    seed: int = 0,
) -> Risk | str:
    """The risk of a world that changes."""
    found = profiles(days, world, then=then, at=at, seed=seed)
    old = outcomes.old_enough(watch.every_day(day(0), day(days - 1)), day(days - 1), wait)
    return outcomes.risk(found, NAME, old, wait, 0.02, dev=dev, before=alike)


def risk(*arguments: object, **more: object) -> Risk:
    """The same, where it is watched."""
    found = look(*arguments, **more)  # type: ignore[arg-type]
    assert isinstance(found, Risk)
    return found


def test_a_model_that_is_as_wrong_as_measured_is_quiet() -> None:
    """And what was measured, and is allowed, is told."""
    found = risk(alike=before())
    assert found.watched.alarm is None
    assert (found.measured, found.rows) == (0.1, 2000)
    assert found.allowed == pytest.approx(0.12, abs=0.002)
    assert found.watched.days[0] == day(0)


def test_a_model_that_is_more_wrong_is_told_with_the_day() -> None:
    """By the answers of some days: labels for a tenth of 1,000 a day."""
    found = risk(then=WORSE, alike=before())
    assert found.watched.alarm is not None
    assert day(60) < found.watched.alarm < day(72)
    assert day(57) <= found.watched.since <= day(63)  # type: ignore[operator]
    assert found.watched.moved == pytest.approx(0.1, abs=0.02)


def test_without_a_version_before_four_weeks_say_how_days_differ_and_are_not_judged() -> None:
    """Even where they are bad: they cannot be both."""
    assert look(34) == "in 1 day: four weeks of labels say how much days differ anyway"
    assert look(33) == "in 2 days: four weeks of labels say how much days differ anyway"
    found = risk(36, at=0, then=WORSE)
    assert found.watched.days == (day(28),)
    assert risk(36, at=0, then=WORSE, alike=before()).watched.days[0] == day(0)


def test_how_much_days_differ_tempers_the_evidence() -> None:
    """Days whose rates differ by five points, at the edge of what is allowed: less is made of them by who knows it."""
    edge = World(wrong=0.12, days_differ=0.05)
    calm = risk(200, world=edge, alike=before(differ=0.05), seed=3)
    hasty = risk(200, world=edge, alike=before(), seed=3)
    assert calm.null.icc[0] > 0.01 > hasty.null.icc[0]
    assert calm.watched.alarm is None
    assert calm.watched.logs.max() < hasty.watched.logs.max()


def test_few_labels_are_not_enough() -> None:
    """Neither to say how much days differ, nor anything else."""
    assert look(120, world=World(labelled=0.0)) == "too few labels: 0 in 113 days"


def test_what_was_accepted_is_measured_in_production() -> None:
    """Its first four weeks, in place of the dev rows; then they are not judged."""
    found = risk(120, at=0, then=WORSE, dev=None, alike=before())
    assert found.measured == pytest.approx(0.2, abs=0.02)
    assert found.watched.days[0] == day(28)
    assert found.watched.alarm is None


@pytest.mark.parametrize(("wait", "last"), [(1, 118), (7, 112), (28, 91)])
def test_an_answer_counts_when_its_label_has_had_its_time(wait: int, last: int) -> None:
    """Not a day earlier."""
    found = risk(120, wait=wait, alike=before())
    assert found.days[-1] == day(last)


def test_a_label_that_came_later_does_not_count() -> None:
    """Of the labels a fifth comes within a day, nearly all within seven."""
    within = {wait: int(risk(120, wait=wait, alike=before()).counts[:90].sum()) for wait in (1, 7, 28)}
    assert within[1] / within[28] == pytest.approx(0.2, abs=0.02)
    assert within[7] / within[28] == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("late", "wait"), [((0.95, 0.05), 1), ((0.5, 0.3, 0.0, 0.2), 7), ((0.0, 0.1, 0.1, 0.1, 0.65), 14)]
)
def test_labels_are_waited_for_as_long_as_with_the_version_before(
    late: tuple[float, ...], wait: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until nine tenths of those that come within four weeks had come."""
    shares = np.array([*late, *[0.0] * (7 - len(late))])
    shares[-1] += max(1 - shares.sum(), 0)  # the rest comes later still
    monkeypatch.setattr("line.tests.monitor.world.LATE", shares / shares.sum())
    assert outcomes.waited(profiles(5, older=60), older(60), "auto") == wait


def test_where_nothing_is_known_of_labels_they_are_waited_for_a_week() -> None:
    """No version before, one of less than eight weeks, or without a label; and as params.yaml says, where it does."""
    found = profiles(5, older=60)
    assert outcomes.waited(found, None, "auto") == 7
    assert outcomes.waited(found, older(55), "auto") == 7
    assert outcomes.waited(profiles(5), older(60), "auto") == 7
    assert outcomes.waited(profiles(5, World(labelled=0.0), older=60), older(60), "auto") == 7
    assert outcomes.waited(found, older(60), 14) == 14


def test_how_late_labels_come_is_told() -> None:
    """As shares of all that have come; of none there is nothing to tell."""
    days = watch.every_day(day(0), day(59))
    assert outcomes.delays(profiles(60), NAME, days[:28])[7] == pytest.approx(0.95, abs=0.02)
    assert outcomes.delays(profiles(60, World(labelled=0.0)), NAME, days) == {}


def test_a_drift_is_shown_to_do_no_harm_by_later_labels() -> None:
    """Where no more are wrong; not where more are, nor before it was told."""
    found = risk(120, alike=before())
    shown = outcomes.shown_harmless(found, day(60))
    assert shown is not None
    assert day(68) < shown < day(110)
    assert outcomes.shown_harmless(found, found.days[-1]) is None
    assert outcomes.shown_harmless(risk(120, then=World(wrong=0.13), alike=before()), day(60)) is None


def test_a_week_has_its_rate_and_band() -> None:
    """Those without a label are left out."""
    found = risk(120, alike=before())
    weeks = outcomes.weeks(found)
    assert len(weeks) == 17
    assert all(each["low"] < each["rate"] < each["high"] for each in weeks)  # type: ignore[operator]
    assert sum(each["low"] < 0.1 < each["high"] for each in weeks) >= 14  # type: ignore[operator]
    empty = Risk(found.watched, found.null, 0.1, 0.12, 2000, 7, found.days[:7], np.zeros((7, 2), np.int64))
    assert outcomes.weeks(empty) == []


def test_the_parts_of_a_regressions_error_have_their_middles() -> None:
    """Right is 0 and wrong is 1 of a class."""
    assert outcomes.score_values(2).tolist() == [0, 1]
    assert outcomes.score_values(20)[[0, 19]].tolist() == [0.025, 0.975]


def labels(then: World | None = None, days: int = 150) -> dict[str, watch.Watched]:
    """What is told of labels in a world that changes on its 80th day."""
    found = profiles(days, then=then, at=80)
    old = outcomes.old_enough(watch.every_day(day(0), day(days - 1)), day(days - 1), 7)
    return {each.name: each for each in outcomes.labels(found, NAME, old, 7, 0.05)}


def test_labels_that_come_as_they_did_are_quiet() -> None:
    """By each answer, and in the classes they say."""
    found = labels()
    assert set(found) == {"labels of no", "labels of yes", "classes of labels"}
    assert not any(each.alarm for each in found.values())


def test_labels_that_stay_away_are_told() -> None:
    """From one of ten to one of fifty."""
    found = labels(World(labelled=0.02))
    assert found["labels of no"].way == "more without a label"
    assert day(79) <= found["labels of no"].alarm <= day(84)  # type: ignore[operator]


def test_labels_that_say_other_classes_are_told() -> None:
    """As where somebody poisons them."""
    found = labels(World(wrong=0.4))
    assert found["classes of labels"].alarm
    assert not found["labels of no"].alarm


def test_labels_that_come_late_say_classes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as they come in time."""
    monkeypatch.setattr("line.tests.monitor.world.LATE", np.array([0, 0, 0.5, 0.5, 0, 0, 0]))
    assert labels(World(wrong=0.4))["classes of labels"].alarm


def test_before_a_reference_nothing_is_told_of_labels() -> None:
    """Four weeks of answers that are old enough."""
    assert labels(days=34) == {}
    assert labels(days=36)
