"""The promises of the judge, simulated with fixed seeds: few false alarms under peeking, and few requests to decide."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from mainline.canary.bets import STARTS, log_gains, log_mixture

ALPHA = 0.05
ROLLBACK: dict[str, Any] = {"direction": "harm", "ratio": 1.0, "margin": 0.0}
PROMOTION: dict[str, Any] = {"direction": "non_inferiority", "ratio": 1.25, "margin": 0.005}
Floats = NDArray[np.float64]
Draw = Callable[[int], tuple[Any, Any, Any, Any]]


def first_look(draw: Draw, canaries: int, looks: int, bets: dict[str, Any], *, restarts: bool = True) -> Floats:
    """After how many looks E first reaches 1/alpha in each of many canaries; infinity where it does not."""
    first, total, bad = np.full(canaries, np.inf), np.zeros(canaries), np.zeros(canaries)
    logs = np.zeros((len(STARTS) if restarts else 1, canaries, 8))
    for look in range(looks):
        batch = draw(look)
        logs[STARTS[: len(logs)] <= look] += log_gains(*batch, seen_total=total, seen_bad=bad, **bets)
        total, bad = total + batch[0] + batch[2], bad + batch[1] + batch[3]
        first[(log_mixture(logs) >= -math.log(ALPHA)) & np.isinf(first)] = look + 1
        if np.isfinite(first).mean() > 0.9:  # the slowest tenth moves no median and no 90% quantile
            break
    return first


def steady(sizes: tuple[int, int], rates: tuple[float, float], canaries: int) -> Draw:
    """Batches of these sizes (canary, champion), bad at these rates."""
    rng = np.random.default_rng(11)
    return lambda look: (
        sizes[0],
        rng.binomial(sizes[0], rates[0], canaries),
        sizes[1],
        rng.binomial(sizes[1], rates[1], canaries),
    )


def ramped(canaries: int, *, ratio: float = 1.0, margin: float = 0.0) -> Draw:
    """A split of 1, 5, 25, then 50%, 25 looks each, and a champion's rate that goes by day and night."""
    rng = np.random.default_rng(12)

    def draw(look: int) -> tuple[Any, Any, Any, Any]:
        champion = 0.01 * (1 + 0.8 * math.sin(look / 3))
        canary = np.maximum(1, rng.binomial(400, (0.01, 0.05, 0.25, 0.5)[look // 25], canaries))
        bad = rng.binomial(canary, ratio * champion + margin), rng.binomial(400 - canary, champion)
        return canary, bad[0], 400 - canary, bad[1]

    return draw


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [(100, 100), (100, 900)])
@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05])
def test_equal_rates_are_seldom_rolled_back(sizes: tuple[int, int], rate: float) -> None:
    """With a look every 100 of 10,000 canary requests at most alpha of the healthy canaries ever cross, and some do."""
    crossed = np.isfinite(first_look(steady(sizes, (rate, rate), 2000), 2000, 100, ROLLBACK)).mean()
    assert 0.004 < crossed <= 0.03  # the design's .012-.024, give or take the noise of 2,000 canaries


@pytest.mark.slow
@pytest.mark.parametrize("restarts", [True, False])
def test_ramps_and_nights_do_not_roll_back(restarts: bool) -> None:
    """At equal rates nothing is read out of a split that moves while the rates move too."""
    draw = ramped(2000)
    crossed = np.isfinite(first_look(draw, 2000, 100, ROLLBACK, restarts=restarts)).mean()
    assert 0.004 < crossed <= 0.035


@pytest.mark.slow
def test_a_canary_at_the_margin_is_seldom_promoted() -> None:
    """Exactly as bad as is still too bad, through the whole ramp: at most alpha are let on."""
    draw = ramped(2000, ratio=1.25, margin=0.005)
    assert 0.002 < np.isfinite(first_look(draw, 2000, 100, PROMOTION)).mean() <= 0.03


def test_pooled_rates_would_be_fooled_by_the_same_ramp() -> None:
    """The ramp is a real trial: a z-test on the pooled counts sees harm in far more than alpha of the canaries."""
    draw, sums = ramped(500), np.zeros((4, 500))
    fooled = np.zeros(500, dtype=bool)
    for look in range(100):
        sums += np.array(draw(look))
        pooled = (sums[1] + sums[3]) / (sums[0] + sums[2])
        error = np.sqrt(pooled * (1 - pooled) * (1 / sums[0] + 1 / sums[2]))
        fooled |= sums[1] / sums[0] - sums[3] / sums[2] > norm.isf(ALPHA) * error
    assert fooled.mean() > 3 * ALPHA


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rates", "sizes", "median", "late"),
    [
        ((0.05, 0.01), (10, 10), 240, 502),
        ((0.05, 0.01), (10, 90), 120, 280),
        ((0.02, 0.01), (25, 225), 1150, 2550),
        ((0.01, 0.001), (10, 90), 400, 850),
        ((0.15, 0.10), (10, 90), 380, None),
        ((1.0, 0.01), (1, 9), 3, 3),
    ],
)
def test_a_worse_canary_is_rolled_back_as_soon_as_the_design_says(
    rates: tuple[float, float], sizes: tuple[int, int], median: int, late: int | None
) -> None:
    """Canary requests until E reaches 20: the median, and the 90% quantile, within 15%."""
    requests = sizes[0] * first_look(steady(sizes, rates, 1000), 1000, 5000 // sizes[0], ROLLBACK)
    assert np.median(requests) == pytest.approx(median, rel=0.15)
    if late:
        assert np.quantile(requests, 0.9, method="lower") == pytest.approx(late, rel=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "sizes", "median"), [(0.01, (50, 50), 3450), (0.01, (50, 450), 2300)])
def test_an_equal_canary_is_let_on_as_soon_as_the_design_says(rate: float, sizes: tuple[int, int], median: int) -> None:
    """Canary requests until it is certain to be no worse than 1.25 times the champion and half a point more."""
    requests = sizes[0] * first_look(steady(sizes, (rate, rate), 500), 500, 250, PROMOTION)
    assert np.median(requests) == pytest.approx(median, rel=0.15)


def test_without_any_error_a_canary_is_let_on_after_a_thousand_requests() -> None:
    """Where nothing fails, the margin alone decides: 1,050 canary requests, and never fewer than 598."""
    requests = 50 * first_look(steady((50, 50), (0.0, 0.0), 1), 1, 100, PROMOTION)
    assert requests[0] == pytest.approx(1050, rel=0.15)
    assert requests[0] > math.log(ALPHA) / math.log1p(-0.005)
