"""Many canaries at once: this judge's evidence, a latency that users feel, and the rules of its peers."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import logsumexp

from mainline.canary.bets import BETS, STARTS, Direction, log_gains, log_mixture

Floats = NDArray[np.float64]
Batch = tuple[NDArray[np.int64], ...]  # canary total, canary bad, champion total, champion bad; one of each a canary
Draw = Callable[[int, int], Sequence[Batch]]  # (canaries, look from 0) -> a batch for each signal
BAR = math.log(20)  # alpha = beta = .05
WINDOW = 100


class Crowd:
    """`mainline.canary.evidence.Evidence` of one signal, for many canaries side by side."""

    def __init__(
        self,
        canaries: int,
        *,
        direction: Direction = "harm",
        ratio: float = 1.0,
        margin: float = 0.0,
        restarts: bool = True,
    ) -> None:
        self.direction, self.ratio, self.margin = direction, ratio, margin
        self.looks = 0
        self.total, self.bad = np.zeros(canaries), np.zeros(canaries)
        self.logs = np.zeros((len(STARTS) if restarts else 1, canaries, BETS))

    def update(self, batch: Batch) -> Floats:
        """Return log E (canaries,) after one more batch, in which every canary and champion has requests."""
        begun = int((STARTS[: len(self.logs)] <= self.looks).sum())
        self.logs[:begun] += log_gains(
            *batch,
            seen_total=self.total,
            seen_bad=self.bad,
            direction=self.direction,
            ratio=self.ratio,
            margin=self.margin,
        )
        self.looks += 1
        self.total, self.bad = self.total + batch[0] + batch[2], self.bad + batch[1] + batch[3]
        return np.asarray(log_mixture(self.logs))

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Forget all canaries but `which`."""
        self.total, self.bad, self.logs = self.total[which], self.bad[which], self.logs[:, which]


def looks_until(crowds: Sequence[Crowd], draw: Draw, looks: int) -> Floats:
    """Return after how many looks the mean of the crowds' E first reaches 20; infinity if not within `looks`."""
    until = np.full(len(crowds[0].total), np.inf)
    waiting = np.arange(len(until))
    for look in range(looks):
        batches = draw(len(waiting), look)
        each = [crowd.update(batch) for crowd, batch in zip(crowds, batches, strict=True)]
        there = logsumexp(each, axis=0) - math.log(len(crowds)) >= BAR
        until[waiting[there]] = look + 1
        waiting = waiting[~there]
        for crowd in crowds:
            crowd.keep(~there)
        if not len(waiting):
            break
    return until


def errors(rng: np.random.Generator, canary: float, champion: float, sizes: tuple[int, int]) -> Draw:
    """Return a draw of batches of `sizes` (canary, champion) requests, bad at these rates."""

    def draw(canaries: int, look: int) -> list[Batch]:
        return [binomials(rng, canaries, (sizes[0], canary), (sizes[1], champion))]

    return draw


def binomials(rng: np.random.Generator, canaries: int, *sides: tuple[int, float]) -> Batch:
    """Return the totals and the bad ones of each side, given (requests, rate) of it."""
    return tuple(
        column for n, rate in sides for column in (np.full(canaries, n), rng.binomial(n, rate, canaries).astype(int))
    )


# --- latency -------------------------------------------------------------------------------------------

SPREAD = 0.5  # of the log of the champion's latencies, which are log-normal
TAIL = 0.05  # "tail x2" doubles the slowest 20th
QUANTILES = np.array([0.5, 0.95, 0.99])


def latencies(rng: np.random.Generator, shape: tuple[int, ...], change: str) -> Floats:
    """Return latencies of `shape`, in units of the champion's median, after "no", "all x1.5" or "tail x2" change."""
    drawn = np.exp(SPREAD * rng.standard_normal(shape))
    if change == "all x1.5":
        return drawn * 1.5
    if change == "tail x2":
        return np.where(drawn > np.exp(SPREAD * stats.norm.isf(TAIL)), 2 * drawn, drawn)
    return drawn


def slow(rng: np.random.Generator, change: str, size: int, *, slack: float = 0.1) -> Draw:
    """Return a draw of three signals: requests slower than the champion's p50, p95, p99 (the canary's by `slack`)."""
    frozen = np.exp(SPREAD * stats.norm.ppf(QUANTILES))

    def draw(canaries: int, look: int) -> list[Batch]:
        sides = [
            (latencies(rng, (canaries, size, 1), kind) > limit * frozen).sum(axis=1)
            for kind, limit in ((change, 1 + slack), ("no", 1.0))
        ]
        full = np.full(canaries, size)
        return [(full, sides[0][:, q], full, sides[1][:, q]) for q in range(len(QUANTILES))]

    return draw


# --- the rules of others -------------------------------------------------------------------------------


def z_test_fires(rng: np.random.Generator, rate: float, sizes: tuple[int, int], looks: int, canaries: int) -> float:
    """Return the share of healthy canaries that a one-sided z-test at 5% rolls back at one of its looks."""
    bad = [rng.binomial(size, rate, (looks, canaries)).cumsum(axis=0) for size in sizes]
    n = [size * np.arange(1, looks + 1)[:, None] for size in sizes]
    pooled = (bad[0] + bad[1]) / (n[0] + n[1])
    error = np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    worse = bad[0] / n[0] - bad[1] / n[1] > stats.norm.isf(0.05) * error
    return float(worse.any(axis=0).mean())


class Threshold:
    """Roll back at the `failures`-th window of 100 canary requests that fails; the champion is not looked at."""

    def __init__(self, failing: float, failures: int) -> None:
        self.failing, self.failures = failing, failures

    def requests(self, quantile: float) -> float:
        """Return the canary requests within which a rollback comes with this probability, exactly."""
        return float(WINDOW * (self.failures + stats.nbinom.ppf(quantile, self.failures, self.failing)))

    def fires(self, windows: int) -> float:
        """Return the chance of a rollback within so many windows, exactly."""
        return float(stats.binom.sf(self.failures - 1, windows, self.failing))


def argo(rate: float) -> Threshold:
    """Argo Rollouts' documented analysis: success rate >= 95%, failureLimit 3, so the fourth failure aborts."""
    return Threshold(float(stats.binom.sf(5, WINDOW, rate)), 4)


def flagger(rate: float) -> Threshold:
    """Flagger's documented analysis: request-success-rate >= 99%, threshold 5, so the fifth failure rolls back."""
    return Threshold(float(stats.binom.sf(1, WINDOW, rate)), 5)


def flagger_latency(rng: np.random.Generator, change: str, windows: int) -> Threshold:
    """Flagger's request-duration: the p99 of a window, its second slowest, above 500 ms; the champion's is 400."""
    limit = 500 / 400 * np.exp(SPREAD * stats.norm.ppf(0.99))
    p99 = np.partition(latencies(rng, (windows, WINDOW), change), WINDOW - 2, axis=1)[:, WINDOW - 2]
    return Threshold(float((p99 > limit).mean()), 5)


def kayenta_until(canary: Floats, champion: Floats) -> Floats:
    """Return after how many windows Kayenta's Mann-Whitney classifier says High; infinity if it never does.

    The inputs hold a metric, (canaries, windows). It looks at all windows so far, from the tenth on and then every
    fifth, and says High when the 98% interval of the shift lies above a quarter of its Hodges-Lehmann estimate.
    """
    until = np.full(len(canary), np.inf)
    waiting = np.arange(len(canary))
    for windows in range(10, canary.shape[1] + 1, 5):
        x, y = canary[waiting, :windows], champion[waiting, :windows]
        shift = np.median((x[:, :, None] - y[:, None, :]).reshape(len(x), -1), axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):  # where all values are equal there is no test
            tested = stats.mannwhitneyu(
                x - abs(shift[:, None]) / 4, y, axis=1, method="asymptotic", alternative="greater"
            )
        high = tested.pvalue < 0.01
        until[waiting[high]] = windows
        waiting = waiting[~high]
        if not len(waiting):
            break
    return until
