"""Paired bootstrap: both sides are scored on the same resamples of the dev rows, so shared luck cancels.

Percentile intervals (Efron and Tibshirani 1993, chapter 13), 95%, from seeded resamples.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mainline.report.compare import Comparison, Floats
from mainline.report.metrics import METRICS, Metric, score, scorer

RESAMPLES = 2000
_SEED = 1993
_CELLS = 250_000  # weights held at once: what a processor's cache holds


@dataclass(frozen=True)
class Interval:
    """A value and its 95% interval; NaN where it is not defined."""

    value: float
    low: float
    high: float

    @property
    def side_of_zero(self) -> int:
        """1 when the whole interval is above zero, -1 when below, 0 when it contains zero."""
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Estimate:
    """One metric of both sides; `difference` is challenger minus champion."""

    metric: Metric
    challenger: Interval
    champion: Interval | None = None
    difference: Interval | None = None

    @property
    def finding(self) -> str:
        """What the difference says in words; empty when there is nothing to compare."""
        return finding(self.difference, self.metric.higher_is_better)


def finding(difference: Interval | None, higher_is_better: bool) -> str:
    """What an interval of a difference says in words, without saying more than it does."""
    if difference is None:
        return ""
    sign = difference.side_of_zero * (1 if higher_is_better else -1)
    return {1: "better", -1: "worse", 0: "no clear difference"}[sign]


def resamples(rows: int) -> Iterator[Floats]:
    """Row weights of the seeded resamples, in blocks (b, rows); each line sums to `rows`."""
    rng = np.random.default_rng(_SEED)
    block = max(1, _CELLS // rows)
    for start in range(0, RESAMPLES, block):
        size = min(block, RESAMPLES - start)
        drawn = rng.integers(0, rows, (size, rows)) + rows * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(float)


def interval(value: float, samples: Floats) -> Interval:
    """The percentile interval of samples (b,); those that are NaN are left out."""
    kept = samples[~np.isnan(samples)]
    if kept.size == 0 or np.isnan(value):
        return Interval(value, np.nan, np.nan)
    low, high = np.percentile(kept, [2.5, 97.5])
    return Interval(value, float(low), float(high))


def estimates(comparison: Comparison) -> tuple[Estimate, ...]:
    """Every metric of the task for each side, with paired intervals of the difference."""
    metrics, sides = METRICS[comparison.task], comparison.sides
    point = [score(comparison, side) for side in sides]
    scorers = [scorer(comparison, side) for side in sides]
    blocks = [[of(weights) for of in scorers] for weights in resamples(len(comparison.truth))]
    made = []
    for metric in metrics:
        values = [p[metric.name] for p in point]
        drawn = [np.concatenate([block[i][metric.name] for block in blocks]) for i in range(len(sides))]
        each = [interval(value, samples) for value, samples in zip(values, drawn, strict=True)]
        if comparison.champion is None:
            made.append(Estimate(metric, each[0]))
        else:
            made.append(Estimate(metric, each[1], each[0], interval(values[1] - values[0], drawn[1] - drawn[0])))
    return tuple(made)
