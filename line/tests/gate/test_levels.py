"""The levels keep the promise of the gate: over a test set's life they add up to delta."""

import math
from fractions import Fraction

import pytest
from scipy.stats import binom

from mainline.gate.levels import detectable_effect, level, rows_discordant_needed


@pytest.mark.parametrize(
    ("t", "k", "expected"),
    [(1, 0, 1.6e-3), (8, 1, 2.5e-5), (16, 2, 8.7e-7), (32, 0, 1.6e-4), (32, 3, 1.2e-8)],
)
def test_level_reproduces_the_published_examples(t: int, k: int, expected: float) -> None:
    """The defaults give the levels that the specification lists, to its two digits."""
    assert level(t, k) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("t", "k"), [(1, 0), (2, 1), (8, 1), (16, 2), (32, 0), (32, 3), (32, 31)])
def test_level_is_the_chance_that_a_mixture_of_coins_gives_the_verdicts(t: int, k: int) -> None:
    """Krichevsky and Trofimov's product over the verdicts, in fractions, is the weight of the level."""
    weight = Fraction(1, 32)
    passes, fails = 0, 0
    for passed in [True] * k + [False] * (t - 1 - k):
        weight *= Fraction(2 * (passes if passed else fails) + 1, 2 * (passes + fails + 1))
        passes, fails = passes + passed, fails + (not passed)
    assert level(t, k) == pytest.approx(0.05 * float(weight), rel=1e-12)


@pytest.mark.parametrize("life", range(1, 13))
def test_levels_over_the_whole_tree_sum_to_delta(life: int) -> None:
    """Summed over every node of the pass/fail tree, the levels are delta: no more, and nothing wasted."""
    verdicts = [[]]
    total = 0.0
    for t in range(1, life + 1):
        total += sum(level(t, sum(node), delta=0.07, life=life) for node in verdicts)
        verdicts = [[*node, verdict] for node in verdicts for verdict in (0, 1)]
    assert total == pytest.approx(0.07, rel=1e-12)


def test_levels_of_the_default_life_sum_to_delta() -> None:
    """Counting the nodes with equal t and k shows the sum for a tree of 2^32 leaves too."""
    total = sum(math.comb(t - 1, k) * level(t, k) for t in range(1, 33) for k in range(t))
    assert total == pytest.approx(0.05, rel=1e-12)


@pytest.mark.parametrize(
    ("t", "k", "delta", "life", "named"),
    [
        (0, 0, 0.05, 32, "t must"),
        (33, 0, 0.05, 32, "rotate the test set"),
        (3, 3, 0.05, 32, "k must be below"),
        (3, -1, 0.05, 32, "k must not be negative"),
        (1.5, 0, 0.05, 32, "t must be a whole number"),
        (1, 0, 0.0, 32, "delta"),
        (1, 0, 1.0, 32, "delta"),
        (1, 0, math.nan, 32, "delta"),
        (1, 0, 0.05, 0, "t must"),
    ],
)
def test_level_refuses_impossible_histories(t: int, k: int, delta: float, life: int, named: str) -> None:
    """A decision that cannot exist is an error that names the argument."""
    with pytest.raises(ValueError, match=named):
        level(t, k, delta=delta, life=life)


def test_detectable_effect_is_the_gain_with_that_power() -> None:
    """The textbook case: a one-sided 5 % level, 80 % power, d = 0.1 and 1000 rows."""
    assert detectable_effect(0.05, 0.1, 1000) == pytest.approx((1.644854 + 0.841621) * 0.01, rel=1e-5)


@pytest.mark.parametrize(
    ("change", "larger"),
    [
        ({"alpha": 0.001}, True),
        ({"discordance": 0.2}, True),
        ({"power": 0.9}, True),
        ({"n": 4000}, False),
        ({"discordance": 0.0}, False),
    ],
)
def test_detectable_effect_follows_the_evidence(change: dict[str, float], larger: bool) -> None:
    """Stricter levels, more discordance and more power need larger gains; rows make small gains visible."""
    base = {"alpha": 0.01, "discordance": 0.1, "n": 1000, "power": 0.8}
    assert (detectable_effect(**{**base, **change}) > detectable_effect(**base)) is larger


def test_detectable_effect_is_never_negative() -> None:
    """A level so loose that no gain is needed detects a gain of nothing."""
    assert detectable_effect(0.9, 0.1, 100, power=0.5) == 0.0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0.0, 0.1, 100), "alpha"),
        ((0.05, -0.1, 100), "discordance"),
        ((0.05, math.nan, 100), "discordance"),
        ((0.05, 0.1, 0), "n must"),
        ((0.05, 0.1, -5), "n must"),
        ((0.05, 0.1, 100, 1.0), "power"),
    ],
)
def test_detectable_effect_refuses_impossible_arguments(arguments: tuple[float, ...], named: str) -> None:
    """Each argument out of its range is named."""
    with pytest.raises(ValueError, match=named):
        detectable_effect(*arguments)


@pytest.mark.parametrize("alpha", [0.9, 0.5, 0.25, 0.05, 1.6e-3, 2.5e-5, 8.7e-7, 1.2e-8])
def test_rows_needed_is_the_fewest_with_which_a_pass_is_possible(alpha: float) -> None:
    """With that many discordant rows, all in favour, exact McNemar passes; with one fewer it cannot."""
    rows = rows_discordant_needed(alpha)
    assert binom.sf(rows - 1, rows, 0.5) <= alpha < binom.sf(rows - 2, rows - 1, 0.5)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan])
def test_rows_needed_refuses_what_is_no_level(alpha: float) -> None:
    """A level lies strictly between 0 and 1."""
    with pytest.raises(ValueError, match="alpha"):
        rows_discordant_needed(alpha)
