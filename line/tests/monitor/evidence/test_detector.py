"""Evidence over days: the recursion of the design, its sums over signals, when a change began, and its state."""

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mainline.monitor.evidence import ALPHA, BAR, YEAR, Detector, combined, evidence, since
from mainline.monitor.evidence.null import Null

NULL = Null.of([[0, 1], [1, 0]], [[0.10, 0.2], [0.9, 0.8]], 0.02, 0.01)
Days = list[list[list[int]]]
days = st.lists(
    st.lists(st.lists(st.integers(0, 40), min_size=2, max_size=2), min_size=2, max_size=2), min_size=1, max_size=10
)
gains = arrays.arrays(np.float64, st.tuples(st.integers(1, 12), st.just(3)), elements=st.floats(-30, 30))


def test_the_bar_is_that_of_one_year_in_twenty() -> None:
    """365 days at 5%: 7,300."""
    assert pytest.approx(7300) == BAR
    assert pytest.approx(BAR * ALPHA) == YEAR == 365


def by_the_book(each: Sequence[Sequence[float]]) -> list[float]:
    """The design's recursion in plain wealth: R <- (1 + R) * factor, and the mean over the bets."""
    wealth, out = [0.0] * len(each[0]), []
    for day in each:
        wealth = [(1 + was) * math.exp(gain) for was, gain in zip(wealth, day, strict=True)]
        out.append(math.log(sum(wealth) / len(wealth)))
    return out


@given(gains)
def test_evidence_is_that_of_the_design(each: np.ndarray) -> None:
    """Day after day log R is what the recursion gives."""
    assert evidence(each) == pytest.approx(by_the_book(each.tolist()), abs=1e-9)


def test_years_of_large_losses_lose_no_digits() -> None:
    """After ten years of losing thousands a day, the bets of today still count as if they were the first."""
    each = np.full((3650, 8), -5000.0)
    each[-1] = 4.0
    assert evidence(each)[-1] == pytest.approx(4.0, abs=1e-6)


@given(gains, st.integers(1, 12))
def test_evidence_does_not_know_the_days_to_come(each: np.ndarray, day: int) -> None:
    """What is said on a day is the same whether later days are there or not."""
    assert evidence(each[:day]).tolist() == evidence(each)[:day].tolist()


@settings(max_examples=30)
@given(days)
def test_looking_more_often_changes_nothing(each: Days) -> None:
    """Evidence at day n is the same however many times it was asked before."""
    silent, asked = Detector(NULL), Detector(NULL)
    for day in each:
        silent.update(day)
        for _ in range(3):
            assert asked.log_r == Detector.from_state(asked.state()).log_r
        assert asked.update(day) == silent.log_r


@settings(max_examples=30)
@given(days)
def test_a_detector_says_what_the_whole_says(each: Days) -> None:
    """Day by day, or all days at once: the same evidence, the mean over its scores."""
    detector = Detector(NULL)
    whole = combined(evidence(NULL.gains(np.array(each, dtype=float))), [0.5, 0.5])
    assert [detector.update(day) for day in each] == pytest.approx(whole.tolist(), abs=1e-8)
    assert detector.days == len(each)


@settings(max_examples=30)
@given(days, st.integers(0, 10))
def test_a_state_goes_on_to_the_last_bit(each: Days, stop: int) -> None:
    """Written as JSON on any day, also before the first, and read again, nothing is lost."""
    through = Detector(NULL, [0.25, 0.5])
    before, after = each[:stop], each[stop:]
    for day in before:
        through.update(day)
    again = Detector.from_state(json.loads(json.dumps(through.state())))
    assert again.state() == through.state()
    assert [again.update(day) for day in after] == [through.update(day) for day in after]


@settings(max_examples=30)
@given(days, st.integers(0, 9), st.integers(1, 30))
def test_more_harm_is_never_less_evidence(each: Days, which: int, more: int) -> None:
    """Each unit that turns from good to bad raises the evidence from that day on, and leaves the days before."""
    null = Null.of([[0, 1]], [[0.10, 0.2]], 0.02, 0.01)
    at = which % len(each)
    worse = np.array(each, dtype=float)
    turned = min(more, worse[at, 0, 0])
    worse[at, 0] += [-turned, turned]
    first, second = (evidence(null.gains(counts))[:, 0] for counts in (np.array(each, dtype=float), worse))
    assert second[:at].tolist() == first[:at].tolist()
    assert (second[at:] >= first[at:] - 1e-9).all()
    assert turned == 0 or second[at] > first[at]


def test_the_order_of_signals_does_not_matter() -> None:
    """A weighted sum is the same in any order."""
    rng = np.random.default_rng(0)
    logs, weights = rng.normal(size=(5, 6)) * 10, rng.dirichlet(np.ones(6))
    order = rng.permutation(6)
    assert combined(logs[:, order], weights[order]) == pytest.approx(combined(logs, weights))


def test_a_signal_of_no_weight_does_not_count() -> None:
    """Nor does one whose evidence is none: its log is minus infinity."""
    assert combined([[1000.0, 0.0]], [0, 1])[0] == pytest.approx(0.0)
    assert combined([[-math.inf, 0.0]], [0.5, 0.5])[0] == pytest.approx(math.log(0.5))


def test_one_signal_alone_must_reach_the_bar_over_its_weight() -> None:
    """Where all others say nothing, a signal of weight w alarms at A / w."""
    least = math.log(BAR / 0.25)
    assert combined([[least + 1e-9, -math.inf]], [0.25, 0.5])[0] >= math.log(BAR)
    assert combined([[least - 1e-6, -math.inf]], [0.25, 0.5])[0] < math.log(BAR)


@pytest.mark.parametrize(
    ("logs", "weights", "words"),
    [
        ([[0.0, 0.0]], [0.6, 0.6], "add up to at most 1"),
        ([[0.0, 0.0]], [-0.1, 0.5], "at least 0"),
        ([[0.0, 0.0]], [[0.5, 0.5]], "weights must be"),
        ([[0.0, 0.0]], [], "weights must be"),
        ([[0.0, 0.0]], [0.5], "logs must be .days, 1."),
        ([0.0], [1.0], "logs must be .days, 1."),
        ([[math.nan]], [1.0], "logs must be numbers"),
        ([["a"]], [1.0], "must be numbers"),
    ],
    ids=range(8),
)
def test_what_is_no_weighted_sum_is_refused(logs: Any, weights: Any, words: str) -> None:
    """Weights that break the promise, and logs that are none, are refused in words."""
    with pytest.raises(ValueError, match=words):
        combined(logs, weights)


def test_a_change_began_where_the_bets_began_to_win() -> None:
    """Of twenty quiet days and five bad ones the first bad one, also over several scores."""
    null = Null.of([[0, 1], [1, 0]], [[0.1], [0.9]], 0.02)
    counts = np.array([[[90, 10]]] * 20 + [[[70, 30]]] * 5, dtype=float)
    assert since(null.gains(counts)) == 20
    assert since(null.gains(counts)[:, 0]) == 20


def test_a_change_that_is_over_began_after_the_quiet() -> None:
    """A bad week long ago, forgotten since, is not where the last change began."""
    null = Null.of([[0, 1]], [[0.1]], 0.02)
    counts = np.array([[[70, 30]]] * 3 + [[[95, 5]]] * 60 + [[[70, 30]]] * 3, dtype=float)
    assert since(null.gains(counts)) == 63


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: since(np.zeros((0, 8))), "one day at least"),
        (lambda: since([1.0, 2.0]), "gains must be"),
        (lambda: evidence([1.0, 2.0]), "gains must be"),
        (lambda: evidence([[math.nan]]), "gains must be"),
        (lambda: evidence(np.zeros((3, 0))), "gains must be"),
        (lambda: Detector(NULL, [1.0]), "one for each of the 2"),
        (lambda: Detector(NULL, [0.7, 0.7]), "add up to at most 1"),
        (lambda: Detector(NULL).update([[1, 2, 3]]), "counts must be"),
        (lambda: Detector(NULL).update([[1, 2], [3, -1]]), "at least 0"),
        (lambda: Detector(NULL).update([[1, 2], [3, math.nan]]), "at least 0"),
        (lambda: Detector(NULL).update("day"), "must be numbers"),
    ],
    ids=range(11),
)
def test_what_is_no_evidence_is_refused(call: Any, words: str) -> None:
    """Gains, weights and days of another kind are refused in words."""
    with pytest.raises(ValueError, match=words):
        call()


def test_a_refused_day_changes_nothing() -> None:
    """After a day that was refused a detector is what it was."""
    detector = Detector(NULL)
    detector.update([[5, 5], [5, 5]])
    was = detector.state()
    with pytest.raises(ValueError, match="at least 0"):
        detector.update([[5, 5], [5, -5]])
    assert detector.state() == was


def broken(**changes: Any) -> dict[str, Any]:
    """The state of a detector after one day, with some of it replaced."""
    detector = Detector(NULL)
    detector.update([[5, 5], [5, 5]])
    return detector.state() | changes


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ([], "has the keys"),
        ({"format": 1}, "has the keys"),
        (broken(more=1), "has the keys"),
        (broken(format=2), "another version wrote"),
        (broken(days=-1), "days must be a whole number"),
        (broken(days=1.5), "days must be a whole number"),
        (broken(days=True), "days must be a whole number"),
        (broken(days=0), "before the first day"),
        (broken(logs=[]), "logs must be 2 times 8"),
        (broken(logs=[[0.0] * 8]), "logs must be 2 times 8"),
        (broken(logs=[[0.0] * 7 + [math.inf]] * 2), "logs must be 2 times 8 finite"),
        (broken(logs="none"), "logs must be numbers"),
        (broken(weights=[1.0, 1.0]), "add up to at most 1"),
        (broken(weights=None), "must be numbers"),
        (broken(null={}), "has the keys"),
        (broken(null=NULL.state() | {"icc": [-1.0, 0.0]}), "icc must be"),
        (broken(null=NULL.state() | {"scores": [[0, 1], [1]]}), "scores must be numbers"),
        (broken(null=NULL.state() | {"tolerance": "wide"}), "tolerance must be numbers"),
    ],
    ids=range(18),
)
def test_what_is_no_state_is_refused(state: Any, words: str) -> None:
    """A state that was damaged, or is of another version, says so."""
    with pytest.raises(ValueError, match=words):
        Detector.from_state(state)
