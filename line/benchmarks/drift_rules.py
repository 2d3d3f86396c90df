"""The rules people use, by their documented defaults: for one column and one day against a reference sample.

Kolmogorov-Smirnov, Wasserstein, chi-squared and Jensen-Shannon as Evidently 0.7 and NannyML 0.13 have them, the
population stability index of credit scoring, NannyML's three standard deviations, and river's detectors of streams.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from scipy.stats import chi2, kstwobign

drift: Any = None
with suppress(ImportError):  # a dependency of the benchmark alone
    drift = import_module("river.drift")

Floats = NDArray[np.float64]
Alarms = NDArray[np.bool_]
SAMPLE = 10_000  # rows of the reference that the rules are given
STREAMS: Mapping[str, Any] = (
    {"ADWIN": drift.ADWIN, "Page-Hinkley": drift.PageHinkley, "DDM": drift.binary.DDM} if drift else {}
)


class Column:
    """A reference sample of one numeric column; `means` are those of the reference's days."""

    def __init__(self, sample: Floats, means: Floats) -> None:
        self.sorted = np.sort(sample)
        self.sd = sample.std()
        self.edges = np.quantile(sample, np.arange(1, 10) / 10)
        self.share = self._share(self.sorted)
        self.low, self.high = (means.mean() + 3 * sign * means.std(ddof=1) for sign in (-1, 1))

    def _share(self, ordered: Floats) -> Floats:
        at = np.searchsorted(ordered, self.edges)
        return np.asarray(np.diff(at, prepend=0, append=len(ordered)) / max(len(ordered), 1))

    def alarms(self, values: Floats) -> dict[str, bool]:
        """Which rules fire on a day's values."""
        ordered, n, m = np.sort(values), len(values), len(self.sorted)
        at = np.searchsorted(self.sorted, ordered, side="right") / m
        distance = max((np.arange(1, n + 1) / n - at).max(), (at - np.arange(n) / n).max())
        quantiles = self.sorted[((np.arange(n) + 0.5) / n * m).astype(int)]
        stability, divergence = distances(self._share(ordered)[None], self.share)
        return {
            "KS .05": bool(kstwobign.sf(distance * np.sqrt(n * m / (n + m))) < 0.05),
            "Wasserstein .1": bool(np.abs(ordered - quantiles).mean() / self.sd >= 0.1),
            "PSI .2": bool(stability[0] > 0.2),
            "JS .1": bool(divergence[0] > 0.1),
            "mean 3 sd": not self.low <= values.mean() <= self.high,
        }


def distances(now: Floats, share: Floats) -> tuple[Floats, Floats]:
    """(days,) each: the population stability index, and Jensen and Shannon's distance, of shares (days, K)."""
    a, b = np.maximum(now, 1e-4), np.maximum(share, 1e-4)
    middle = np.maximum((now + share) / 2, 1e-12)
    divergence = (xlogy(now, np.maximum(now, 1e-12) / middle) + xlogy(share, np.maximum(share, 1e-12) / middle)).sum(-1)
    return ((a - b) * np.log(a / b)).sum(-1), np.sqrt(np.maximum(divergence, 0) / 2 / np.log(2))


def shares(daily: Floats, first: int) -> dict[str, Alarms]:
    """On which days after the first the rules fire on a column of categories; daily (days, K) of rows."""
    was, n = daily[:first].sum(0), daily.sum(1)
    share, now = was / was.sum(), daily / n[:, None]
    pooled = np.maximum((was + daily) / (was.sum() + n)[:, None], 1e-12)
    square = (((now - share) ** 2) / pooled).sum(1) / (1 / n + 1 / was.sum())
    stability, divergence = distances(now, share)
    mean, sd = now[:first].mean(0), now[:first].std(0, ddof=1)
    found = {
        "chi2 .05": chi2.sf(square, daily.shape[1] - 1) < 0.05,
        "PSI .2": stability > 0.2,
        "JS .1": divergence > 0.1,
        "mean 3 sd": (np.abs(now - mean) > 3 * sd).any(1),
    }
    return {name: fired[first:] for name, fired in found.items()}


def stream(name: str, days: Iterable[Iterable[float]]) -> NDArray[np.int64]:
    """How often one of river's detectors fires on each day."""
    detector, fired = STREAMS[name](), []
    for day in days:
        hits = 0
        for value in day:
            detector.update(value)
            hits += detector.drift_detected
        fired.append(hits)
    return np.array(fired)
