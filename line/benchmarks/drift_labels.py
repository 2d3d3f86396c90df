"""What labels and confidence say: the accuracy's fall, the estimate of it, and a drift that is shown to do no harm."""

import numpy as np
from numpy.typing import NDArray

import drift_delays as d
import drift_own as own
import drift_rules as rules
import drift_worlds as w
from mainline.monitor.evidence import BAR, evidence
from mainline.monitor.evidence.estimate import calibrated
from mainline.monitor.evidence.risk import HARMLESS, harmless, rate_null

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
RATE, WAIT, BEFORE = 0.10, 7, 28
RUNS = {10: 40, 100: 20, 1000: 5}  # labels a day: runs
DEV = {"2,000 dev rows, +.02": (2000, 0.02), "10,000, +.02": (10_000, 0.02), "10,000, +.01": (10_000, 0.01)}
STREAMS = ("DDM", "ADWIN", "Page-Hinkley")
FALLS = {"90 to 87": (0.03, 1), "90 to 80": (0.10, 1), "90 to 80 over 60 days": (0.10, 60)}
ESTIMATES = {
    "no fall": (0.25, 0.0),
    "harder rows, 90 to 85": (0.5, 0.0),
    "harder rows, 90 to 80": (0.75, 0.0),
    "other truth, 90 to 80": (0.25, 0.10),
    "both, 90 to 75": (0.5, 0.10),
}
CONFIDENCE = np.array([0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999])


def risen(bad: Counts, total: Counts, dev: tuple[int, int], tolerance: float, icc: float = 0.0) -> NDArray[np.bool_]:
    """(days,): whether this monitor says `worse`."""
    counts = np.stack([total - bad, bad], axis=-1)[:, None, :]
    return np.asarray(evidence(rate_null(*dev, tolerance, icc).gains(counts))[:, 0] >= np.log(BAR))


def error(days: int, size: float, ramp: int, weekends: bool) -> Floats:
    """The rate of wrong answers whose labels arrive on each day; the fall begins after two times BEFORE days."""
    usual = np.where(w.is_weekend(days), 0.125, 0.09) if weekends else np.full(days, RATE)
    return usual + size * np.clip((np.arange(days) - 2 * BEFORE + 1) / ramp, 0, 1)


def alarms(rng: np.random.Generator, labelled: int, wrong: Floats) -> dict[str, NDArray[np.bool_]]:
    """Per rule (days,); the first 28 days are the reference of the rules that need one."""
    total = rng.poisson(labelled, len(wrong))
    bad = rng.binomial(total, wrong)
    found = {
        f"{d.OWN}, {name}": risen(bad, total, (int(rng.binomial(rows, RATE)), rows), tolerance)[BEFORE:]
        for name, (rows, tolerance) in DEV.items()
    }
    rate = bad / np.maximum(total, 1)
    found["mean 3 sd"] = (rate > rate[:BEFORE].mean() + 3 * rate[:BEFORE].std(ddof=1))[BEFORE:]
    days = [rng.permutation(np.arange(n) < hits).tolist() for hits, n in zip(bad, total, strict=True)]
    return found | {name: rules.stream(name, days)[BEFORE:] > 0 for name in STREAMS if name in rules.STREAMS}


def quiet(labelled: int, weekends: bool, part: int = 1) -> dict[str, float]:
    """Per rule the share of years with an alarm, without a fall."""
    rng = np.random.default_rng([labelled, weekends])
    runs = max(RUNS[labelled] // part, 3)
    made = [alarms(rng, labelled, error(BEFORE + w.YEAR, 0, 1, weekends)) for _ in range(runs)]
    return {name: float(np.mean([run[name].any() for run in made])) for name in made[0]}


def fall(name: str, labelled: int, part: int = 1) -> dict[str, str]:
    """Per rule the days until a fall is found, the labels' delay of 7 days counted in."""
    size, ramp = FALLS[name]
    rng = np.random.default_rng([labelled, ramp, int(size * 100)])
    days = 2 * BEFORE + {10: 300, 100: 200, 1000: 60}[labelled]
    runs = max(RUNS[labelled] // part, 3)
    return d.delays([alarms(rng, labelled, error(days, size, ramp, weekends=False)) for _ in range(runs)], WAIT)


def estimated(rng: np.random.Generator, rows: int, hard: float, loss: float) -> dict[str, NDArray[np.bool_]]:
    """The estimate calibrated on 10,000 dev rows, three standard deviations of the mean confidence, and all labels."""
    first = w.REFERENCE
    daily = [w.confidence(rng, rng.poisson(rows), 0.25 if day < 2 * first else hard) for day in range(2 * first + 90)]
    right = [rng.random(len(c)) < c - (loss if day >= 2 * first else 0) for day, c in enumerate(daily)]
    dev = w.confidence(rng, 10_000, 0.25)
    bins, wrong = np.searchsorted(CONFIDENCE, dev, side="right"), rng.random(len(dev)) >= dev
    size = len(CONFIDENCE) + 1
    hits, total = np.bincount(bins, weights=wrong, minlength=size), np.bincount(bins, minlength=size)
    counts = np.array([np.bincount(np.searchsorted(CONFIDENCE, c, side="right"), minlength=size) for c in daily])
    logs = own.logs(counts[:, None, :].astype(np.float64), calibrated(hits, total, rising=False)[None])
    means = np.array([c.mean() for c in daily])
    bad = np.array([(~each).sum() for each in right[first:]])
    return {
        f"{d.OWN}'s estimate": own.alarmed(logs, 1 / 8),
        "confidence, 3 sd": (means < means[:first].mean() - 3 * means[:first].std(ddof=1))[first:],
        "all labels at once": risen(bad, np.array([len(each) for each in right[first:]]), (1000, 10_000), 0.02),
    }


def estimate(name: str, rows: int, part: int = 1) -> dict[str, str]:
    """Days until a fall is suspected from confidence alone."""
    rng = np.random.default_rng([rows, len(name)])
    runs = max({100: 40, 1000: 12, 10_000: 3}[rows] // part, 3)
    return d.delays([estimated(rng, rows, *ESTIMATES[name]) for _ in range(runs)])


def labels_needed(wrong: float, allowed: float, runs: int = 200) -> tuple[str, float]:
    """Labels until a drift is shown to do no harm, ten a look, and the share shown within 30,000."""
    rng, null = np.random.default_rng(0), rate_null(100_000 * (allowed - 0.02), 100_000, 0.02)
    found = []
    for _ in range(runs):
        bad = rng.binomial(10, wrong, 3000)
        up = harmless(np.stack([10 - bad, bad], axis=-1), null) >= np.log(HARMLESS)
        found.append(10 * (up.argmax() + 1) if up.any() else np.inf)
    return d.quantiles(np.array(found)), float(np.isfinite(found).mean())
