"""The promise at the very edge of the null: a risk as high as is allowed, on days that are alike, or differ."""

import numpy as np
from numpy.typing import NDArray

import drift_worlds as w
from mainline.monitor.evidence import BAR, evidence
from mainline.monitor.evidence.null import Null

Floats = NDArray[np.float64]
YEARS = 4000
CASES = (  # rate, rows a day, sd of the days' rates, how they are distributed
    (0.12, 10, 0.0, "alike"),
    (0.12, 100, 0.0, "alike"),
    (0.12, 1000, 0.0, "alike"),
    (0.005, 1000, 0.0, "alike"),
    (0.12, 1000, 0.03, "normal"),
    (0.12, 1000, 0.03, "beta"),
    (0.05, 1000, 0.05, "beta"),
    (0.02, 1000, 0.02, "beta"),
    (0.12, 1000, 0.05, "log-normal"),
    (0.12, 1000, 0.05, "one bad in 50"),
)


def rates(rng: np.random.Generator, rate: float, sd: float, shape: str, size: tuple[int, int]) -> Floats:
    """The days' rates, with this mean and this standard deviation."""
    if shape == "normal":
        return np.clip(rng.normal(rate, sd, size), 0, 1)
    if shape == "beta":
        total = rate * (1 - rate) / sd**2 - 1
        return rng.beta(rate * total, (1 - rate) * total, size)
    if shape == "log-normal":
        log = np.log(1 + (sd / rate) ** 2)
        return np.clip(rng.lognormal(np.log(rate) - log / 2, np.sqrt(log), size), 0, 1)
    if shape == "one bad in 50":
        return np.where(rng.random(size) < 0.02, rate + 7 * sd, rate - sd / 7)
    return np.full(size, rate)


def alarmed(rate: float, rows: int, sd: float, shape: str, tempered: bool = True, years: int = YEARS) -> float:
    """The share of years with an alarm, where the rate is what is allowed; `tempered`: the days' likeness is known."""
    rng = np.random.default_rng([rows, int(1000 * rate), int(1000 * sd), len(shape)])
    bad = rng.binomial(rows, rates(rng, rate, sd, shape, (w.YEAR, years)))
    icc = sd**2 / (rate * (1 - rate)) if tempered else 0.0
    null = Null.of([[0, 1]], [[rate]], 0.0, icc)
    most = null.gains(np.stack([rows - bad, bad], axis=-1).reshape(-1, 1, 2))
    return float((evidence(most.reshape(w.YEAR, years, -1)).max(0) >= np.log(BAR)).mean())
