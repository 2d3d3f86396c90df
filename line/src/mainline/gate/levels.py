"""How sure each decision must be, so that all decisions of a test set together keep the gate's promise."""

import math
import operator


def level(t: int, k: int, *, delta: float = 0.05, life: int = 32) -> float:
    """Return the level at which pull request `t` (1-based), after `k` earlier passes, is decided.

    Over the nodes of the pass/fail tree of height `life` the levels add up to `delta`: at each height
    the weights are the probabilities that a Beta(1/2, 1/2) mixture of coins gives each sequence of verdicts.
    So the union bound holds for whoever adapts to the verdicts. Raises ValueError unless 1 <= t <= life and
    0 <= k < t.
    """
    check_probability("delta", delta)
    t, k, life = whole("t", t), whole("k", k), whole("life", life)
    if not 1 <= t <= life:
        raise ValueError(f"t must be between 1 and life = {life}, not {t}: rotate the test set")
    if not k < t:
        raise ValueError(f"k must be below t = {t}, not {k}: there were only {t - 1} earlier decisions")
    return delta / life * math.exp(math.lgamma(k + 0.5) + math.lgamma(t - k - 0.5) - math.lgamma(t)) / math.pi


def detectable_effect(alpha: float, discordance: float, n: int, power: float = 0.8) -> float:
    """Return the gain in accuracy that `n` rows certify at level `alpha` with probability `power`.

    `discordance` is the share of rows, in [0, 1], on which exactly one of the two models is right. The normal
    approximation (z(alpha) + z(1 - power)) * sqrt(discordance / n); 0 is returned where it would be negative.
    """
    from scipy.special import ndtri  # here, as SciPy takes longer to import than most refusals take to give

    check_probability("alpha", alpha)
    check_probability("power", power)
    if not 0 <= discordance <= 1:
        raise ValueError(f"discordance must be between 0 and 1, not {discordance}")
    if whole("n", n) == 0:
        raise ValueError("n must be at least 1: there are no rows")
    return max(0.0, float(ndtri(power) - ndtri(alpha))) * math.sqrt(discordance / n)


def rows_discordant_needed(alpha: float) -> int:
    """Return the fewest discordant rows with which a pass at `alpha` is possible: ceil(log2(1 / alpha))."""
    check_probability("alpha", alpha)
    return math.ceil(-math.log2(alpha))


def check_probability(name: str, value: float) -> None:
    """Raise ValueError unless `value` lies strictly between 0 and 1."""
    if not 0 < value < 1:
        raise ValueError(f"{name} must be strictly between 0 and 1, not {value}")


def whole(name: str, value: int) -> int:
    """Return `value` as an int; raise ValueError unless it is a whole number of at least 0."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a whole number, not {value!r}") from None
    if number < 0:
        raise ValueError(f"{name} must not be negative, not {number}")
    return number
