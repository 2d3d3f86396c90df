"""How wrong the answers are, by their labels: the null of the dev rows, and evidence that a drift does no harm.

The loss of a row lies in [0, 1]: right or wrong, or for numbers the squared error over the target's range, cut at 1.
"""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logsumexp
from scipy.stats import beta

from mainline.monitor.evidence.null import BETS, Floats, Null, counted, numbers

TOLERANCE = 0.02
LEVEL = 0.95
HARMLESS = 20.0  # the odds at which a drift is shown to do no harm: wrongly in at most one of 20


def rate_null(bad: float, total: float, tolerance: float = TOLERANCE, icc: float = 0.0) -> Null:
    """Return the null "wrong in no more than `bad` of `total` dev rows were, and the tolerance"; bins: right, wrong.

    What chance may have hidden is allowed at least: the 95% upper bound (Clopper and Pearson, Biometrika 1934).

    >>> rate_null(200, 2000).allowed.round(3), rate_null(5, 50).allowed.round(3)
    (array([[0.12]]), array([[0.199]]))

    Raises ValueError unless 0 <= bad <= total, with a total above 0.
    """
    if not (0 < total < math.inf and 0 <= bad <= total):
        raise ValueError(f"bad must be between 0 and the total, which is above 0: not {bad} of {total}")
    upper = float(beta.ppf(LEVEL, bad + 1, total - bad)) if bad < total else 1.0
    return Null.of([[0, 1]], [[bad / total]], max(tolerance, upper - bad / total), icc)


def mean_null(counts: ArrayLike, values: ArrayLike, tolerance: float = TOLERANCE, icc: float = 0.0) -> Null:
    """Return the null "the mean loss is no more than that of the dev rows, and the tolerance".

    Args:
        counts: (K,) dev rows in each bin of the loss.
        values: (K,) the loss of a row in that bin, from 0 to 1.

    The upper bound supposes nothing of the losses (empirical Bernstein: Maurer and Pontil, COLT 2009).

    >>> mean_null([900, 80, 20], [0.0, 0.1, 0.5]).allowed.round(3)
    array([[0.038]])

    Raises ValueError on fewer than two rows, and where a value lies outside [0, 1].
    """
    each = numbers("values", values)
    rows = counted(np.asarray(counts)[None], each.shape)[0]
    total = rows.sum()
    if not total >= 2:
        raise ValueError(f"a mean loss needs two dev rows at least, not {total:g}")
    mean = float(rows @ each / total)
    variance = float(rows @ (each - mean) ** 2 / (total - 1))
    chance = math.log(2 / (1 - LEVEL))
    above = math.sqrt(2 * variance * chance / total) + 7 * chance / (3 * (total - 1))
    return Null.of([each], [[mean]], max(tolerance, min(above, 1 - mean)), icc)


def harmless(days: ArrayLike, null: Null) -> Floats:
    """Return (D,), log E on each day, that the risk does NOT lie above what `null` allows.

    Args:
        days: (D, K) labelled rows by bin of their loss, from the day on that drift was told.

    An e-process against "the risk is above": while it is, the chance that E ever reaches HARMLESS is at most 1 in 20,
    however often one looks; as with risk itself, to second order where days differ. Raises ValueError on bad counts,
    and where `null` is not of one score in one stratum.

    >>> null = rate_null(200, 2000)  # 12% are allowed
    >>> bool(harmless([[4500, 500]], null)[-1] >= math.log(HARMLESS))  # 10% of 5,000
    True
    >>> bool(harmless([[4400, 600]], null)[-1] >= math.log(HARMLESS))  # 12%
    False
    """
    if null.centres.shape != (1, 1):
        raise ValueError(f"the null must be of one score in one stratum, not of {null.centres.shape}")
    each = counted(days, null.scores.shape[1:])
    gains = null.opposite().gains(each[:, None, :])[:, 0]
    return np.asarray(logsumexp(gains.cumsum(axis=0), axis=-1) - math.log(BETS))
