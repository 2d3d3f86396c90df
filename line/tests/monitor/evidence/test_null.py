"""What is allowed of a signal, what a day gains against it, and what is no null and no day."""

import doctest
import importlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainline.monitor.evidence.null import BETS, SHARES, Null
from mainline.monitor.evidence.price import days_price

PURE = ("classifier", "detector", "estimate", "features", "null", "price", "reference", "risk", "scores")


@pytest.mark.parametrize("name", PURE)
def test_the_examples_run(name: str) -> None:
    """Each example in the mathematics says what comes of it."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(importlib.import_module(f"mainline.monitor.evidence.{name}"), optionflags=flags)
    assert result.attempted
    assert not result.failed


def by_the_book(day: list[list[int]], null: Null, score: int, bet: int) -> float:
    """The design's formula for the log gain of one bet, a unit at a time."""
    mu = [min(centre + float(null.tolerance[score]), 1 - 1e-6) for centre in null.centres[score]]
    lam = 0.95 * 2**-bet / max(mu)
    units = sum(map(sum, day))
    each = [
        count * math.log(1 + lam * (null.scores[score][k] - mu[t]))
        for t, row in enumerate(day)
        for k, count in enumerate(row)
    ]
    return sum(each) / (1 + max(units - 1, 0) * float(null.icc[score]))


@given(st.lists(st.lists(st.integers(0, 50), min_size=3, max_size=3), min_size=2, max_size=2), st.floats(0, 0.5))
def test_gains_are_those_of_the_design(day: list[list[int]], icc: float) -> None:
    """Each bet multiplies by 1 + lam (x - mu) for each unit, to the power of one over the design effect."""
    null = Null.of([[0.1, 0.5, 0.9], [0.0, 0.25, 1.0]], [[0.5, 0.4], [0.3, 0.35]], [0.02, 0.05], icc)
    gains = null.gains([day])[0]
    assert gains.shape == (2, BETS)
    expected = [[by_the_book(day, null, score, bet) for bet in range(BETS)] for score in range(2)]
    assert gains == pytest.approx(np.array(expected), abs=1e-9)


def test_the_largest_bet_can_never_lose_everything() -> None:
    """Whatever the strata allow, a unit that scores 0 leaves a twentieth of the wealth at least."""
    null = Null.of([[0, 1]], [[0.1, 0.6, 0.9]], 0.05)
    each = np.eye(3)[:, :, None] * np.array([1.0, 0.0])  # one unit that scores 0, in each stratum
    worst = null.gains(each).min()
    assert worst == pytest.approx(math.log(0.05))
    assert SHARES.tolist() == [0.95 / 2**j for j in range(8)]


@pytest.mark.parametrize("scores", [[[0.0, 1.0]], [[0.2, 0.8]], [[1.0, 0.0]]])
def test_a_unit_at_what_is_allowed_gains_nothing_on_average(scores: list[list[float]]) -> None:
    """The mean factor of one unit is 1 where the mean score is what is allowed, and below 1 where it is less."""
    low, high = min(scores[0]), max(scores[0])
    null = Null.of(scores, [[0.3]], 0.02)
    for mean, exact in ((0.32, True), (0.25, False)):
        share = (mean - low) / (high - low)  # of units with the higher score
        counts = np.array([[scores[0][0] == high, scores[0][1] == high]], dtype=float)
        up, down = (np.exp(null.gains(each[None])[0, 0]) for each in (counts, 1 - counts))
        factor = share * up + (1 - share) * down
        assert factor == pytest.approx(np.ones(BETS)) if exact else (factor < 1).all()


def test_a_day_without_units_gains_nothing() -> None:
    """No unit, no evidence, with likeness within days and without."""
    for icc in (0.0, 0.1):
        assert (Null.of([[0, 1]], [[0.1]], 0.02, icc).gains([[[0, 0]]]) == 0).all()


def test_units_that_hang_together_say_less() -> None:
    """Where a whole day is as good as one unit, a day of a hundred gains what one unit would."""
    apart, alike = (Null.of([[0.2, 0.8]], [[0.5]], 0.02, icc) for icc in (0.0, 1.0))
    assert alike.gains([[[0, 100]]]) == pytest.approx(apart.gains([[[0, 1]]]))
    assert (Null.of([[0.2, 0.8]], [[0.5]], 0.02, 0.1).gains([[[0, 100]]]) < apart.gains([[[0, 100]]])).all()


def test_the_price_of_skewed_days_is_paid_by_rates_alone() -> None:
    """A rate whose days differ pays for its skewness; one whose days are alike does not, nor another score."""
    days = [[[980, 20]]]
    plain = Null.of([[0, 1]], [[0.02]], 0.0).gains(days) / (1 + 999 * 0.02)
    assert (Null.of([[0, 1]], [[0.02]], 0.0, 0.02).gains(days) < plain - 1e-9)[0, 0, :6].all()
    other = Null.of([[0.001, 0.999]], [[0.02]], 0.0, 0.02)
    assert other.gains(days)[0, 0, 0] * (1 + 999 * 0.02) == pytest.approx(by_the_book([[980, 20]], other, 0, 0) * 20.98)


def test_a_rate_of_days_that_are_alike_pays_nothing() -> None:
    """However many units a day has: its gain is the plain one."""
    plain = Null.of([[0, 1]], [[0.02]], 0.0)
    assert plain.gains([[[980_000, 20_000]]])[0, 0, 5] == pytest.approx(by_the_book([[980_000, 20_000]], plain, 0, 5))


def test_the_price_is_that_of_the_stratum_with_most_allowed() -> None:
    """Over several strata the boldest bet is the one against the highest rate; so is its price."""
    null = Null.of([[0, 1]], [[0.02, 0.1]], 0.0, 0.05)
    day = [[[0, 0], [90, 10]]]
    unpriced = np.array([by_the_book(day[0], null, 0, bet) for bet in range(BETS)])
    assert null.gains(day)[0, 0] == pytest.approx(unpriced - days_price(SHARES, 0.1, 0.05, [100])[0])


def test_what_never_was_is_allowed_next_to_nothing() -> None:
    """A centre and a tolerance of 0 allow one in a million, and all that is possible leaves one in a million."""
    assert Null.of([[0, 1]], [[0.0, 1.0]], 0.0).allowed == pytest.approx(np.array([[1e-6, 1 - 1e-6]]), rel=1e-9)


def test_how_far_it_moved_is_counted_from_each_stratum() -> None:
    """More traffic by night is no move; a higher mean in each stratum is one."""
    null = Null.of([[0, 1]], [[0.1, 0.5]], 0.02)
    assert null.moved([[[90, 10], [500, 500]]]) == pytest.approx([0.0])
    assert null.moved([[[80, 20], [40, 60]]]) == pytest.approx([0.1])
    assert null.moved(np.zeros((3, 2, 2))) == pytest.approx([0.0])


def test_only_what_may_move_little_is_worth_watching() -> None:
    """A tolerance of a quarter is still watched, a larger one is not."""
    assert Null.of([[0, 1]] * 2, [[0.5]] * 2, [0.25, 0.26]).watchable.tolist() == [True, False]


def test_the_opposite_claims_what_the_null_denies() -> None:
    """Against the opposite, units that score low are evidence, and what is allowed is the same edge."""
    null = Null.of([[0, 1]], [[0.1]], 0.02, 0.01)
    other = null.opposite()
    assert other.allowed == pytest.approx(1 - null.allowed)
    assert other.icc.tolist() == null.icc.tolist() == [0.01]
    assert other.gains([[[100, 0]]])[0, 0, 3] > 0 > null.gains([[[100, 0]]])[0, 0, 3]


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"scores": [0, 1]}, "scores must be"),
        ({"scores": [[]]}, "scores must be"),
        ({"scores": [[0, 1.1]]}, "scores must be at least 0 and at most 1"),
        ({"centres": [0.1]}, "centres must be"),
        ({"centres": [[0.1], [0.1]]}, "centres must be"),
        ({"centres": [[-0.1]]}, "centres must be at least 0"),
        ({"centres": [[math.nan]]}, "centres must be at least 0"),
        ({"tolerance": -0.01}, "tolerance must be at least 0"),
        ({"tolerance": [0.1, 0.2]}, "tolerance must be one number"),
        ({"icc": -0.1}, "icc must be at least 0"),
        ({"icc": math.inf}, "icc must be at least 0"),
    ],
    ids=range(11),
)
def test_what_is_no_null_is_refused(given_: dict[str, Any], words: str) -> None:
    """Each field says what it must be."""
    good: dict[str, Any] = {"scores": [[0, 1]], "centres": [[0.1]], "tolerance": 0.02, "icc": 0.0}
    Null.of(**good)
    with pytest.raises(ValueError, match=words):
        Null.of(**good | given_)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ([[1, 2]], "counts must be .days, 1, 2."),
        ([[[1, 2, 3]]], "counts must be .days, 1, 2."),
        ([[[1, 2], [3, 4]]], "counts must be .days, 1, 2."),
        ([[[1, -2]]], "at least 0"),
        ([[[1, math.nan]]], "at least 0"),
        ([[[1, math.inf]]], "at least 0"),
        ([[["1", "2"]]], "must be numbers"),
        ([[[1, 2]], [[1]]], "must be numbers"),
    ],
    ids=range(8),
)
def test_what_is_no_day_is_refused(days: Any, words: str) -> None:
    """Counts have the null's shape, are numbers, finite and at least 0."""
    with pytest.raises(ValueError, match=words):
        Null.of([[0, 1]], [[0.1]], 0.02).gains(days)
