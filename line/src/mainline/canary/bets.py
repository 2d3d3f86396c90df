"""The bets behind the canary's evidence: what a batch of requests multiplies their wealth by, as arrays.

The null is p_canary <= ratio * p_champion + margin (harm), or >= (non-inferiority), of the rates of bad requests.
Given how many requests each side had in a batch, a bet's expected factor is then at most 1, whatever the rates are:
a request's expected factor is 1 + bet * value, the geometric mean of these over the batch is at most the arithmetic
one, and the values average to (p_canary - ratio * p_champion - margin), or minus that, which the null keeps below 0.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]
Direction = Literal["harm", "non_inferiority"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)

HARM = np.array([1.1, 1.3, 1.6, 2, 3, 5, 10, 40])  # how many times worse the canary is that each bet does best on
NON_INFERIORITY = np.array([0.95 / 2**j for j in range(8)])
BETS = 8

# A fault may come late, after the bets have lost on a healthy start: so some begin anew at these batches.
STARTS = np.array([0, 1, 2, 4, 8, 16, 32, 64, 128])
LOG_WEIGHTS = np.log([1 / 2] + [1 / 16] * 8)


def log_gains(
    canary_total: ArrayLike,
    canary_bad: ArrayLike,
    champion_total: ArrayLike,
    champion_bad: ArrayLike,
    *,
    seen_total: ArrayLike,
    seen_bad: ArrayLike,
    direction: Direction,
    ratio: float,
    margin: float,
) -> Floats:
    """Return (..., 8), the log of what each bet's wealth is multiplied by in one batch.

    The counts broadcast; both totals must be 1 or more. `seen_total` and `seen_bad` count the requests of both sides
    in all earlier batches: the bets may depend on those, never on the batch they are placed on.

    >>> gains = log_gains(1, 1, 9, 0, seen_total=0, seen_bad=0, direction="harm", ratio=1.0, margin=0.0)
    >>> np.exp(gains).round(2)  # a bad request of a canary with a tenth of the traffic, when none was bad before
    array([1.09, 1.26, 1.5 , 1.8 , 2.47, 3.52, 5.18, 8.02])
    """
    factors = log_factors(
        canary_total,
        champion_total,
        seen_total=seen_total,
        seen_bad=seen_bad,
        direction=direction,
        ratio=ratio,
        margin=margin,
    )
    return gained(factors, canary_total, canary_bad, champion_total, champion_bad)


def gained(
    factors: Floats,
    canary_total: ArrayLike,
    canary_bad: ArrayLike,
    champion_total: ArrayLike,
    champion_bad: ArrayLike,
) -> Floats:
    """Return the `log_gains` of a batch with these `log_factors`."""
    canary, canary_bad, champion, champion_bad = (
        np.asarray(count, dtype=np.float64) for count in (canary_total, canary_bad, champion_total, champion_bad)
    )
    counts = [canary_bad, canary - canary_bad, champion_bad, champion - champion_bad]
    return np.asarray((np.stack(np.broadcast_arrays(*counts), axis=-1)[..., None, :] * factors).sum(axis=-1))


def log_factors(
    canary_total: ArrayLike,
    champion_total: ArrayLike,
    *,
    seen_total: ArrayLike,
    seen_bad: ArrayLike,
    direction: Direction,
    ratio: float,
    margin: float,
) -> Floats:
    """Return (..., 8, 4), the log of what one request multiplies each bet's wealth by, in one batch.

    The last axis: a bad request of the canary, a good one, a bad one of the champion, a good one.
    """
    canary, champion, seen, seen_bad = (
        np.asarray(count, dtype=np.float64) for count in (canary_total, champion_total, seen_total, seen_bad)
    )
    share, rest = canary / (canary + champion), champion / (canary + champion)
    bad = np.where(seen > 0, (seen_bad + 0.5) / (seen + 1), 0.0)
    good = np.where(seen > 0, (seen - seen_bad + 0.5) / (seen + 1), 1.0)  # 1 - bad would lose digits near 1
    offset = bad * (1 - ratio) - margin
    cells = [good / share, -bad / share, -ratio * good / rest, ratio * bad / rest]
    values = np.stack(np.broadcast_arrays(*cells), axis=-1) + offset[..., None]
    if direction == "harm":
        shares = _harm_shares(ratio * share[..., None], rest[..., None])
    else:
        values, shares = -values, NON_INFERIORITY
    bets = shares / (-values).max(axis=-1, keepdims=True)  # no cell may cost all: wealth stays positive
    return np.asarray(np.log1p(bets[..., None] * values[..., None, :]))


def without(logs: Floats, total: ArrayLike, bad: ArrayLike, since: ArrayLike, prices: Floats) -> Floats:
    """Return `logs` (starts, ..., 8) as they were without one bucket of the canary's, roughly.

    Args:
        total: requests of the bucket, and `bad` those that were bad.
        since: (starts, ...) of the canary's requests, the part that came since each start: so of the bucket's.
        prices: (..., 8, 2) of the last batch, log factors of one bad and of one good request of the canary: each of
            the bucket's is taken to have been worth that.
    """
    bad_one, good_one = prices[..., 0], prices[..., 1]
    total, bad, since = (np.asarray(each, dtype=np.float64) for each in (total, bad, since))
    return np.asarray(logs - bad[..., None] * (bad_one - good_one) - (total * since)[..., None] * good_one)


def _harm_shares(weighted: Floats, rest: Floats) -> Floats:
    """Return (..., 8), the share of the largest safe bet that grows fastest when the canary is HARM times worse."""
    return np.asarray(0.98 * weighted * (HARM - 1) / (weighted * HARM + rest))


def log_mixture(logs: Floats) -> Floats:
    """Return log E (...) of `logs` (starts, ..., 8): the mean over the bets, weighted over the starts.

    The wealth of bets that have not begun is 1. With one start only there is nothing to weigh. Where requests hang
    together, each bet is tempered first: logs / design effect.

    >>> float(log_mixture(np.log([[1.0, 1, 1, 1, 1, 1, 1, 33]])))  # the mean of eight is 5
    1.609...
    """
    each = logsumexp(logs, axis=-1) - np.log(BETS)
    if len(each) == 1:
        return np.asarray(each[0])
    weights = LOG_WEIGHTS.reshape(-1, *[1] * (each.ndim - 1))
    return np.asarray(logsumexp(each + weights, axis=0))
