"""The gate's tests against independent oracles, at the extremes, and on nulls whose level they must hold."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import f1_score, roc_auc_score, root_mean_squared_error
from statsmodels.stats.contingency_tables import mcnemar

from mainline.gate.levels import level
from mainline.gate.tests import auc_p, bounded_loss_rejects, f1_p, paired_counts_p, rmse_p

quick = settings(max_examples=60, deadline=None, derandomize=True)
MARGINS = [-0.3, -0.1, -0.02, 0.001, 0.02, 0.1, 0.3]
ALPHAS = [0.05, 1e-3, 1e-6]


# --- accuracy --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("new_only", "old_only"), [(0, 0), (1, 0), (0, 9), (9, 0), (15, 5), (60, 40), (700, 640)])
def test_mcnemar_agrees_with_the_binomial_test(new_only: int, old_only: int) -> None:
    """Margin 0 is the one-sided binomial test of the discordant rows."""
    both = new_only + old_only
    expected = stats.binomtest(new_only, both, alternative="greater").pvalue if both else 1.0
    assert paired_counts_p(new_only, old_only, 2000, alpha=0.05) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("new_only", "old_only"), [(9, 0), (15, 5), (60, 40)])
def test_mcnemar_is_half_of_the_two_sided_test(new_only: int, old_only: int) -> None:
    """When the new model is ahead, the one-sided p-value is half of statsmodels' exact two-sided one."""
    two_sided = mcnemar([[50, new_only], [old_only, 50]], exact=True).pvalue
    assert paired_counts_p(new_only, old_only, 500, alpha=0.05) == pytest.approx(two_sided / 2, rel=1e-9)


def law_of_sum(n: int, d: float, margin: float) -> np.ndarray:
    """Return the chances of every sum -n..n of n steps, by enumerating convolution."""
    law = np.ones(1)
    for _ in range(n):
        law = np.convolve(law, [(d - margin) / 2, 1 - d, (d + margin) / 2])
    return law


def enumerated_p(b: int, c: int, n: int, margin: float, alpha: float) -> float:
    """Return section 3's p-value by brute force over a grid of discordances."""
    gamma = alpha / 20
    low = stats.beta.ppf(gamma / 2, b + c, n - b - c + 1) if b + c else 0.0
    high = stats.beta.isf(gamma / 2, b + c + 1, n - b - c) if b + c < n else 1.0
    if high < abs(margin):
        return gamma if margin < 0 else 1.0
    grid = np.linspace(max(low, abs(margin)), high, 150)
    return min(1.0, gamma + max(law_of_sum(n, d, margin)[b - c + n :].sum() for d in grid))


def test_margin_test_agrees_with_enumeration() -> None:
    """For small n the p-value is the enumerated one: never below it, hardly above where it matters."""
    rng = np.random.default_rng(3)
    for _ in range(120):
        n = int(rng.integers(1, 25))
        both = int(rng.integers(0, n + 1))
        b = int(rng.integers(0, both + 1))
        margin, alpha = float(rng.choice(MARGINS)), float(rng.choice(ALPHAS))
        expected = enumerated_p(b, both - b, n, margin, alpha)
        p = paired_counts_p(b, both - b, n, margin=margin, alpha=alpha)
        assert p >= expected * (1 - 1e-9)
        assert p <= expected * 1.01 or expected > 0.1


@pytest.mark.parametrize(
    ("n", "d", "margin", "alpha"),
    [
        (40, 0.2, -0.1, 0.05),
        (40, 0.2, 0.1, 0.05),
        (18, 0.7, -0.1, 0.2),
        (18, 1.0, 0.2, 0.2),
        (60, 0.1, -0.1, 0.1),
    ],
)
def test_margin_test_keeps_its_level_on_every_outcome(n: int, d: float, margin: float, alpha: float) -> None:
    """Summed over all trinomial outcomes of a model exactly at the margin, false passes are at most alpha."""
    falsely = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            chance = stats.multinomial.pmf([b, c, n - b - c], n, [(d + margin) / 2, (d - margin) / 2, 1 - d])
            if chance > 1e-6 and paired_counts_p(b, c, n, margin=margin, alpha=alpha) <= alpha:
                falsely += chance
    assert 0 < falsely + 1e-12 <= alpha


@pytest.mark.parametrize(
    ("n", "d", "margin"), [(10_000, 0.1, -0.01), (10_000_000, 0.1, 0.02), (10_000_000, 0.45, -0.001)]
)
def test_margin_test_approaches_the_normal_tail(n: int, d: float, margin: float) -> None:
    """With many rows, gamma taken off, it is the normal tail with a slightly larger discordance."""
    both, alpha, z = int(n * d), 1e-8, 5.0
    b = (both + round(n * margin + z * math.sqrt(both))) // 2
    p = paired_counts_p(b, both - b, n, margin=margin, alpha=alpha) - alpha / 20
    high = stats.beta.isf(alpha / 40, both + 1, n - both)
    gain = (2 * b - both) / n
    assert stats.norm.sf(z) < p
    assert p == pytest.approx(stats.norm.sf((gain - margin) / math.sqrt((high - margin**2) / n)), rel=0.15)


def test_no_difference_is_non_inferior_once_the_rows_suffice() -> None:
    """Without a discordant row, non-inferiority passes only where a loss of that size would have shown."""
    assert paired_counts_p(0, 0, 2000, margin=-0.01, alpha=1e-3) <= 1e-3
    assert paired_counts_p(0, 0, 200, margin=-0.01, alpha=1e-3) > 1e-3
    assert paired_counts_p(0, 0, 2000, margin=0.01, alpha=1e-3) > 0.9


@quick
@given(st.integers(0, 300), st.integers(1, 300), st.sampled_from([0.0, *MARGINS]), st.sampled_from(ALPHAS))
def test_p_falls_as_evidence_moves_to_the_new_model(b: int, c: int, margin: float, alpha: float) -> None:
    """One discordant row that changes sides lowers the p-value (to within the documented tolerance)."""
    less = paired_counts_p(b, c, 600, margin=margin, alpha=alpha)
    more = paired_counts_p(b + 1, c - 1, 600, margin=margin, alpha=alpha)
    assert more <= less * 1.006 or less > 0.1


@quick
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_mcnemar_is_symmetric(b: int, c: int) -> None:
    """Exchanging the models gives the complement, the tie counted on both sides."""
    total = paired_counts_p(b, c, 2 * 10**6, alpha=0.05) + paired_counts_p(c, b, 2 * 10**6, alpha=0.05)
    assert total == pytest.approx(1 + stats.binom.pmf(b, b + c, 0.5), abs=1e-7)


@settings(quick, max_examples=25)
@given(
    st.sampled_from([0, 1, 7, 10**6]),
    st.sampled_from([0, 1, 10**6 // 2]),
    st.sampled_from([1, 10**6]),
    st.sampled_from([0.0, -0.999, -0.02, -1e-9, 1e-9, 0.02, 0.999]),
    st.sampled_from([0.5, 0.05, 1e-12]),
)
def test_p_is_a_probability_at_extreme_counts(b: int, c: int, same: int, margin: float, alpha: float) -> None:
    """None, one, half or all of a million rows discordant: the p-value is a number in [0, 1]."""
    assert 0 <= paired_counts_p(b, c, b + c + same, margin=margin, alpha=alpha) <= 1


@pytest.mark.parametrize(
    ("b", "c", "n", "margin", "alpha", "named"),
    [
        (-1, 0, 10, 0.0, 0.05, "new_only"),
        (0, -1, 10, 0.0, 0.05, "old_only"),
        (6, 5, 10, 0.0, 0.05, "exceeds n"),
        (0, 0, 0, 0.0, 0.05, "no rows"),
        (1.5, 0, 10, 0.0, 0.05, "whole number"),
        (1, 0, 10, 1.0, 0.05, "margin"),
        (1, 0, 10, math.nan, 0.05, "margin"),
        (1, 0, 10, 0.0, 0.0, "alpha"),
        (1, 0, 10, 0.1, 1.0, "alpha"),
    ],
)
def test_impossible_counts_are_refused(b: int, c: int, n: int, margin: float, alpha: float, named: str) -> None:
    """Counts, margins and levels that cannot be are errors that name the argument."""
    with pytest.raises(ValueError, match=named):
        paired_counts_p(b, c, n, margin=margin, alpha=alpha)


def false_passes(levels: list[float], *, sets: int) -> float:
    """Return the share of test sets that pass any of 32 challengers no better than the champion (d = 0.1)."""
    rng = np.random.default_rng(11)
    champion_right = rng.binomial(400, 0.5, (sets, 1))  # of 2000 rows, 400 are coins to every model
    b = rng.binomial(400 - champion_right, 0.5, (sets, len(levels)))
    c = champion_right - rng.binomial(champion_right, 0.5, (sets, len(levels)))
    pairs, where = np.unique(np.stack([b.ravel(), c.ravel()]), axis=1, return_inverse=True)
    p = np.array([paired_counts_p(b, c, 2000, alpha=0.05) for b, c in pairs.T.tolist()])[where].reshape(b.shape)
    return float((p <= levels).any(axis=1).mean())


def test_false_passes_over_a_life_stay_under_delta() -> None:
    """32 noise pull requests on one test set: some pass has a chance below delta; at .05 each, far above."""
    assert false_passes([level(t, 0) for t in range(1, 33)], sets=3000) < 0.05 / 3
    assert false_passes([0.05] * 32, sets=300) > 0.2


# --- bounded losses --------------------------------------------------------------------------------


def betting_by_hand(x: np.ndarray, margin: float, low: float, high: float, alpha: float) -> bool:
    """Section 3's recursion, one row at a time."""
    n, total, squares, wealth = len(x), 0.0, 0.0, 1.0
    variance = (high - low) ** 2 / 16
    for i, value in enumerate(x, start=1):
        bet = min(math.sqrt(2 * math.log(1 / alpha) / (n * variance)), 0.9 / (margin - low))
        wealth *= 1 + bet * (value - margin)
        if wealth >= 1 / alpha:
            return True
        total += value
        squares += (value - (margin + total) / (i + 1)) ** 2
        variance = ((high - low) ** 2 / 16 + squares) / (i + 1)
    return False


@pytest.mark.parametrize("chunk", [1 << 20, 7])
def test_betting_test_follows_the_recursion(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vectorised test gives the verdict of the recursion, however the rows are cut."""
    monkeypatch.setattr("mainline.gate.tests.betting.CHUNK", chunk)
    rng = np.random.default_rng(5)
    verdicts = []
    for _ in range(800):
        x = rng.uniform(-0.5, 0.5, int(rng.integers(1, 60))) + rng.uniform(0.1, 0.4)
        margin, alpha = rng.uniform(-0.1, 0.1), 10 ** rng.uniform(-4, -0.5)
        verdicts.append(bounded_loss_rejects(x, margin=margin, low=-0.5, high=1, alpha=alpha))
        assert verdicts[-1] == betting_by_hand(x, margin, -0.5, 1, alpha)
    assert 200 < sum(verdicts) < 600


def test_betting_test_holds_its_level_where_a_t_test_does_not() -> None:
    """Rare large losses are often absent from the rows: a t-test is sure of a gain that is none."""
    rng = np.random.default_rng(7)
    alpha, rare, simulations = 0.001, 0.002, 1500
    small = rare / (1 - rare)  # the mean is 0: (1 - rare) * small - rare * 1
    x = np.where(rng.random((simulations, 1000)) < rare, -1.0, small) + rng.uniform(-1e-4, 1e-4, (simulations, 1000))
    fooled = stats.ttest_1samp(x, 0.0, axis=1, alternative="greater").pvalue <= alpha
    betting = [bounded_loss_rejects(row, margin=0, low=-1.001, high=1.001, alpha=alpha) for row in x]
    assert fooled.mean() > 0.1
    assert np.sum(betting) <= stats.binom.isf(1e-6, simulations, alpha)


def test_betting_test_finds_a_clear_gain() -> None:
    """A real gain is found, and its mirror image is not."""
    x = np.random.default_rng(8).normal(0.1, 0.2, 2000).clip(-1, 1)
    assert bounded_loss_rejects(x, margin=0, low=-1, high=1, alpha=1e-6)
    assert not bounded_loss_rejects(-x, margin=0, low=-1, high=1, alpha=1e-6)
    assert not bounded_loss_rejects(x, margin=0.1, low=-1, high=1, alpha=1e-6)


@quick
@given(
    st.lists(st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.01, 1.0]), min_size=1, max_size=200),
    st.sampled_from([-0.5, 0.0, 0.2]),
    st.sampled_from(ALPHAS),
)
def test_betting_test_needs_rows_above_the_margin(x: list[float], margin: float, alpha: float) -> None:
    """Rows at or below the margin never pass, whatever their order; behind many wins they do."""
    at_most = np.minimum(x, margin)
    assert not bounded_loss_rejects(at_most, margin=margin, low=-1, high=1, alpha=alpha)
    assert bounded_loss_rejects([*[1.0] * 2000, *at_most], margin=margin, low=-1, high=1, alpha=alpha)


@pytest.mark.parametrize(
    ("x", "margin", "low", "high", "alpha", "named"),
    [
        ([], 0.0, -1, 1, 0.05, "empty"),
        ([[0.1]], 0.0, -1, 1, 0.05, "one dimension"),
        ([0.1, math.nan], 0.0, -1, 1, 0.05, "NaN or infinity"),
        ([0.1, math.inf], 0.0, -1, 1, 0.05, "NaN or infinity"),
        (["a"], 0.0, -1, 1, 0.05, "numbers"),
        ([0.1, 1.5], 0.0, -1, 1, 0.05, "beyond"),
        ([0.1, -1.5], 0.0, -1, 1, 0.05, "beyond"),
        ([0.1], 0.0, 1, -1, 0.05, "low < margin < high"),
        ([0.1], -1.0, -1, 1, 0.05, "low < margin < high"),
        ([0.1], math.nan, -1, 1, 0.05, "low < margin < high"),
        ([0.1], 0.0, -math.inf, 1, 0.05, "finite"),
        ([0.1], 0.0, -1, 1, 0.0, "alpha"),
    ],
)
def test_betting_test_refuses_what_it_cannot_judge(
    x: list[Any], margin: float, low: float, high: float, alpha: float, named: str
) -> None:
    """Rows outside their bounds, missing numbers and levels out of range are errors that say so."""
    with pytest.raises(ValueError, match=named):
        bounded_loss_rejects(x, margin=margin, low=low, high=high, alpha=alpha)


# --- ROC AUC ---------------------------------------------------------------------------------------


def scores(seed: int, *, ones: int = 80, zeros: int = 120, ties: bool = False) -> tuple[np.ndarray, ...]:
    """Return labels and two models' scores, the new one slightly better."""
    rng = np.random.default_rng(seed)
    y = np.repeat([1, 0], [ones, zeros])
    shared = rng.normal(size=len(y))
    old = y * 0.9 + shared + rng.normal(size=len(y)) * 0.6
    new = y * 1.2 + shared + rng.normal(size=len(y)) * 0.6
    return (y, old.round(), new.round()) if ties else (y, old, new)


def delong_by_hand(y: np.ndarray, old: np.ndarray, new: np.ndarray, margin: float) -> float:
    """DeLong's p-value from the full matrix of pairs, and the covariance matrices of the components."""
    ones, zeros, aucs = [], [], []
    for score in (old, new):
        pairs = np.sign(score[y == 1][:, None] - score[y == 0][None, :]) / 2 + 0.5
        aucs.append(pairs.mean())
        ones.append(pairs.mean(axis=1))
        zeros.append(pairs.mean(axis=0))
    covariance = np.cov(ones) / len(ones[0]) + np.cov(zeros) / len(zeros[0])
    contrast = np.array([-1, 1])
    return float(stats.norm.sf((aucs[1] - aucs[0] - margin) / math.sqrt(contrast @ covariance @ contrast)))


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("margin", [-0.05, 0.0, 0.02])
def test_delong_agrees_with_the_structural_components(ties: bool, margin: float) -> None:
    """The fast midranks give what the full matrix of pairs gives, with and without ties."""
    for seed in range(5):
        y, old, new = scores(seed, ties=ties)
        expected = delong_by_hand(y, old, new, margin)
        assert auc_p(y, old, new, margin=margin) == pytest.approx(expected, rel=1e-9)


def test_delong_gain_is_the_difference_of_areas() -> None:
    """With the margin put at the observed gain, the p-value is one half."""
    y, old, new = scores(9)
    gain = roc_auc_score(y, new) - roc_auc_score(y, old)
    assert auc_p(y, old, new, margin=gain) == pytest.approx(0.5, abs=1e-9)


def test_delong_passes_noise_at_its_level() -> None:
    """On two equally good models the p-value falls below a tenth about a tenth of the time."""
    rng = np.random.default_rng(12)
    y = np.repeat([0, 1], 100)
    small = [auc_p(y, y + rng.normal(size=200), y + rng.normal(size=200)) <= 0.1 for _ in range(600)]
    assert 0.06 < np.mean(small) < 0.14


# --- F1 --------------------------------------------------------------------------------------------


def labels(seed: int, *, classes: int = 2, n: int = 400) -> tuple[np.ndarray, ...]:
    """Return labels and two models' predictions, the new one right more often."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, classes, n)
    old = np.where(rng.random(n) < 0.70, y, rng.integers(0, classes, n))
    new = np.where(rng.random(n) < 0.75, y, rng.integers(0, classes, n))
    return y, old, new


def jackknife_p(gain: Callable[..., float], columns: tuple[np.ndarray, ...], margin: float) -> tuple[float, float]:
    """Return the z of a gain over a margin, from the jackknife's standard error, and the gain."""
    n = len(columns[0])
    left_out = [gain(*(np.delete(column, i) for column in columns)) for i in range(n)]
    error = math.sqrt((n - 1) ** 2 / n * np.var(left_out, ddof=1))
    return (gain(*columns) - margin) / error, gain(*columns)


def f1_gain(y: np.ndarray, old: np.ndarray, new: np.ndarray, average: str = "binary") -> float:
    """Return the gain in F1 by its definition."""
    wanted = [1] if average == "binary" else np.unique(y)

    def f1(predicted: np.ndarray, label: int) -> float:
        hits = ((y == label) & (predicted == label)).sum()
        return float(2 * hits / ((y == label).sum() + (predicted == label).sum()))

    return float(np.mean([f1(new, label) - f1(old, label) for label in wanted]))


@pytest.mark.parametrize(("average", "classes"), [("binary", 2), ("macro", 2), ("macro", 4)])
@pytest.mark.parametrize("margin", [0.0, -0.03])
def test_f1_agrees_with_the_jackknife(average: Any, classes: int, margin: float) -> None:
    """The influence function's z is the jackknife's, within 2 %."""
    columns = labels(21, classes=classes)

    def gain(y: np.ndarray, old: np.ndarray, new: np.ndarray) -> float:
        return f1_gain(y, old, new, average)

    z, _ = jackknife_p(gain, columns, margin)
    assert stats.norm.isf(f1_p(*columns, average=average, margin=margin)) == pytest.approx(z, rel=0.02)


@pytest.mark.parametrize("average", ["binary", "macro"])
def test_f1_gain_is_scikit_learns(average: Any) -> None:
    """With the margin put at scikit-learn's gain, the p-value is one half."""
    y, old, new = labels(22)
    gain = f1_score(y, new, average=average) - f1_score(y, old, average=average)
    assert f1_p(y, old, new, average=average, margin=gain) == pytest.approx(0.5, abs=1e-9)


def test_macro_f1_reads_names_as_it_reads_numbers() -> None:
    """Labels may be strings, as numpy strings or as objects."""
    columns = labels(23, classes=3)
    names = np.array(["cat", "dog", "eel"])
    expected = f1_p(*columns, average="macro")
    assert f1_p(*(names[column] for column in columns), average="macro") == pytest.approx(expected, rel=1e-12)
    objects = [names.astype(object)[column] for column in columns]
    assert f1_p(*objects, average="macro") == pytest.approx(expected, rel=1e-12)


# --- RMSE ------------------------------------------------------------------------------------------


def targets(seed: int, *, n: int = 300) -> tuple[np.ndarray, ...]:
    """Return targets and two models' predictions, the new one closer."""
    rng = np.random.default_rng(seed)
    y, shared = rng.normal(10, 3, n), rng.normal(size=n)
    return y, y + shared + 0.6 * rng.normal(size=n), y + shared + 0.3 * rng.normal(size=n)


def rmse_gain(y: np.ndarray, old: np.ndarray, new: np.ndarray) -> float:
    """The gain by scikit-learn's RMSE."""
    return float(root_mean_squared_error(y, old) - root_mean_squared_error(y, new))


@pytest.mark.parametrize("margin", [0.0, -0.1, 0.05])
def test_rmse_agrees_with_the_jackknife(margin: float) -> None:
    """The influence function's z is the jackknife's, within 2 %, and the gain is scikit-learn's."""
    columns = targets(31)
    z, gain = jackknife_p(rmse_gain, columns, margin)
    assert stats.norm.isf(rmse_p(*columns, margin=margin)) == pytest.approx(z, rel=0.02)
    assert rmse_p(*columns, margin=gain) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize("unit", [1e-150, 1e-3, 1e6, 1e150])
def test_rmse_does_not_depend_on_the_unit(unit: float) -> None:
    """Metres or millimetres, the p-value is the same."""
    y, old, new = targets(32)
    expected = rmse_p(y, old, new, margin=-0.05)
    assert rmse_p(y * unit, old * unit, new * unit, margin=-0.05 * unit) == pytest.approx(expected, rel=1e-6)


# --- what the three asymptotic tests share ---------------------------------------------------------


def binary_f1(y: Any, old: Any, new: Any, *, margin: float = 0.0) -> float:
    """The binary F1 test with the signature of the others."""
    return f1_p(y, old, new, average="binary", margin=margin)


def macro_f1(y: Any, old: Any, new: Any, *, margin: float = 0.0) -> float:
    """The macro F1 test with the signature of the others."""
    return f1_p(y, old, new, average="macro", margin=margin)


TESTS = [(auc_p, scores), (binary_f1, labels), (macro_f1, labels), (rmse_p, targets)]


@pytest.mark.parametrize(("test", "draw"), TESTS)
def test_asymptotic_tests_are_symmetric(test: Callable[..., float], draw: Callable[..., Any]) -> None:
    """Exchanging the models, and the sign of the margin, gives the complement."""
    y, old, new = draw(41)
    assert test(y, old, new, margin=0.02) + test(y, new, old, margin=-0.02) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize(("test", "draw"), TESTS)
def test_asymptotic_tests_ask_more_for_a_higher_margin(test: Callable[..., float], draw: Callable[..., Any]) -> None:
    """The p-value rises with the margin, from nearly 0 to nearly 1."""
    columns = draw(42)
    p = [test(*columns, margin=margin) for margin in (-0.9, -0.05, 0.0, 0.05, 0.9)]
    assert p == sorted(p)
    assert p[0] < 0.001 < 0.999 < p[-1]


@pytest.mark.parametrize(("test", "draw"), TESTS)
def test_equal_models_are_never_better(test: Callable[..., float], draw: Callable[..., Any]) -> None:
    """The same predictions twice are no gain, and non-inferior only as far as the rows could have shown."""
    y, old, _ = draw(43)
    assert test(y, old, old) == 1.0
    assert test(y, old, old, margin=0.01) == 1.0
    close, far = test(y, old, old, margin=-0.001), test(y, old, old, margin=-0.2)
    assert 0.5 < close < 1
    assert far < 0.001


def test_few_differing_rows_are_no_proof() -> None:
    """Where F1 differs on three rows of 400, the normal tail is not believed: losses may be unseen."""
    y, old, _ = labels(44)
    new = old.copy()
    wrong = np.flatnonzero((y == 1) & (old == 0))[:3]
    new[wrong] = 1
    gain = f1_gain(y, old, new)
    plain = stats.norm.sf((gain + 0.01) / (gain / math.sqrt(3)))
    assert plain < 1e-3 < 0.01 < binary_f1(y, old, new, margin=-0.01)


def test_a_gain_that_is_the_same_on_every_row_is_believed_for_its_size() -> None:
    """No spread at all: p is small for a large gain, 1 for a loss, and never NaN."""
    y = np.repeat([0.0, 1.0], 100)
    assert auc_p(y, np.zeros(200), y) < 1e-15
    assert auc_p(y, y, np.zeros(200)) == 1.0
    assert auc_p(y, 1 - y, y) < 1e-25
    assert rmse_p(y, y + 2, y - 1) < 1e-15
    assert rmse_p(y, y - 1, y + 2) == 1.0
    assert rmse_p(y, y, y, margin=-0.5) == 1.0


@quick
@given(st.data())
def test_asymptotic_p_is_a_probability(data: st.DataObject) -> None:
    """Ties, constants, perfect and opposite models: every p-value is a number in [0, 1]."""
    y = np.repeat([0, 1], 50)
    column = st.one_of(
        st.just(y), st.just(1 - y), st.just(y * 0), st.lists(st.integers(0, 1), min_size=100, max_size=100)
    )
    old, new = np.array(data.draw(column)), np.array(data.draw(column))
    margin = data.draw(st.sampled_from([-0.99, -0.01, 0.0, 1e-12, 0.99]))
    for test, _ in TESTS:
        assert 0 <= test(y, old, new, margin=margin) <= 1


@pytest.mark.parametrize(("test", "draw"), TESTS)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_asymptotic_tests_refuse_missing_numbers(
    test: Callable[..., float], draw: Callable[..., Any], bad: float
) -> None:
    """A NaN or an infinity in any column is an error."""
    for position in range(3):
        columns = [column.astype(float) for column in draw(51)]
        columns[position][7] = bad
        with pytest.raises(ValueError, match=r"NaN or infinity|0 and 1"):
            test(*columns)


@pytest.mark.parametrize(("test", "draw"), TESTS)
def test_asymptotic_tests_refuse_what_is_not_paired(test: Callable[..., float], draw: Callable[..., Any]) -> None:
    """Columns of different lengths, tables, nothing at all, and margins that are no number are errors."""
    y, old, new = draw(52)
    with pytest.raises(ValueError, match="length"):
        test(y, old, new[:-1])
    with pytest.raises(ValueError, match="one dimension"):
        test(y[:, None], old, new)
    with pytest.raises(ValueError, match="empty"):
        test([], [], [])
    with pytest.raises(ValueError, match="margin"):
        test(y, old, new, margin=math.nan)


@pytest.mark.parametrize(
    ("test", "ones", "zeros", "named"),
    [
        (auc_p, 49, 100, "49 rows of class 1"),
        (auc_p, 100, 0, "0 rows of class 0"),
        (binary_f1, 100, 49, "49 rows of class 0"),
        (macro_f1, 49, 100, "49 rows of class 1"),
        (macro_f1, 100, 0, "single class"),
        (rmse_p, 30, 19, "49 rows"),
    ],
)
def test_asymptotic_tests_need_fifty_rows(test: Callable[..., float], ones: int, zeros: int, named: str) -> None:
    """With 49 rows where 50 are needed the guarantee's requirement is named; with 50 there is a p-value."""
    y = np.repeat([1, 0], [ones, zeros])
    with pytest.raises(ValueError, match=named):
        test(y, y, y)
    y = np.repeat([1, 0], [max(ones, 50), max(zeros, 50)])
    assert test(y, y, y) == 1.0


@pytest.mark.parametrize(
    ("columns", "average", "named"),
    [
        ((["a", "b"], ["a", "b"], [0, 1]), "macro", "mix"),
        ((["a", None], ["a", "b"], ["a", "b"]), "macro", "missing"),
        (([0, 2], [0, 1], [0, 1]), "binary", "y must hold 0 and 1"),
        (([0, 1], [0, 1], [0, 3]), "binary", "new must hold 0 and 1"),
        (([0, 1], [0, 1], [0, 1]), "micro", "average"),
    ],
)
def test_f1_refuses_labels_it_does_not_know(columns: Any, average: Any, named: str) -> None:
    """Mixed kinds, missing labels, a binary task with other labels, another average: each is named."""
    with pytest.raises(ValueError, match=named):
        f1_p(*columns, average=average)


def test_auc_refuses_labels_that_are_not_binary() -> None:
    """AUC is of two classes."""
    y, old, new = scores(53)
    with pytest.raises(ValueError, match="0 and 1"):
        auc_p(y * 2, old, new)


def test_rmse_refuses_errors_beyond_float64() -> None:
    """Finite numbers whose difference is not are an error, not a NaN."""
    with pytest.raises(ValueError, match="too large"):
        rmse_p(np.full(60, 1e308), np.full(60, -1e308), np.zeros(60))
