"""The promise, simulated with fixed seeds: few years with a false alarm, at the edge of what is allowed, too."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import ndtr

from mainline.monitor.evidence import ALPHA, BAR, YEAR, evidence, scores
from mainline.monitor.evidence.null import Null
from mainline.monitor.evidence.reference import Reference

Floats = NDArray[np.float64]
YEARS = 300
UNITS = 200


def rates(rate: float, sd: float, years: int, seed: int = 0) -> Floats:
    """(days, years) of days' rates with this mean, of a beta distribution with this standard deviation."""
    rng = np.random.default_rng(seed)
    if not sd:
        return np.full((YEAR, years), rate)
    total = rate * (1 - rate) / sd**2 - 1
    return rng.beta(rate * total, (1 - rate) * total, (YEAR, years))


def alarmed(rate: float, sd: float, icc: float, years: int = YEARS, seed: int = 1) -> float:
    """The share of years in which the evidence ever reaches the bar, where the rate is exactly what is allowed."""
    bad = np.random.default_rng(seed).binomial(UNITS, rates(rate, sd, years))
    counts = np.stack([UNITS - bad, bad], axis=-1).reshape(-1, 1, 2)
    gains = Null.of([[0, 1]], [[rate]], 0.0, icc).gains(counts).reshape(YEAR, years, -1)
    return float((evidence(gains).max(axis=0) >= math.log(BAR)).mean())


@pytest.mark.parametrize(
    ("rate", "sd"),
    [(0.12, 0.0), (0.02, 0.0), (0.12, 0.05), (0.05, 0.05), (0.02, 0.02)],
    ids=["alike", "rare", "differ", "differ by the rate", "rare, differ by the rate"],
)
def test_at_the_edge_of_the_null_few_years_alarm(rate: float, sd: float) -> None:
    """A rate exactly as high as allowed, on days that are alike or differ as much as is known: at most 5% of years."""
    assert alarmed(rate, sd, icc=sd**2 / (rate * (1 - rate))) <= ALPHA


@pytest.mark.parametrize(("rate", "sd"), [(0.12, 0.05), (0.05, 0.05)])
def test_days_that_differ_alarm_most_years_where_it_is_not_known(rate: float, sd: float) -> None:
    """Without the likeness within days the promise is worth nothing: that is what tempering is for."""
    assert alarmed(rate, sd, icc=0.0, years=100) > 0.9


def test_without_the_price_skewed_days_break_the_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The design effect alone holds to second order: days that differ by the rate itself would alarm in over 5%."""
    monkeypatch.setattr("mainline.monitor.evidence.null.days_price", lambda shares, rate, icc, units: 0.0)
    assert alarmed(0.02, 0.02, icc=0.02**2 / (0.02 * 0.98)) > ALPHA


def test_the_mean_of_r_is_at_most_the_number_of_days() -> None:
    """What the promise rests on: E R(n) <= n, here for days alike at the edge, with room for chance."""
    null = Null.of([[0, 1]], [[0.3]], 0.0)
    bad = np.random.default_rng(2).binomial(5, 0.3, (20, 4000))
    counts = np.stack([5 - bad, bad], axis=-1).reshape(-1, 1, 2)
    r = np.exp(evidence(null.gains(counts).reshape(20, 4000, -1))).mean(axis=1)
    assert r[0] == pytest.approx(1, abs=0.1)
    assert (r <= 1.25 * np.arange(1, 21)).all()


def column(rng: np.random.Generator, mean: Floats, units: int) -> Floats:
    """(days, 1, 10): a number's units in the tenths of a normal distribution that lies at `mean` on each day."""
    values = np.floor(10 * np.clip(ndtr(rng.standard_normal((len(mean), units)) + mean[:, None]), 0, 0.999))
    return np.stack([(values == bin_).sum(axis=1) for bin_ in range(10)], axis=-1)[:, None, :].astype(np.float64)


@pytest.mark.parametrize("sd", [0.0, 0.05, 0.1], ids=["alike", "a little", "more"])
def test_a_column_whose_days_swing_as_they_did_is_no_drift(sd: float) -> None:
    """Years after a reference of 28 days in which each day's mean swung by so many standard deviations: none alarms."""
    rng, each = np.random.default_rng(3), scores.numeric(np.ones(10))[1]
    for _ in range(8):
        days = column(rng, sd * rng.standard_normal(28 + YEAR), 100)
        logs = evidence(Reference.of(days[:28], each).null.gains(days[28:]))
        assert logs.max() < math.log(BAR / 0.01)  # as one of a hundred signals


def test_a_missing_share_whose_days_differ_is_no_drift_only_because_it_is_tempered() -> None:
    """1% missing, on days between 0 and 5%: with the likeness measured no year alarms, without it nearly all do."""
    rng, said = np.random.default_rng(4), {"tempered": 0, "not": 0}
    for _ in range(20):
        bad = rng.binomial(1000, rng.beta(1, 99, 28 + YEAR))
        days = np.stack([bad, 1000 - bad], axis=-1)[:, None, :].astype(np.float64)
        null = Reference.of(days[:28], scores.bad(2, [0]), 0.005, ratio=1.25).null
        plain = Null.of(null.scores, null.centres, 0.25 * null.centres[0] + 0.005)
        for name, one in (("tempered", null), ("not", plain)):
            said[name] += evidence(one.gains(days[28:])).max() >= math.log(BAR / 0.01)
    assert said == {"tempered": 0, "not": pytest.approx(20, abs=2)}
