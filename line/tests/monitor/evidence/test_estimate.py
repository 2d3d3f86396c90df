"""The risk before labels come: calibrated by dev rows, rising with what the model does not know."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainline.monitor.evidence.estimate import Guess, calibrated

Bins = list[tuple[int, int]]
bins = st.lists(st.integers(0, 50).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=10)


@given(bins.filter(lambda each: any(n for _, n in each)))
def test_more_confidence_is_never_more_risk(each: Bins) -> None:
    """Whatever the dev rows say, a surer answer is held to be wrong no more often, and all lies in [0, 1]."""
    loss, total = zip(*each, strict=True)
    fitted = calibrated(loss, total, rising=False)
    assert (np.diff(fitted) <= 1e-9).all()
    assert ((fitted >= 0) & (fitted <= 1)).all()


@given(bins.filter(lambda each: any(n for _, n in each)))
def test_the_mean_risk_of_the_dev_rows_stays(each: Bins) -> None:
    """Calibration moves wrong answers between bins, and adds and drops none."""
    loss, total = (np.array(part) for part in zip(*each, strict=True))
    assert calibrated(loss, total, rising=False) @ total == pytest.approx(loss.sum(), abs=1e-6)


def test_what_is_in_order_stays_as_it_was_measured() -> None:
    """Where surer answers are wrong less often, each bin keeps its own share."""
    assert calibrated([30, 20, 5], [100, 100, 100], rising=False) == pytest.approx([0.3, 0.2, 0.05])


def test_what_is_out_of_order_is_put_together() -> None:
    """Two neighbours the wrong way round get their mean, each weighted by its rows."""
    assert calibrated([10, 60], [100, 300], rising=False) == pytest.approx([0.175, 0.175])
    assert calibrated([10, 60], [100, 300], rising=True) == pytest.approx([0.1, 0.2])


def test_unseen_bins_lie_between_their_neighbours() -> None:
    """One in the middle lies between, one at an end is as the nearest that was seen."""
    assert calibrated([0, 4, 0, 2, 0], [0, 10, 0, 10, 0], rising=False) == pytest.approx([0.4, 0.4, 0.3, 0.2, 0.2])


@pytest.mark.parametrize(
    ("loss", "total", "words"),
    [
        ([0, 0], [0, 0], "needs dev rows"),
        ([1], [1, 1], "same bins"),
        ([[1]], [[1]], "same bins"),
        ([2], [1], "between 0 and the rows"),
        ([-1], [1], "between 0 and the rows"),
        ([np.nan], [1], "between 0 and the rows"),
        ([1], [np.inf], "between 0 and the rows"),
        (["a"], [1], "must be numbers"),
    ],
    ids=range(8),
)
def test_what_is_no_calibration_is_refused(loss: Any, total: Any, words: str) -> None:
    """Rows that are none are refused in words."""
    with pytest.raises(ValueError, match=words):
        calibrated(loss, total, rising=False)


def dev(rows: int, seed: int = 0) -> tuple[dict[str, Any], np.ndarray]:
    """Rows whose answers are the worse the larger x is, and worse still for the kind "odd"."""
    rng = np.random.default_rng(seed)
    x, odd = rng.uniform(size=rows), rng.random(rows) < 0.2
    error = np.clip(0.3 * x * rng.uniform(size=rows) + 0.3 * odd, 0, 1)
    return {"x": x, "kind": np.where(odd, "odd", "even")}, error


KINDS = {"x": "number", "kind": "category"}


def test_a_guess_tells_hard_rows_from_easy_ones() -> None:
    """On rows it has not seen, the mean error of each bin is near what its score says."""
    columns, error = dev(4000)
    guess = Guess.fit(columns, KINDS, error)
    others, truth = dev(4000, seed=1)
    bins = guess.bins(others)
    measured = np.array([truth[bins == bin].mean() for bin in range(len(guess.scores[0]))])
    assert measured == pytest.approx(guess.scores[0], abs=0.03)
    assert guess.scores[0, -1] > 5 * guess.scores[0, 0]


def test_a_guess_is_calibrated_by_rows_it_has_not_seen() -> None:
    """Where nothing can be known of the errors, the scores say nearly the same of all rows."""
    rng = np.random.default_rng(3)
    guess = Guess.fit({"x": rng.uniform(size=2000)}, {"x": "number"}, rng.uniform(size=2000))
    assert np.ptp(guess.scores) < 0.12


def test_a_guess_is_the_same_each_time() -> None:
    """The same rows give the same bins and scores: its randomness is fixed."""
    columns, error = dev(500)
    one, other = (Guess.fit(columns, KINDS, error) for _ in range(2))
    assert one.scores.tolist() == other.scores.tolist()
    assert one.bins(columns).tolist() == other.bins(columns).tolist()


def test_guesses_of_few_values_find_their_own_bins() -> None:
    """A column of two values: each has the error that its rows had."""
    x = np.arange(400) % 2
    guess = Guess.fit({"x": x}, {"x": "number"}, np.where(x, 0.5, 0.1))
    assert guess.scores[0][guess.bins({"x": [0, 1]})] == pytest.approx([0.1, 0.5], abs=0.01)


def test_errors_that_are_all_alike_have_one_bin() -> None:
    """Where nothing tells rows apart, all have the same score."""
    guess = Guess.fit({"x": np.zeros(100)}, {"x": "number"}, np.full(100, 0.25))
    assert guess.scores.max() == pytest.approx(0.25)
    assert set(guess.bins({"x": [0.0, 5.0]}).tolist()) <= set(range(guess.scores.shape[1]))


def test_harder_rows_raise_the_estimate() -> None:
    """More of the odd ones: the mean score rises by what they cost."""
    columns, error = dev(4000)
    guess = Guess.fit(columns, KINDS, error)
    x = np.random.default_rng(2).uniform(size=1000)
    easy, hard = (guess.scores[0][guess.bins({"x": x, "kind": [kind] * 1000})].mean() for kind in ("even", "odd"))
    assert hard - easy == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize(
    ("rows", "error", "words"),
    [
        (79, np.zeros(79), "needs 80 dev rows, not 79"),
        (80, np.zeros(100), "80 rows and 100 errors"),
        (80, np.full(80, 1.1), "from 0 to 1"),
        (80, np.full(80, np.nan), "from 0 to 1"),
        (80, np.zeros((80, 1)), "from 0 to 1"),
    ],
    ids=range(5),
)
def test_what_cannot_be_learnt_from_is_refused(rows: int, error: np.ndarray, words: str) -> None:
    """Too few rows, and errors that are none."""
    with pytest.raises(ValueError, match=words):
        Guess.fit({"x": np.arange(rows)}, {"x": "number"}, error)
