"""What skewed days gain by a bet on a rate: the integral is the sum over beta-binomial counts."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logsumexp
from scipy.stats import betabinom

from mainline.monitor.evidence.null import SHARES
from mainline.monitor.evidence.price import days_price


def summed(rate: float, icc: float, units: int) -> NDArray[np.float64]:
    """The same by a sum over each count of bad ones that a day may have."""
    a, b = rate * (1 / icc - 1), (1 - rate) * (1 / icc - 1)
    bad = np.arange(units + 1)[:, None]
    logs = bad * np.log1p(SHARES * (1 - rate) / rate) + (units - bad) * np.log1p(-SHARES)
    chance = betabinom.logpmf(bad, units, a, b)
    return np.asarray(np.maximum(logsumexp(chance + logs / (1 + (units - 1) * icc), axis=0), 0))


@pytest.mark.parametrize(
    ("rate", "icc", "units"),
    [(0.12, 0.024, 1000), (0.05, 0.05, 100), (0.02, 0.02, 700), (0.12, 0.5, 30), (0.005, 0.1, 200), (0.3, 0.001, 500)],
)
def test_the_price_is_what_beta_binomial_days_gain(rate: float, icc: float, units: int) -> None:
    """To a hundredth, of a day of any size, also between the knots of the table, and beside days of other sizes."""
    for sizes in ([units], [units, units // 3, units * 5, 0]):
        assert days_price(SHARES, rate, icc, sizes)[0] == pytest.approx(summed(rate, icc, units), abs=0.01, rel=0.005)


@pytest.mark.parametrize("rate", [0.5, 0.9, 0.999])
def test_what_is_skewed_the_other_way_pays_nothing(rate: float) -> None:
    """Of a share of a half and more the price is 0, as the sum says too."""
    assert (days_price(SHARES, rate, 0.05, [10, 500]) == 0).all()
    assert summed(rate, 0.05, 200) == pytest.approx(np.zeros(8), abs=1e-9)


def test_an_empty_day_and_no_day_pay_nothing() -> None:
    """Nor does a day of one unit: alone it hangs together with nothing."""
    assert days_price(SHARES, 0.05, 0.05, [0, 1]) == pytest.approx(np.zeros((2, 8)), abs=1e-6)
    assert days_price(SHARES, 0.05, 0.05, []).shape == (0, 8)


def test_days_more_alike_than_can_be_are_priced_all_the_same() -> None:
    """An upper bound of the likeness may exceed 1: its price is that of a half, and finite."""
    assert days_price(SHARES, 0.05, 1.8, [500]) == pytest.approx(days_price(SHARES, 0.05, 0.5, [500]))
    assert np.isfinite(days_price(SHARES, 1e-6, 1e-9, [1e6])).all()
