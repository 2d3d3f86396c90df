"""A change that no column shows, and the nightly classifier: thirty columns, of which pairs begin to hang together."""

import numpy as np

import drift_worlds as w
from mainline.monitor.evidence import BAR, evidence
from mainline.monitor.evidence.classifier import RECENT, Night, null

WEIGHT = 1 / 8
REFERENCE = 2000
CASES = {  # correlation, pairs, day of the change, days, rows a day
    "one pair's correlation 0 to .5, 100 a day": (0.5, 1, 28, 60, 100),
    "one pair's correlation 0 to .5, 1,000 a day": (0.5, 1, 28, 60, 1000),
    "five pairs', 0 to .3, 100 a day": (0.3, 5, 28, 60, 100),
    "five pairs', 0 to .3, 1,000 a day": (0.3, 5, 28, 60, 1000),
    "none, 365 days, 1,000 a day": (0.0, 0, 365, 365, 1000),
}
KINDS = {f"column {at}": "number" for at in range(w.NUMERIC)}


def until(rng: np.random.Generator, correlation: float, pairs: int, at: int, days: int, rows: int) -> float:
    """Days from the change until it is found, infinity where it is not."""
    reference = w.correlated(rng, REFERENCE, 0, 0.0)
    counts = np.zeros((days, 1, 10))
    recent: dict[str, w.Floats] = {}
    for day in range(days):
        today = w.correlated(rng, min(rows, RECENT), pairs if day >= at else 0, correlation)
        if recent:
            bins = Night.learn(reference, recent, KINDS).bins(today)
            counts[day, 0] = np.bincount(bins, minlength=10)
        recent = {name: np.concatenate([recent.get(name, []), each])[-RECENT:] for name, each in today.items()}
    up = evidence(null().gains(counts))[:, 0] + np.log(WEIGHT) >= np.log(BAR)
    return float(up.argmax() + 1 - (at if at < days else 0)) if up.any() else np.inf


def found(case: str, runs: int) -> list[float]:
    """The days until found of so many runs, in order."""
    rng = np.random.default_rng([CASES[case][-1], len(case)])
    return sorted(until(rng, *CASES[case]) for _ in range(runs))
