"""Intervals of a difference: paired, seeded, and about zero when nothing differs."""

from collections.abc import Callable

import numpy as np
import pytest

from mainline.report.bootstrap import RESAMPLES, Interval, estimates, finding, interval, resamples
from mainline.report.compare import Comparison

Make = Callable[..., Comparison]


def _labels(truth: np.ndarray, right: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(truth)) < right, truth, 1 - truth)


TRUTH = np.random.default_rng(0).integers(0, 2, 400)


def test_a_clear_gain_has_an_interval_without_zero(compared: Make) -> None:
    """95% against 70% right on 400 rows is better, on accuracy and F1."""
    made = estimates(compared(TRUTH, _labels(TRUTH, 0.95, 1), _labels(TRUTH, 0.7, 2)))
    by_name = {e.metric.name: e for e in made}
    assert by_name["accuracy"].difference.low > 0
    assert by_name["accuracy"].finding == by_name["F1"].finding == by_name["log loss"].finding == "better"


def test_a_clear_loss_is_worse(compared: Make) -> None:
    """The same two the other way round."""
    made = estimates(compared(TRUTH, _labels(TRUTH, 0.7, 2), _labels(TRUTH, 0.95, 1)))
    assert {e.finding for e in made} == {"worse"}


def test_no_difference_has_an_interval_with_zero(compared: Make) -> None:
    """Two sides equally good, with different mistakes."""
    made = estimates(compared(TRUTH, _labels(TRUTH, 0.8, 3), _labels(TRUTH, 0.8, 4)))
    assert made[0].difference.low < 0 < made[0].difference.high
    assert made[0].finding == "no clear difference"


def test_the_same_answers_differ_by_exactly_nothing(compared: Make) -> None:
    """Pairing takes shared luck away: the interval has no width, though each side's own has."""
    label = _labels(TRUTH, 0.8, 3)
    first = estimates(compared(TRUTH, label, label))[0]
    assert (first.difference.low, first.difference.high) == (0, 0)
    assert first.challenger.low < first.challenger.high


def test_the_interval_of_a_proportion_is_that_of_the_textbook(compared: Make) -> None:
    """Accuracy's interval is within a hundredth of the normal approximation."""
    first = estimates(compared(TRUTH, _labels(TRUTH, 0.8, 3)))[0].challenger
    half = 1.96 * np.sqrt(first.value * (1 - first.value) / len(TRUTH))
    assert (first.low, first.high) == pytest.approx((first.value - half, first.value + half), abs=0.01)


def test_a_challenger_alone_has_no_difference(compared: Make) -> None:
    """There is nothing to compare, and nothing is said."""
    first = estimates(compared(TRUTH, TRUTH))[0]
    assert first.champion is first.difference is None
    assert first.finding == ""


@pytest.mark.parametrize("rows", [1, 7, 300_000])
def test_resamples_draw_as_many_rows_as_there_are(rows: int) -> None:
    """Each line of weights adds up to the number of rows, whatever the size of a block."""
    block = next(resamples(rows))
    assert block.shape[1] == rows
    assert (block.sum(axis=1) == rows).all()


def test_resamples_are_the_same_every_time() -> None:
    """The seed is fixed, and there are RESAMPLES of them."""
    once, again = (np.concatenate(list(resamples(50))) for _ in range(2))
    assert once.shape == (RESAMPLES, 50)
    assert (once == again).all()


def test_resamples_without_a_value_are_left_out() -> None:
    """NaN is no value; only NaN is no interval."""
    samples = np.r_[np.nan, np.linspace(0, 1, 101)]
    assert interval(0.5, samples) == Interval(0.5, pytest.approx(0.025), pytest.approx(0.975))
    assert np.isnan(interval(0.5, np.array([np.nan])).low)


@pytest.mark.parametrize(
    ("low", "high", "higher", "word"),
    [
        (0.1, 0.2, True, "better"),
        (0.1, 0.2, False, "worse"),
        (-0.2, -0.1, True, "worse"),
        (-0.2, -0.1, False, "better"),
        (-0.1, 0.1, True, "no clear difference"),
        (0.0, 0.1, True, "no clear difference"),
    ],
)
def test_a_finding_says_no_more_than_the_interval(low: float, high: float, higher: bool, word: str) -> None:
    """Better or worse only where the whole interval is on one side of zero."""
    assert finding(Interval((low + high) / 2, low, high), higher) == word
