"""Every bet is a fair game while the null holds: computed over all outcomes, not simulated."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from mainline.canary.bets import DIRECTIONS, LOG_WEIGHTS, STARTS, Direction, log_gains, log_mixture

DEFAULTS: dict[str, Any] = {"direction": "harm", "ratio": 1.0, "margin": 0.0}
NULLS: list[tuple[Direction, float, float]] = [
    ("harm", 1.0, 0.0),
    ("harm", 1.25, 0.005),
    ("harm", 0.5, 0.1),
    ("non_inferiority", 1.0, 0.02),
    ("non_inferiority", 1.25, 0.005),
    ("non_inferiority", 3.0, 0.1),
]


def expected_factors(sizes: tuple[int, int], rates: tuple[float, float], **bets: Any) -> NDArray[np.float64]:
    """The mean of each bet's factor (8,) over all outcomes of one batch of `sizes` with these bad rates."""
    canary, champion = (np.arange(size + 1) for size in sizes)
    gains = log_gains(sizes[0], canary[:, None], sizes[1], champion[None, :], **bets)
    chances = [binom.pmf(np.arange(size + 1), size, rate) for size, rate in zip(sizes, rates, strict=True)]
    return np.einsum("i,j,ijk->k", *chances, np.exp(gains))


@pytest.mark.parametrize("sizes", [(1, 1), (1, 9), (9, 1), (12, 7)])
@pytest.mark.parametrize("seen", [(0, 0), (50, 0), (50, 1), (50, 50), (10**9, 10**7)])
@pytest.mark.parametrize(("direction", "ratio", "margin"), NULLS)
def test_no_bet_gains_on_average_at_the_border_of_its_null(
    sizes: tuple[int, int], seen: tuple[int, int], direction: Direction, ratio: float, margin: float
) -> None:
    """Whatever was seen before, and whatever the champion's rate is: the mean factor is 1 at the most."""
    for champion in (0.0, 0.01, 0.2, (1 - margin) / max(ratio, 1)):
        mean = expected_factors(
            sizes,
            (ratio * champion + margin, champion),
            seen_total=seen[0],
            seen_bad=seen[1],
            direction=direction,
            ratio=ratio,
            margin=margin,
        )
        assert (mean <= 1 + 1e-9).all()


@pytest.mark.parametrize(("direction", "better"), [("harm", (0.05, 0.2)), ("non_inferiority", (0.2, 0.05))])
def test_inside_the_null_bets_lose_and_outside_they_gain(direction: Direction, better: tuple[float, float]) -> None:
    """A canary on the null's side costs every bet; one on the other side is what the bets were made for."""
    asked = {**DEFAULTS, "direction": direction, "seen_total": 1000, "seen_bad": 100}
    assert (expected_factors((20, 20), better, **asked) < 1).all()
    assert (expected_factors((20, 20), better[::-1], **asked) > 1).any()


def test_rates_may_change_from_request_to_request() -> None:
    """Day and night within one batch: only the two averages count."""
    canary, champion = (0.0, 0.1, 0.5), (0.3, 0.1)  # both average to 0.2
    mean = np.zeros(8)
    for outcome in itertools.product((0, 1), repeat=5):
        chance = math.prod(p if bad else 1 - p for p, bad in zip(canary + champion, outcome, strict=True))
        gains = log_gains(3, sum(outcome[:3]), 2, sum(outcome[3:]), seen_total=10, seen_bad=2, **DEFAULTS)
        mean += chance * np.exp(gains)
    assert (mean <= 1).all()
    assert (mean > 0.9).all()


@given(
    st.integers(1, 10**9),
    st.integers(1, 10**9),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 10**9),
    st.floats(0, 1),
    st.sampled_from(NULLS),
)
def test_a_batch_that_looks_like_the_null_never_raises_any_bet(
    canary: int,
    champion: int,
    canary_rate: float,
    champion_rate: float,
    seen: int,
    seen_rate: float,
    null: tuple[Direction, float, float],
) -> None:
    """Where the observed rates keep to the null, no bet gains, for 1 request or 10^9, rates 0 and 1 included."""
    direction, ratio, margin = null
    bad = round(canary * canary_rate), round(champion * champion_rate)
    excess = bad[0] / canary - ratio * bad[1] / champion - margin
    asked: dict[str, Any] = {"direction": direction, "ratio": ratio, "margin": margin}
    gains = log_gains(canary, bad[0], champion, bad[1], seen_total=seen, seen_bad=round(seen * seen_rate), **asked)
    assert np.isfinite(gains).all()
    if (excess <= 0) if direction == "harm" else (excess >= 0):
        assert (gains <= 1e-12 * (canary + champion) + 1e-9).all()


def test_a_batch_that_contradicts_the_null_raises_bets() -> None:
    """Ten bad of ten against none of ten pays, and pays most for the bet on the largest difference."""
    gains = log_gains(10, 10, 10, 0, seen_total=100, seen_bad=1, **DEFAULTS)
    assert (np.diff(gains) > 0).all()
    assert gains[0] > 0


def test_many_canaries_are_reckoned_as_each_alone() -> None:
    """Arrays of counts and of what was seen give, row by row, what single numbers give."""
    rows = [(5, 1, 9, 0, 0, 0), (7, 7, 1, 1, 40, 3), (1, 0, 1, 0, 2, 2)]
    for direction in DIRECTIONS:
        asked = {**DEFAULTS, "direction": direction}
        columns = np.array(rows).T
        together = log_gains(*columns[:4], seen_total=columns[4], seen_bad=columns[5], **asked)
        for row, gains in zip(rows, together, strict=True):
            assert gains == pytest.approx(log_gains(*row[:4], seen_total=row[4], seen_bad=row[5], **asked))


def test_the_stake_is_shared_among_starts_and_bets() -> None:
    """Nothing won is 1 in all; half of the stake is on the first start, a sixteenth on each other."""
    logs = np.zeros((9, 8))
    assert log_mixture(logs) == pytest.approx(0, abs=1e-12)
    for start, weight in enumerate([1 / 2, *[1 / 16] * 8]):
        won = logs.copy()
        won[start, 3] = 50
        assert log_mixture(won) == pytest.approx(50 + math.log(weight / 8))
    assert log_mixture(np.array([[50.0] + [0.0] * 7])) == pytest.approx(50 - math.log(8))


def test_starts_double_and_weights_add_up() -> None:
    """Batches 0, 1, 2, 4, ... 128, with weights that sum to 1."""
    assert STARTS.tolist() == [0] + [2**j for j in range(8)]
    assert np.exp(LOG_WEIGHTS).sum() == pytest.approx(1)
