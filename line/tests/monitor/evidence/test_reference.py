"""A reference says where a signal lies, how much its days differ, and how far it may move."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta, chi2

from mainline.monitor.evidence.reference import Reference, Spread, upper_bound

Floats = NDArray[np.float64]
SHARE = [[0.0, 1.0]]


def rates(seed: int, units: int, mean: float, sd: float = 0.0, days: int = 28, weekly: float = 0.0) -> Floats:
    """Counts (days, 1, 2) of good and bad ones, whose rate differs from day to day or from week to week."""
    rng = np.random.default_rng(seed)
    each = mean + sd * rng.standard_normal(days) + weekly * rng.standard_normal(days // 7).repeat(7)
    bad = rng.binomial(units, np.clip(each, 0, 1))
    return np.stack([units - bad, bad], axis=-1)[:, None, :].astype(np.float64)


def test_centres_are_the_means_of_the_strata() -> None:
    """Each stratum of many units has its own mean; one without any has that of the whole."""
    daily = np.tile([[9000.0, 1000.0], [500.0, 500.0], [0.0, 0.0]], (28, 1, 1))
    centres = Reference.of(daily, SHARE).null.centres[0]
    assert centres[:2] == pytest.approx([0.1, 0.5], abs=0.002)
    assert centres[2] == pytest.approx(1500 / 11000)


def test_a_stratum_of_few_units_is_drawn_to_the_whole() -> None:
    """Fifty units' worth of the whole: one unit alone says next to nothing."""
    daily = np.zeros((28, 2, 2))
    daily[:, 0], daily[0, 1] = [90, 10], [0, 1]
    whole = 281 / 2801
    assert Reference.of(daily, SHARE).null.centres[0, 1] == pytest.approx((1 + 50 * whole) / 51)


@pytest.mark.parametrize("units", [100, 1000])
def test_days_that_are_alike_are_found_alike(units: int) -> None:
    """The upper bound of the likeness is small, and no difference between days is claimed in most references."""
    each = [Spread.of(rates(seed, units, 0.3), SHARE) for seed in range(40)]
    assert np.median([(1 + (units - 1) * spread.icc[0]) for spread in each]) < 2.2
    assert np.mean([spread.sd[0] > 0 for spread in each]) < 0.25


@pytest.mark.parametrize("units", [100, 1000])
@pytest.mark.parametrize("how", [{"sd": 0.1}, {"weekly": 0.1}], ids=["days", "weeks"])
def test_days_that_differ_are_found_to(units: int, how: dict[str, float]) -> None:
    """Whether each day differs, or each week, the likeness is at least what it truly is in most references."""
    true = 0.1**2 / (0.3 * 0.7)
    each = [Spread.of(rates(seed, units, 0.3, **how), SHARE).icc[0] for seed in range(40)]
    assert np.mean(np.array(each) >= 0.9 * true) > 0.75


def test_two_units_that_always_agree_are_as_alike_as_can_be() -> None:
    """Twice the variance of chance, and its upper bound over 28 days: a likeness of 1 and more."""
    daily = np.array([[[2.0, 0.0]], [[0.0, 2.0]]] * 14)
    assert Spread.of(daily, SHARE).icc == pytest.approx([2 * 28 / chi2.ppf(0.1, 28) - 1], rel=0.02)


def test_the_deviation_of_days_is_not_overstated() -> None:
    """The lower bound lies below the true deviation in most references, and not far."""
    each = [Spread.of(rates(seed, 1000, 0.3, sd=0.05), SHARE).sd[0] for seed in range(40)]
    assert np.mean(np.array(each) <= 0.05) > 0.75
    assert np.median(each) > 0.03


def test_weekends_that_differ_are_no_difference_of_days() -> None:
    """What each stratum explains is not held against the days."""
    rng = np.random.default_rng(0)
    daily = np.zeros((28, 2, 2))
    for day in range(28):
        weekend = day % 7 >= 5
        bad = rng.binomial(1000, 0.6 if weekend else 0.2)
        daily[day, int(weekend)] = [1000 - bad, bad]
    apart, together = (Spread.of(each, SHARE) for each in (daily, daily.sum(axis=1, keepdims=True)))
    assert apart.icc[0] < 0.01 < 0.05 < together.icc[0]
    assert apart.sd[0] < 0.01 < 0.05 < together.sd[0]


def test_a_week_is_compared_with_the_others() -> None:
    """A week unlike the other three is seen as it is, though it is a quarter of the reference."""
    daily = np.tile([[800.0, 200.0]], (28, 1, 1))
    daily[7:14] = [[600.0, 400.0]]
    assert Spread.of(daily, SHARE).icc[0] > 0.03
    assert Spread.of(np.tile([[800.0, 200.0]], (28, 1, 1)), SHARE).icc[0] == 0


def test_weeks_that_differ_count_where_single_days_hide_it() -> None:
    """All days of a week lie one standard error above, those of the next below: chance does that to days alone."""
    daily = np.tile([[700.0, 300.0]], (28, 1, 1))
    for week, bad in enumerate((315, 285, 315, 285)):  # one standard error is 14.5
        daily[7 * week : 7 * week + 7] = [[1000 - bad, bad]]
    spread = Spread.of(daily, SHARE)
    assert 1 + 999 * spread.icc[0] > 5
    assert spread.sd[0] < 0.015


def test_days_without_traffic_are_no_difference() -> None:
    """A reference with empty days says of the others what they say themselves."""
    daily = rates(1, 500, 0.3)
    closed = daily.copy()
    closed[::7] = 0
    spread = Spread.of(closed, SHARE)
    assert 1 + 499 * spread.icc[0] < 4
    assert spread.variance == pytest.approx([0.21], abs=0.01)


def test_it_may_move_by_the_tolerance_where_nothing_else_is_larger() -> None:
    """Many units, days alike: the tolerance it was given, or the ratio of the centre and it."""
    daily = rates(0, 5000, 0.1)
    assert Reference.of(daily, SHARE, 0.02).null.tolerance == pytest.approx([0.02])
    centre = daily[..., 1].sum() / daily.sum()
    quality = Reference.of(daily, SHARE, 0.005, ratio=1.25).null
    assert quality.tolerance == pytest.approx([0.25 * centre + 0.005])


def test_it_may_move_by_what_is_not_known_of_it() -> None:
    """Of ten units a day, the 95% upper bound of the rate is further away than the tolerance."""
    daily = np.tile([[9.0, 1.0]], (28, 1, 1))
    null = Reference.of(daily, SHARE, 0.02).null
    assert null.tolerance[0] == pytest.approx(beta.ppf(0.95, 29, 252) - 0.1)
    assert null.tolerance[0] > 0.02


def test_less_is_known_of_a_mean_whose_days_hang_together() -> None:
    """The upper bound is that of as many units as the days are worth, not of all."""
    daily = np.tile([[7.0, 3.0]], (28, 1, 1))
    for week, bad in enumerate((4, 2, 4, 2)):
        daily[7 * week : 7 * week + 7] = [[10 - bad, bad]]
    spread, null = Spread.of(daily, SHARE), Reference.of(daily, SHARE).null
    worth = 280 / (1 + 9 * spread.icc)
    assert null.tolerance == pytest.approx(upper_bound(0.3, spread.variance, worth) - 0.3)
    assert null.tolerance[0] > 1.5 * (float(upper_bound(0.3, 0.21, 280)) - 0.3)


def test_it_may_move_by_three_times_what_days_differ_by() -> None:
    """Where days swing, a swing of the usual size is no drift."""
    daily = rates(3, 1000, 0.3, sd=0.05)
    spread, null = Spread.of(daily, SHARE), Reference.of(daily, SHARE).null
    assert null.tolerance == pytest.approx(3 * spread.sd)
    assert null.tolerance[0] > 0.09
    assert null.icc == pytest.approx(spread.icc)


def test_what_swings_too_much_is_not_watchable() -> None:
    """A column that may move by more than a quarter says so; a steady one does not."""
    daily = rates(4, 500, 0.5, sd=0.2)
    assert Reference.of(daily, SHARE).watchable.tolist() == [False]
    assert Reference.of(rates(4, 500, 0.5), SHARE).watchable.tolist() == [True]


def test_it_counts_its_days_and_units() -> None:
    """Both are to be shown beside what it allows."""
    reference = Reference.of(rates(0, 100, 0.1, days=56), SHARE)
    assert (reference.days, reference.units) == (56, 5600)


@pytest.mark.parametrize("bad", [0, 1, 50, 99])
def test_the_bound_of_a_rate_is_clopper_and_pearsons(bad: int) -> None:
    """From none to nearly all."""
    rate = bad / 100
    assert upper_bound(rate, rate * (1 - rate), 100) == pytest.approx(beta.ppf(0.95, bad + 1, 100 - bad))


def test_the_bound_of_what_is_always_so_is_one() -> None:
    """All bad: it may be all."""
    assert upper_bound(1.0, 0.0, 100) == 1.0


def test_the_bound_of_a_mean_covers_it() -> None:
    """Of ranks, spread evenly, 95% of the bounds lie above the true mean, and they are nearer than a rate's."""
    rng = np.random.default_rng(0)
    ranks = rng.uniform(size=(2000, 200))
    bounds = upper_bound(ranks.mean(axis=1), ranks.var(axis=1), 200)
    assert (bounds >= 0.5).mean() == pytest.approx(0.95, abs=0.02)
    assert np.median(bounds) < float(upper_bound(0.5, 0.25, 200)) - 0.02


@pytest.mark.parametrize(
    ("daily", "terms", "words"),
    [
        (np.ones((7, 1, 2)), {}, "more than 7 days, not 7"),
        (np.zeros((28, 1, 2)), {}, "needs units"),
        (np.ones((28, 1, 3)), {}, "counts must be"),
        (-np.ones((28, 1, 2)), {}, "at least 0"),
        (np.ones((28, 1, 2)), {"tolerance": -0.1}, "tolerance must be at least 0"),
        (np.ones((28, 1, 2)), {"tolerance": np.nan}, "tolerance must be at least 0"),
        (np.ones((28, 1, 2)), {"ratio": 0.9}, "ratio at least 1"),
        (np.ones((28, 2)), {}, "counts must be"),
        (5.0, {}, "counts must be"),
    ],
    ids=range(9),
)
def test_what_is_no_reference_is_refused(daily: Any, terms: dict[str, float], words: str) -> None:
    """Too few days, no unit, another shape, impossible terms: one sentence."""
    with pytest.raises(ValueError, match=words):
        Reference.of(daily, SHARE, **terms)
