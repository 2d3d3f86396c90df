"""What a bet on a rate gains by days that differ, beyond what the design effect takes: to be paid each day.

The design effect makes a day's expected factor 1 up to the second order. Rates of days are skewed: many quiet days, a
few bad ones. A large bet then gains by the bad days more than it loses by the quiet ones, though the mean stays what
is allowed. With rates that follow a beta distribution, whose correlation within a day is `icc`, the expectation is an
integral (the counts are beta-binomial: Skellam, "A probability distribution derived from the binomial", 1948).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, logsumexp

Floats = NDArray[np.float64]
EDGE = 24.0  # logits of rates are integrated from minus to plus this
LEAST, MOST = 1e-6, 0.5  # less and more alike than this are taken to be so


def days_price(shares: Floats, rate: float, icc: float, units: ArrayLike) -> Floats:
    """Return (D, J), the log of a day's expected factor where that is above 1, else 0.

    Args:
        shares: (J,) of the largest bet, 1 / rate.
        rate: the mean of the days' rates, strictly between 0 and 1.
        icc: the correlation within a day, above 0.
        units: (D,) units of each day.

    >>> days_price(np.array([0.1, 0.01]), 0.05, 0.05, [1000]).round(3)
    array([[0.683, 0.001]])
    """
    if rate >= 0.5:  # not skewed that way
        return np.zeros((np.size(units), len(shares)))
    sizes = np.maximum(np.asarray(units, dtype=np.float64), 1)
    steps = np.arange(np.floor(4 * np.log2(sizes.min(initial=1e9))), np.ceil(4 * np.log2(sizes.max(initial=1))) + 1)
    knots = 2 ** (steps / 4) if len(steps) else np.ones(1)
    prices = _log_expected(shares, rate, min(max(icc, LEAST), MOST), knots)
    at = np.log2(sizes)
    return np.stack([np.maximum(np.interp(at, np.log2(knots), each), 0) for each in prices.T], axis=-1)


def _log_expected(shares: Floats, rate: float, icc: float, units: Floats) -> Floats:
    """(U, J): log E of a day's tempered factor, over beta days of so many units."""
    a, b = rate * (1 / icc - 1), (1 - rate) * (1 / icc - 1)
    step = min(0.05, np.sqrt(icc / (rate * (1 - rate))) / 2)
    step = max(step, 2 * EDGE / 20_000)
    logits = np.arange(-EDGE, EDGE, step)
    p, q = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)  # logs of the rate and of its opposite
    density = a * p + b * q - betaln(a, b) + np.log(step)
    effect = 1 + (units - 1) * icc
    good, bad = np.log1p(-shares), np.log1p(shares * (1 - rate) / rate)
    good, bad = good / effect[:, None], bad / effect[:, None]  # (U, J)
    unit = np.logaddexp(q + good[..., None], p + bad[..., None])
    logs = logsumexp(density + units[:, None, None] * unit, axis=-1)
    rest = max(-np.expm1(logsumexp(density)), 1e-300)  # of rates so near to 0 that they are not in the sum
    return np.asarray(np.logaddexp(logs, np.log(rest) + units[:, None] * good))
