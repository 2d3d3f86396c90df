"""Traffic for the monitor that exists only as counts: days without drift, of four kinds, and what may change."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Rng = np.random.Generator
NUMERIC, CATEGORICAL, VALUES, BINS = 30, 5, 8, 10
COLUMNS = NUMERIC + CATEGORICAL
BLOCKS = np.array([0.05, 0.10, 0.20, 0.25, 0.25, 0.15])  # share of the traffic by four hours
EDGES = ndtri(np.arange(1, BINS) / BINS)
MIX = np.array([0.60, 0.30, 0.10])
ZIPF = 1 / np.arange(1, VALUES + 1) / (1 / np.arange(1, VALUES + 1)).sum()
REFERENCE, YEAR = 28, 365


@dataclass(frozen=True)
class Kind:
    """How far days differ without any drift, in standard deviations of a column."""

    name: str
    weekend: float = 0.0
    night: float = 0.0
    day: float = 0.0
    memory: float = 0.0


KINDS = (
    Kind("alike"),
    Kind("weekends and nights .3 sd", 0.3, 0.3),
    Kind("the same, and .05 sd a day", 0.3, 0.3, 0.05),
    Kind("the same, and .1 sd with memory .7", 0.3, 0.3, 0.1, 0.7),
)


def is_weekend(days: int) -> NDArray[np.bool_]:
    """(days,)."""
    return np.arange(days) % 7 >= 5


def effects(rng: Rng, kind: Kind, shape: tuple[int, ...]) -> Floats:
    """(days, ...): what a day has of its own, and remembers of the day before."""
    noise = rng.standard_normal(shape) * kind.day
    for day in range(1, shape[0]):
        noise[day] = kind.memory * noise[day - 1] + np.sqrt(1 - kind.memory**2) * noise[day]
    return np.asarray(noise)


def shifts(rng: Rng, kind: Kind, days: int) -> Floats:
    """(days, blocks, columns): a third of the columns moves at weekends, another third by night."""
    out = np.zeros((days, len(BLOCKS), NUMERIC))
    out[is_weekend(days), :, :10] += kind.weekend
    out[:, :, 10:20] += kind.night * np.cos(2 * np.pi * np.arange(6) / 6)[None, :, None]
    return np.asarray(out + effects(rng, kind, (days, NUMERIC))[:, None, :])


def traffic(rng: Rng, rows: int, days: int) -> Counts:
    """(days, blocks): rows."""
    return rng.multinomial(rng.poisson(rows, days), BLOCKS)


def numeric_counts(rng: Rng, load: Counts, moved: Floats) -> Counts:
    """(days, columns, blocks, bins)."""
    cdf = ndtr(EDGES[None, None, None, :] - moved.transpose(0, 2, 1)[..., None])
    return rng.multinomial(load[:, None, :], np.clip(np.diff(cdf, prepend=0, append=1), 0, 1))


def category_counts(rng: Rng, load: Counts) -> Counts:
    """(days, columns, blocks, values)."""
    return rng.multinomial(load[:, None, :].repeat(CATEGORICAL, 1), ZIPF)


def answer_counts(rng: Rng, load: Counts, kind: Kind) -> Counts:
    """(days, blocks, answers): the third answer has 5 points more at weekends where there are weekends."""
    days = len(load)
    tilt = np.where(is_weekend(days), 0.05 * bool(kind.weekend), 0.0) + 0.2 * effects(rng, kind, (days,))
    mix = np.clip(MIX[None, :] + tilt[:, None] * np.array([-1, 0, 1]), 0.01, None)
    mix /= np.maximum(mix.sum(-1, keepdims=True), 1)
    return rng.multinomial(load, mix[:, None, :].repeat(len(BLOCKS), 1))


def strata(counts: Counts) -> Floats:
    """(days, ..., blocks, bins) to (days, ..., 2 * blocks, bins): weekdays first, then weekends."""
    out = np.zeros((*counts.shape[:-2], 2 * counts.shape[-2], counts.shape[-1]))
    weekend, blocks = is_weekend(len(counts)), counts.shape[-2]
    out[~weekend, ..., :blocks, :], out[weekend, ..., blocks:, :] = counts[~weekend], counts[weekend]
    return out


def column(rng: Rng, load: Counts, moved: Floats) -> list[Floats]:
    """The values of one numeric column, a day each; `moved` (days, blocks)."""
    each = zip(load, moved, strict=True)
    return [np.asarray(rng.standard_normal(n.sum()) + np.repeat(shift, n)) for n, shift in each]


def binned(values: list[Floats], load: Counts) -> Counts:
    """(days, blocks, bins) of them."""
    return np.array(
        [
            [np.bincount(np.searchsorted(EDGES, part), minlength=BINS) for part in np.split(day, np.cumsum(n)[:-1])]
            for day, n in zip(values, load, strict=True)
        ]
    )


def confidence(rng: Rng, rows: int, hard: float) -> Floats:
    """Calibrated confidence of answers: easy rows are right in 95%, hard ones in 75%."""
    return np.asarray(0.5 + 0.5 * np.where(rng.random(rows) < hard, rng.beta(1, 1, rows), rng.beta(9, 1, rows)))


def correlated(rng: Rng, rows: int, pairs: int, correlation: float) -> dict[str, Floats]:
    """Rows of 30 columns, of which so many pairs hang together."""
    out = rng.standard_normal((rows, NUMERIC))
    for pair in range(pairs):
        out[:, 2 * pair + 1] *= np.sqrt(1 - correlation**2)
        out[:, 2 * pair + 1] += correlation * out[:, 2 * pair]
    return {f"column {at}": each for at, each in enumerate(out.T)}
