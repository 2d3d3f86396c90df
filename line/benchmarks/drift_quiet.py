"""False alarms of the rules people use, on thirty numeric columns in which nothing drifts."""

import numpy as np

import drift_rules as rules
import drift_worlds as w

STREAMED = (0, 10, 20)  # columns given to river's detectors: of the weekends, of the nights, of neither
MOST = 1000  # rows a day above which they are not run


def days_with_alarm(rng: np.random.Generator, kind: w.Kind, rows: int) -> dict[str, float]:
    """Days of 365 on which any of 30 columns alarms, by rule; of ADWIN the alarms of 30 columns, from three of them."""
    days = w.REFERENCE + w.YEAR
    load, moved = w.traffic(rng, rows, days), w.shifts(rng, kind, days)

    def values(day: int) -> w.Floats:
        drawn = rng.standard_normal((load[day].sum(), w.NUMERIC))
        return np.asarray(drawn + np.repeat(moved[day], load[day], axis=0))

    reference = [values(day) for day in range(w.REFERENCE)]
    sample = np.concatenate(reference)
    sample = sample[rng.permutation(len(sample))[: rules.SAMPLE]]
    means = np.array([day.mean(0) for day in reference])
    columns = [rules.Column(sample[:, at], means[:, at]) for at in range(w.NUMERIC)]
    found: dict[str, float] = {}
    streamed: list[w.Floats] = []
    for day in range(w.REFERENCE, days):
        today = values(day)
        fired = [column.alarms(today[:, at]) for at, column in enumerate(columns)]
        for name in fired[0]:
            found[name] = found.get(name, 0) + any(each[name] for each in fired)
        streamed.append(today[:, STREAMED])
    if rows <= MOST and "ADWIN" in rules.STREAMS:
        alarms = [rules.stream("ADWIN", [day[:, at] for day in streamed]).sum() for at in range(len(STREAMED))]
        found["ADWIN, alarms"] = float(np.sum(alarms)) * w.NUMERIC / len(STREAMED)
    return found
