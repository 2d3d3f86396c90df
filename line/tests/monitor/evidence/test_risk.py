"""Risk: what the dev rows allow, and how a drift is shown to do no harm."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import beta

from mainline.monitor.evidence import BAR, evidence
from mainline.monitor.evidence.null import SHARES, Null
from mainline.monitor.evidence.risk import HARMLESS, harmless, mean_null, rate_null


@pytest.mark.parametrize(
    ("bad", "total", "allowed"),
    [
        (200, 2000, 0.12),
        (5, 50, beta.ppf(0.95, 6, 45)),
        (0, 20, beta.ppf(0.95, 1, 20)),
        (0, 10_000, 0.02),
        (20, 20, 1 - 1e-6),
    ],
    ids=range(5),
)
def test_a_rate_may_lie_where_the_dev_rows_leave_room(bad: int, total: int, allowed: float) -> None:
    """The measured rate plus the tolerance, or its 95% upper bound where that is more."""
    assert rate_null(bad, total).allowed == pytest.approx(np.array([[allowed]]))


def test_a_rate_at_what_is_allowed_gains_as_the_design_says() -> None:
    """Of 100 labels 20 wrong, where 12% are allowed: each bet's log factor, written out."""
    gains = rate_null(2000, 20_000).gains([[[80, 20]]])[0, 0]
    lam = SHARES / 0.12
    assert gains == pytest.approx(20 * np.log1p(lam * 0.88) + 80 * np.log1p(-lam * 0.12))


def test_a_mean_loss_is_allowed_its_own_bound() -> None:
    """Few dev rows: the empirical Bernstein bound; many: the tolerance; never more than 1."""
    few, many = ([45, 5], [45_000, 5000])
    values = [0.0, 1.0]
    variance, chance = 0.09 * 50 / 49, math.log(40)
    bound = math.sqrt(2 * variance * chance / 50) + 7 * chance / (3 * 49)
    assert mean_null(few, values).tolerance == pytest.approx([bound])
    assert mean_null(many, values).tolerance == pytest.approx([0.02])
    assert mean_null([0, 2], values).allowed.max() <= 1
    assert mean_null([1, 2], values).tolerance == pytest.approx([1 / 3])
    assert mean_null(many, values).scores.tolist() == [values]


def test_the_bound_of_a_mean_loss_covers_it() -> None:
    """Of 500 small sets of dev rows, 95% and more have a bound above the true mean."""
    rng = np.random.default_rng(0)
    values, chances = np.array([0.0, 0.05, 0.4, 1.0]), np.array([0.6, 0.3, 0.08, 0.02])
    bounds = [mean_null(rng.multinomial(200, chances), values, 0.0).allowed[0, 0] for _ in range(500)]
    assert (np.array(bounds) >= values @ chances).mean() >= 0.95


def test_a_rate_is_a_mean_of_rights_and_wrongs() -> None:
    """Both nulls have the same centre and scores; the rate's bound is the tighter one."""
    one, other = rate_null(30, 300), mean_null([270, 30], [0.0, 1.0])
    assert one.centres == pytest.approx(other.centres)
    assert one.scores.tolist() == other.scores.tolist()
    assert one.tolerance[0] < other.tolerance[0]


def test_a_lasting_rise_of_the_risk_is_found_and_none_is_not() -> None:
    """From one in ten to one in five with 100 labels a day: within a week; unchanged: not in a year."""
    rng, null = np.random.default_rng(0), rate_null(1000, 10_000)
    quiet, loud = (rng.binomial(100, rate, 365) for rate in (0.1, 0.2))
    said = [evidence(null.gains(np.stack([100 - bad, bad], axis=-1)[:, None]))[:, 0] for bad in (quiet, loud)]
    assert said[0].max() < math.log(BAR)
    assert (said[1] >= math.log(BAR)).argmax() < 7


def looked_at(bad: np.ndarray, null: Null) -> np.ndarray:
    """log E of labels, ten a look."""
    return harmless(np.stack([10 - bad, bad], axis=-1), null)


def test_the_odds_of_no_harm_are_one_in_twenty() -> None:
    """Wrong in at most 5% of drifts."""
    assert HARMLESS == 20


def test_harmless_is_the_bet_of_the_design() -> None:
    """Each bet multiplies by 1 - lam (x - allowed) for each label; E is their mean, and goes on from look to look."""
    null, bad = rate_null(1000, 10_000), np.array([0, 1, 2, 0])
    lam = SHARES / 0.88
    each = bad[:, None] * np.log1p(-lam * 0.88) + (10 - bad)[:, None] * np.log1p(lam * 0.12)
    assert looked_at(bad, null) == pytest.approx(logsumexp(each.cumsum(axis=0), axis=1) - math.log(8))


def test_no_harm_is_shown_where_there_is_none() -> None:
    """As wrong as on the dev rows: most streams are shown within 2,500 labels, all of these within 20,000."""
    rng, null = np.random.default_rng(1), rate_null(1000, 10_000)
    looks = [(looked_at(rng.binomial(10, 0.1, 2000), null) >= math.log(HARMLESS)).argmax() for _ in range(40)]
    assert 1000 < 10 * np.median(looks) < 2500
    assert min(looks) > 0


def test_no_harm_is_seldom_shown_where_there_is_some() -> None:
    """Wrong as often as is just too often: at most one stream of twenty is ever shown to be harmless."""
    rng, null = np.random.default_rng(2), rate_null(1000, 10_000)
    shown = [looked_at(rng.binomial(10, 0.12, 1000), null).max() >= math.log(HARMLESS) for _ in range(300)]
    assert np.mean(shown) <= 0.05


def test_labels_that_hang_together_show_less() -> None:
    """The same labels say less of no harm where days are known to differ."""
    days = [[900, 100]] * 5
    apart, alike = (harmless(days, rate_null(1000, 10_000, icc=icc))[-1] for icc in (0.0, 0.01))
    assert apart > alike > 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rate_null(1, 0), "bad must be between 0 and the total"),
        (lambda: rate_null(-1, 10), "bad must be between 0 and the total"),
        (lambda: rate_null(11, 10), "bad must be between 0 and the total"),
        (lambda: rate_null(math.nan, 10), "bad must be between 0 and the total"),
        (lambda: rate_null(1, math.inf), "bad must be between 0 and the total"),
        (lambda: rate_null(1, 10, tolerance=math.nan), "tolerance must be"),
        (lambda: rate_null(1, 10, icc=-1), "icc must be"),
        (lambda: mean_null([1, 0], [0, 1]), "two dev rows at least"),
        (lambda: mean_null([5, 5], [0, 2]), "scores must be"),
        (lambda: mean_null([5, 5], [0, 1, 1]), "counts must be"),
        (lambda: mean_null([5, -5], [0, 1]), "at least 0"),
        (lambda: harmless([[1, -1]], rate_null(1, 10)), "at least 0"),
        (lambda: harmless([[1, 1, 1]], rate_null(1, 10)), "counts must be"),
        (lambda: harmless([[1, 1]], Null.of([[0, 1]], [[0.1, 0.1]], 0.0)), "one score in one stratum"),
    ],
    ids=range(14),
)
def test_what_is_no_risk_is_refused(call: Any, words: str) -> None:
    """Impossible rows, losses and labels are refused in words."""
    with pytest.raises(ValueError, match=words):
        call()
