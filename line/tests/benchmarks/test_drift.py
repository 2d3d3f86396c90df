"""The monitor's benchmark: its worlds are what they claim, and the rules of others are those of their libraries."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp, wasserstein_distance

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import drift_delays
import drift_edge
import drift_labels
import drift_own
import drift_pairs
import drift_quiet
import drift_rules
import drift_worlds as w
import monitor
import monitor_targets as targets


@pytest.mark.parametrize("shift", [0.0, 0.08, 0.3])
def test_the_tests_of_a_column_are_scipys(shift: float) -> None:
    """Kolmogorov and Smirnov, Wasserstein: as scipy has them, on either side of their thresholds."""
    rng = np.random.default_rng(0)
    sample, means = rng.standard_normal(5000), rng.normal(0, 0.03, 28)
    column = drift_rules.Column(sample, means)
    for _ in range(20):
        day = rng.standard_normal(400) + shift
        fired = column.alarms(day)
        assert fired["KS .05"] == (ks_2samp(day, sample, method="asymp").pvalue < 0.05)
        distance = wasserstein_distance(day, sample) / sample.std()
        assert abs(distance - 0.1) < 0.003 or fired["Wasserstein .1"] == (distance >= 0.1)
        assert fired["mean 3 sd"] == (abs(day.mean() - means.mean()) > 3 * means.std(ddof=1))


def test_distances_of_shares_are_those_of_the_books() -> None:
    """Jensen and Shannon's is scipy's in bits; the stability index is the sum of (a - b) log(a / b)."""
    now, share = np.array([[0.2, 0.5, 0.3], [0.6, 0.4, 0.0]]), np.array([0.5, 0.4, 0.1])
    stability, divergence = drift_rules.distances(now, share)
    assert divergence == pytest.approx([jensenshannon(each, share, base=2) for each in now])
    expected = [sum((a - b) * np.log(max(a, 1e-4) / b) for a, b in zip(each, share, strict=True)) for each in now]
    assert stability == pytest.approx(expected, abs=1e-3)


def test_chi_squared_is_scipys() -> None:
    """Of a day's counts against the reference's, without correction."""
    rng = np.random.default_rng(1)
    daily = rng.multinomial(200, [0.5, 0.3, 0.2], 60).astype(float)
    fired = drift_rules.shares(daily, 28)["chi2 .05"]
    was = daily[:28].sum(0)
    expected = [chi2_contingency(np.stack([was, day]), correction=False).pvalue < 0.05 for day in daily[28:]]
    assert fired.tolist() == expected


def test_weekends_and_nights_move_a_third_of_the_columns_each() -> None:
    """And the days themselves move all, where the kind says so."""
    rng = np.random.default_rng(2)
    moved = w.shifts(rng, w.KINDS[1], 14)
    assert moved[w.is_weekend(14)][:, :, :10] == pytest.approx(0.3)
    assert moved[~w.is_weekend(14)][:, :, :10] == pytest.approx(0)
    assert moved[:, :, 20:] == pytest.approx(0)
    assert np.ptp(moved[0, :, 15]) == pytest.approx(0.6)
    assert w.shifts(rng, w.KINDS[3], 5000)[:, 0, 25].std() == pytest.approx(0.1, rel=0.1)


def test_days_remember_the_day_before() -> None:
    """With a memory of .7 neighbours correlate by as much."""
    noise = w.effects(np.random.default_rng(3), w.KINDS[3], (5000,))
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(0.7, abs=0.05)


def test_strata_hold_each_unit_once() -> None:
    """Weekdays fill the first six blocks, weekends the last; nothing is lost."""
    counts = np.arange(14 * 6 * 3).reshape(14, 6, 3)
    made = w.strata(counts)
    assert made.sum() == counts.sum()
    assert made[w.is_weekend(14)][:, :6].sum() == made[~w.is_weekend(14)][:, 6:].sum() == 0


def test_values_fall_into_the_bins_that_counts_are_drawn_for() -> None:
    """A column drawn row by row has the shares of one drawn as counts."""
    rng = np.random.default_rng(4)
    load = np.full((30, 6), 200)
    moved = np.full((30, 6), 0.4)
    rows = w.binned(w.column(rng, load, moved), load).sum((0, 1)) / 36_000
    drawn = w.numeric_counts(rng, load, moved[:, :, None]).sum((0, 1, 2)) / 36_000
    assert rows == pytest.approx(drawn, abs=0.01)


def test_confidence_is_right_as_often_as_it_says() -> None:
    """A quarter of hard rows: right in 90%; a half: in 85%."""
    rng = np.random.default_rng(5)
    assert [w.confidence(rng, 50_000, hard).mean() for hard in (0.25, 0.5)] == pytest.approx([0.9, 0.85], abs=0.005)


def test_pairs_hang_together_and_columns_stay() -> None:
    """The first pair correlates, the second does not, and each column has deviation 1."""
    made = np.array(list(w.correlated(np.random.default_rng(6), 20_000, 1, 0.5).values()))
    assert np.corrcoef(made[0], made[1])[0, 1] == pytest.approx(0.5, abs=0.02)
    assert np.corrcoef(made[2], made[3])[0, 1] == pytest.approx(0, abs=0.02)
    assert made.std(axis=1) == pytest.approx(np.ones(30), abs=0.02)


def test_delays_count_from_the_change() -> None:
    """The first alarm after it counts, those before it are false, and never is a dash."""
    before = np.zeros(drift_delays.BEFORE, bool)
    late, never, early = (np.zeros(10, bool) for _ in range(3))
    late[4] = early[0] = True
    runs = [{"rule": np.concatenate([before, each])} for each in (late, early, never)]
    assert drift_delays.delays(runs) == {"rule": "5/-"}
    assert drift_delays.delays(runs, wait=7) == {"rule": "12/-"}
    runs[0]["rule"][:14] = True
    assert drift_delays.delays(runs)["rule"] == "5/- [17%]"


def test_a_year_of_all_signals_finds_a_change_and_nothing_before_it() -> None:
    """241 signals of 35 columns: quiet for 100 days, and loud on the day after one column moved by a deviation."""
    rng = np.random.default_rng(7)
    days = w.REFERENCE + w.YEAR
    load, moved = w.traffic(rng, 1000, days), w.shifts(rng, w.KINDS[1], days)
    moved[w.REFERENCE + 100 :, :, 20] += 1
    counts = [w.strata(w.numeric_counts(rng, load, moved)), w.strata(w.category_counts(rng, load))]
    missing = rng.binomial(load.sum(1)[:, None], 0.01, (days, w.COLUMNS))
    logs = drift_own.watched(*counts, missing, load.sum(1), w.strata(w.answer_counts(rng, load, w.KINDS[1])))
    assert logs.shape == (w.YEAR,)
    assert (logs >= np.log(7300)).argmax() in (100, 101)


def test_rates_at_the_edge_have_their_mean_and_deviation() -> None:
    """Whatever their shape."""
    rng = np.random.default_rng(8)
    for shape in ("normal", "beta", "log-normal", "one bad in 50"):
        made = drift_edge.rates(rng, 0.12, 0.03, shape, (365, 200))
        assert (made.mean(), made.std()) == (pytest.approx(0.12, rel=0.01), pytest.approx(0.03, rel=0.03))
    assert (drift_edge.rates(rng, 0.12, 0, "alike", (3, 2)) == 0.12).all()


def test_a_fall_of_the_accuracy_is_found_by_all() -> None:
    """From 90 to 80 with 100 labels a day: this monitor and three deviations, by the 20th day."""
    found = drift_labels.alarms(np.random.default_rng(9), 100, drift_labels.error(84, 0.1, 1, weekends=False))
    for name in ("this monitor, 2,000 dev rows, +.02", "mean 3 sd"):
        assert found[name][28:48].any()
    assert not found["this monitor, 2,000 dev rows, +.02"][:28].any()


def test_each_case_has_its_target() -> None:
    """No line of the tables stands without the design's figure, but those the design does not have."""
    assert set(targets.DELAYS) == set(drift_delays.CHANGES)
    assert set(targets.FALLS) == set(drift_labels.FALLS)
    assert set(targets.ESTIMATE) == set(drift_labels.ESTIMATES)
    assert set(targets.PAIRS) == set(drift_pairs.CASES)
    assert {kind for _, kind in targets.YEARS} == {kind.name for kind in w.KINDS}
    assert set(targets.OTHERS) <= set(targets.YEARS)
    assert set(targets.EDGE) <= {(rate, rows, shape) for rate, rows, _, shape in drift_edge.CASES}


def test_without_river_its_rules_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where river is not installed the other rules run all the same."""
    monkeypatch.setattr(drift_rules, "STREAMS", {})
    found = drift_labels.alarms(np.random.default_rng(10), 10, np.full(40, 0.1))
    assert not {"DDM", "ADWIN", "Page-Hinkley"} & set(found)
    assert "mean 3 sd" in found
    assert monitor.DELAY_RULES[-1] == "ADWIN"


def test_rivers_detectors_count_their_alarms_by_day() -> None:
    """A jump of the mean is found on its day, or the next, and no day before."""
    pytest.importorskip("river")
    rng = np.random.default_rng(11)
    days = [rng.normal(2.0 * (day >= 10), 1, 300) for day in range(15)]
    fired = drift_rules.stream("ADWIN", days)
    assert fired[:10].sum() == 0
    assert fired[10:12].sum() > 0


@pytest.mark.slow
def test_the_rules_of_others_alarm_on_quiet_days() -> None:
    """On 30 columns without drift, 100 rows a day: Wasserstein on every day, Kolmogorov and Smirnov on most."""
    found = drift_quiet.days_with_alarm(np.random.default_rng([100, 5, 1]), w.KINDS[0], 100)
    assert found["Wasserstein .1"] == 365
    assert 200 < found["KS .05"] < 340
