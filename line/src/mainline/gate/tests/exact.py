"""Whether a gain in accuracy exceeds a margin: exact, from the counts of rows that only one model gets right."""

import heapq

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mainline.gate.levels import check_probability, whole
from mainline.gate.tests.checks import Floats, check_margin

_SPLITS = 40  # of the discordance interval, at most
_TOLERANCE = 0.005  # relative distance at which a bound on a maximum is as good as the maximum
_HOPELESS = 0.1  # a p-value that no level asks to know better


def paired_counts_p(new_only: int, old_only: int, n: int, *, margin: float = 0.0, alpha: float) -> float:
    """Return the p-value of a gain in accuracy above `margin`, for a decision at level `alpha`.

    `new_only` and `old_only` count the rows, of `n`, that only the new or only the old model gets right.

    Margin 0: exact McNemar. Otherwise Berger and Boos (1994): gamma = alpha / 20 plus the maximum, over the
    discordances d of the Clopper-Pearson interval of level 1 - gamma, of P(S >= new_only - old_only), S the
    sum of n steps +1, 0, -1 with probabilities (d + margin) / 2, 1 - d, (d - margin) / 2.

    Guaranteed for every n, up to rounding in float64: never below that p-value, so the test keeps its level.
    Where d <= 1/2 in all the interval, and the gain is above the margin, the maximum is at its upper end and
    nothing is lost (below 1e-3 of gamma). Elsewhere a p-value is too high by 0.5 %, or by what `_SPLITS`
    splits leave; one above max(alpha, 0.1) may be a mere upper bound. Time and memory grow with sqrt(n).
    """
    check_probability("alpha", alpha)
    b, c, n = whole("new_only", new_only), whole("old_only", old_only), whole("n", n)
    if n == 0:
        raise ValueError("n must be at least 1: there are no rows")
    if b + c > n:
        raise ValueError(f"new_only + old_only = {b + c} exceeds n = {n}")
    check_margin(margin, 1)
    if margin == 0:
        return float(special.betainc(b, c + 1, 0.5)) if b else 1.0
    gamma = alpha / 20
    low = special.betaincinv(b + c, n - b - c + 1, gamma / 2) if b + c else 0.0
    high = special.betainccinv(b + c + 1, n - b - c, gamma / 2) if b + c < n else 1.0
    if high < abs(margin):  # the models differ too little for a loss, or a gain, of that size
        return gamma if margin < 0 else 1.0
    # Below d = |margin| no model is in H0 (margin < 0), or d = margin is the worst of them (margin > 0).
    worst = _largest_tail(b - c, n, (max(float(low), abs(margin)), float(high)), margin, alpha)
    return min(1.0, gamma + worst)


def _largest_tail(s: int, n: int, interval: tuple[float, float], margin: float, alpha: float) -> float:
    """Return an upper bound, by best-first splitting, on the maximum of P(S >= s) over d in the interval."""
    slack = alpha / 200_000
    best = max(_tail(s, n, d, margin, slack) for d in interval)
    cells = [(-_cell_bound(s, n, *interval, margin, slack), *interval)]
    for _ in range(_SPLITS):
        bound, left, right = cells[0]
        if -bound <= best * (1 + _TOLERANCE) or best > max(alpha, _HOPELESS):
            break
        middle = (left + right) / 2
        best = max(best, _tail(s, n, middle, margin, slack))
        heapq.heapreplace(cells, (-_cell_bound(s, n, left, middle, margin, slack), left, middle))
        heapq.heappush(cells, (-_cell_bound(s, n, middle, right, margin, slack), middle, right))
    return -cells[0][0]


def _cell_bound(s: int, n: int, left: float, right: float, margin: float, slack: float) -> float:
    """Return an upper bound on P(S >= s) that holds for every d in [left, right].

    The derivative by d is n/2 (P(S' = s - 1) - P(S' = s)), S' the sum of n - 1 steps. While
    d <= (1 + margin^2) / 2 the generating function of a step has real roots, so S' is a shifted sum of coins:
    its probabilities rise to a mode less than 1 from the mean (Darroch 1964), then fall; so P(S >= s) is
    monotone in d. Elsewhere: it grows with the chance of +1 and falls with that of -1, so the cell's most
    favourable corner bounds it.
    """
    centre = (n - 1) * margin
    if right <= (1 + margin**2) / 2 and s >= centre + 2:
        return _tail(s, n, right, margin, slack)
    if right <= (1 + margin**2) / 2 and s <= centre - 1:
        return _tail(s, n, left, margin, slack)
    return _tail(s, n, (left + right) / 2, margin + (right - left) / 2, slack)


def _tail(s: int, n: int, d: float, margin: float, slack: float) -> float:
    """Return P(S >= s), too high by at most 2 * `slack`: the chance of the counts left out is added whole."""
    from scipy.stats import binom  # here: it takes a second to import, and a margin of 0 needs none of it

    first, last = int(binom.ppf(slack, n, d)), int(binom.isf(slack, n, d))
    discordant = np.arange(first, last + 1)
    left_out = binom.cdf(first - 1, n, d) + binom.sf(last, n, d)
    share = min(1.0, max(0.0, (d + margin) / (2 * d)))
    reach = _binomial_reach((s + discordant + 1) // 2, discordant, share)
    return min(1.0, float(binom.pmf(discordant, n, d) @ reach + left_out))


def _binomial_reach(least: NDArray[np.int64], trials: NDArray[np.int64], share: float) -> Floats:
    """Return P(Bin(trials, share) >= least), elementwise."""
    possible = np.clip(least, 1, np.maximum(trials, 1))
    reach = special.betainc(possible, np.maximum(trials, 1) - possible + 1, share)
    return np.where(least <= 0, 1.0, np.where(least > trials, 0.0, reach))
