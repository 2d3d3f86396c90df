"""Days until a change is found, and false days before it: this monitor beside the rules, on the same rows."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

import drift_own as own
import drift_rules as rules
import drift_worlds as w

Floats = NDArray[np.float64]
Alarms = dict[str, NDArray[np.bool_]]
Runs = list[Alarms]
Make = Callable[[np.random.Generator, int, int], Alarms]
OWN = "this monitor"
RULES = ("KS .05", "Wasserstein .1", "PSI .2", "JS .1", "mean 3 sd")
BEFORE = 28  # days between the reference and the change
START = w.REFERENCE + BEFORE
SIZES = {100: (100, 180), 1000: (40, 60), 10000: (10, 30)}  # rows a day: (runs, days watched after the change)


def numeric(
    rng: np.random.Generator, rows: int, days: int, size: float, ramp: int, kind: w.Kind = w.KINDS[0]
) -> Alarms:
    """One column whose mean moves by `size`, at once or over `ramp` days."""
    load = w.traffic(rng, rows, days)
    moved = w.shifts(rng, kind, days)[:, :, 20]  # neither of the weekends' columns nor of the nights'
    moved = moved + (size * np.clip((np.arange(days) - START + 1) / ramp, 0, 1))[:, None]
    values = w.column(rng, load, moved)
    counts = w.strata(w.binned(values, load))
    found = {OWN: own.alarmed(own.logs(counts, own.NUMERIC), own.NUMERIC_WEIGHT)}
    sample = np.concatenate(values[: w.REFERENCE])
    means = np.array([day.mean() for day in values[: w.REFERENCE]])
    column = rules.Column(sample[rng.permutation(len(sample))[: rules.SAMPLE]], means)
    each = [column.alarms(day) for day in values[w.REFERENCE :]]
    found |= {name: np.array([one[name] for one in each]) for name in each[0]}
    if rows <= 1000 and "ADWIN" in rules.STREAMS:
        found["ADWIN"] = rules.stream("ADWIN", values)[w.REFERENCE :] > 0
    return found


def shares(rng: np.random.Generator, rows: int, days: int, before: Floats, after: Floats, quality: bool) -> Alarms:
    """Counts whose shares change; with `quality` the last is what is missing or unseen, and watched as that."""
    load = w.traffic(rng, rows, days)
    mix = np.where((np.arange(days) < START)[:, None], before, after)
    counts = rng.multinomial(load, mix[:, None, :].repeat(len(w.BLOCKS), 1))
    daily = counts.sum(1)
    if quality:
        each = own.quality(daily[:, -1], daily.sum(1))
        found = {OWN: own.alarmed(each, own.NUMERIC_WEIGHT)}
    else:
        each = own.logs(w.strata(counts), own.both_ways(len(before)))
        found = {OWN: own.alarmed(each, own.ANSWER_WEIGHT)}
    return found | rules.shares(daily, w.REFERENCE)


TENTH = np.full(10, 0.099)
CHANGES: Mapping[str, Make] = {
    "one column +.25 sd": partial(numeric, size=0.25, ramp=1),
    "one column +.5 sd": partial(numeric, size=0.5, ramp=1),
    "the same over 60 days": partial(numeric, size=0.5, ramp=60),
    "+.5 sd, days differ by .05 sd": partial(numeric, size=0.5, ramp=1, kind=w.KINDS[2]),
    "new category 2%": partial(shares, before=np.append(w.ZIPF, 0), after=np.append(w.ZIPF * 0.98, 0.02), quality=True),
    "new category 5%": partial(shares, before=np.append(w.ZIPF, 0), after=np.append(w.ZIPF * 0.95, 0.05), quality=True),
    "missing 1 to 3%": partial(
        shares, before=np.append(TENTH, 0.01), after=np.append(TENTH - 0.002, 0.03), quality=True
    ),
    "answers 60/30/10 to 55/30/15": partial(shares, before=w.MIX, after=np.array([0.55, 0.30, 0.15]), quality=False),
}

SEEDS = {  # those of the design's figures
    "one column +.25 sd": 888,
    "one column +.5 sd": 838,
    "the same over 60 days": 1913,
    "+.5 sd, days differ by .05 sd": 2003,
}


def runs(change: str, rows: int, part: int = 1) -> Runs:
    """Each rule's alarms by day, from the end of the reference on; the change comes after BEFORE days."""
    count, after = SIZES[rows]
    after = max(after, 100 if "60 days" in change else 0)
    rng = np.random.default_rng([rows, SEEDS.get(change, sum(map(ord, change)))])
    return [CHANGES[change](rng, rows, START + after) for _ in range(max(count // part, 3))]


def delays(made: Runs, wait: int = 0) -> dict[str, str]:
    """Per rule the median and the 90% quantile of days until found, and in brackets the share of false days before."""
    said = {}
    for name in made[0]:
        fired = np.array([run[name] for run in made])
        false, after = fired[:, :BEFORE].mean(), fired[:, BEFORE:]
        delay = np.where(after.any(1), after.argmax(1) + 1 + wait, np.inf)
        said[name] = quantiles(delay) + (f" [{false:.0%}]" if false >= 0.005 else "")
    return said


def quantiles(delay: Floats) -> str:
    """The median and the 90% quantile, `-` for never."""
    both = (np.quantile(delay, q, method="higher") for q in (0.5, 0.9))
    return "/".join(f"{each:,.0f}" if np.isfinite(each) else "-" for each in both)
