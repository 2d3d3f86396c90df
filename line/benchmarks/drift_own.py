"""This monitor on the worlds of the benchmark: log R of the signals that `mainline monitor` would watch."""

import numpy as np
from numpy.typing import NDArray

import drift_worlds as w
from mainline.monitor.evidence import BAR, combined, evidence, scores
from mainline.monitor.evidence.reference import Reference

Floats = NDArray[np.float64]
TOLERANCE = 0.02
NUMERIC_WEIGHT, CATEGORY_WEIGHT, ANSWER_WEIGHT = 0.5 / w.COLUMNS / 6, 0.5 / w.COLUMNS / 18, 0.25 / 6
NUMERIC = scores.numeric(np.ones(w.BINS))[1]


def both_ways(values: int) -> Floats:
    """(S, K): the share of each value, both ways."""
    return scores.categorical(np.ones(values))[1]


def logs(
    counts: Floats, each: Floats, tolerance: float = TOLERANCE, ratio: float = 1.0, first: int = w.REFERENCE
) -> Floats:
    """(days after the reference, S): log R of one signal; counts (days, strata, bins)."""
    reference = Reference.of(counts[:first], each, tolerance, ratio)
    return evidence(reference.null.gains(counts[first:]))


def quality(hits: NDArray[np.int64], rows: NDArray[np.int64], first: int = w.REFERENCE) -> Floats:
    """The same of what is missing or unseen: (days, 1)."""
    return logs(bad(hits, rows), scores.bad(2, [0]), tolerance=0.005, ratio=1.25, first=first)


def bad(hits: NDArray[np.int64], rows: NDArray[np.int64]) -> Floats:
    """(days, 1 stratum, 2 bins) of what is missing or unseen, and of the rest."""
    return np.stack([hits, rows - hits], axis=-1)[:, None, :].astype(np.float64)


def year(rng: np.random.Generator, kind: w.Kind, rows: int, first: int = w.REFERENCE) -> Floats:
    """log R (days) of 241 signals: half its weight on the inputs, by column, a quarter on the answers."""
    days = first + w.YEAR
    load = w.traffic(rng, rows, days)
    categories = w.category_counts(rng, load)
    numbers = w.numeric_counts(rng, load, w.shifts(rng, kind, days))
    missing = rng.binomial(load.sum(1)[:, None], 0.01, (days, w.COLUMNS))
    answers = w.answer_counts(rng, load, kind)
    return watched(w.strata(numbers), w.strata(categories), missing, load.sum(1), w.strata(answers))


def watched(
    numbers: Floats, categories: Floats, missing: NDArray[np.int64], rows: NDArray[np.int64], answers: Floats
) -> Floats:
    """The same of counts by day and column: a year of them, after the reference."""
    first = len(rows) - w.YEAR
    parts = [(logs(numbers[:, at], NUMERIC, first=first), NUMERIC_WEIGHT) for at in range(w.NUMERIC)]
    parts += [
        (logs(categories[:, at], both_ways(w.VALUES), first=first), CATEGORY_WEIGHT) for at in range(w.CATEGORICAL)
    ]
    parts += [(quality(missing[:, at], rows, first), NUMERIC_WEIGHT) for at in range(w.COLUMNS)]
    parts.append((logs(answers, both_ways(len(w.MIX)), first=first), ANSWER_WEIGHT))
    every = np.concatenate([each for each, _ in parts], axis=1)
    return combined(every, np.concatenate([np.full(each.shape[1], weight) for each, weight in parts]))


def alarmed(each: Floats, weight: float) -> NDArray[np.bool_]:
    """(days,): whether the evidence of one signal alone, so weighted, stands above the bar."""
    return np.asarray(combined(each, np.full(each.shape[1], weight)) >= np.log(BAR))
