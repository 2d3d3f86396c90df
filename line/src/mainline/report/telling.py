"""Which columns tell the rows where the sides differ from the others, and whether any does."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mainline.report.compare import Array, Comparison, Floats
from mainline.report.parts import parts
from mainline.report.side import Signature
from mainline.report.text import figure, plural

SHUFFLES = 200
CHANCE = 0.01  # that a table in which no column tells anything seems to hold one that does
ROWS, CELLS = 5_000, 300_000  # that are looked at, of larger tables; a sample with a fixed seed
KINDS = ("text", "categorical", "numeric", "date")


@dataclass(frozen=True)
class Outcome:
    """Something about each row that a column may explain: `values` (n,), and what to say of its mean in and outside."""

    values: Floats
    told: str
    share: bool

    def mean(self, part: Array) -> str:
        """The mean over a part, as a share or a number."""
        value = float(np.mean(self.values[part]))
        return f"{value:.0%}" if self.share else figure(value)


@dataclass(frozen=True)
class Telling:
    """A column, how strongly the best of its parts goes with an outcome (a correlation, 0 to 1), and that in words."""

    column: str
    strength: float
    words: str


def telling(c: Comparison, signature: Signature) -> tuple[Telling, ...]:
    """The columns that explain the difference, the strongest first; none where chance alone would do as well.

    A column is as strong as the best of its parts. So that looking at many parts of many columns finds nothing in
    noise, each must be stronger than the strongest of all columns is in 99% of shuffles of the outcomes (Westfall
    and Young 1993). The same for the same table: the shuffles have a fixed seed.
    """
    names = [name for name in signature.of_kind(*KINDS) if name in c.rows.columns]
    rng = np.random.default_rng(0)
    rows = _sample(len(c.truth), len(names), rng)
    outcomes = [each for each in _outcomes(c) if np.ptp(each.values[rows]) > 0]
    if not outcomes or not names:
        return ()
    ranked = [_scaled(pd.Series(each.values[rows]).rank().to_numpy()) for each in outcomes]
    by_chance = [rng.permutation(len(rows)) for _ in range(SHUFFLES)]
    shuffled = np.column_stack([values[order] for order in by_chance for values in ranked])
    highest, found = np.zeros(SHUFFLES), []
    for column in signature.columns:
        if column.name not in names:
            continue
        cut = parts(c.rows[column.name].iloc[rows].reset_index(drop=True), column.kind)
        if not cut:
            continue
        inside = np.column_stack([_scaled(part.astype(float)) for _, part in cut])
        chance = np.abs(inside.T @ shuffled).reshape(len(cut), SHUFFLES, len(ranked))
        highest = np.maximum(highest, chance.max(axis=(0, 2)))
        strengths = np.abs(inside.T @ np.column_stack(ranked)).round(9)
        best, which = np.unravel_index(int(strengths.argmax()), strengths.shape)
        said, part = cut[best]
        words = _sentence(column.name, said, outcomes[which], rows, part)
        found.append(Telling(column.name, float(strengths[best, which]), words))
    bar = float(np.quantile(highest, 1 - CHANCE, method="higher"))
    return tuple(sorted((each for each in found if each.strength > bar), key=lambda each: -each.strength))


def _sample(rows: int, columns: int, rng: np.random.Generator) -> Array:
    most = min(ROWS, max(500, CELLS // max(columns, 1)))
    return np.arange(rows) if rows <= most else np.sort(rng.choice(rows, most, replace=False))


def _scaled(values: Floats) -> Floats:
    """The values less their mean, with length 1: so that products of two are correlations."""
    centred = values - values.mean()
    return np.asarray(centred / np.linalg.norm(centred))


def _outcomes(c: Comparison) -> list[Outcome]:
    """Where they differ, and who is right there; of a challenger alone, where it errs."""
    new, old = c.challenger, c.champion
    if c.task == "regression":
        error = np.abs(new.label - c.truth)
        if old is None:
            return [Outcome(error, "its error is {} on average", False)]
        change = error - np.abs(old.label - c.truth)
        return [
            Outcome(np.abs(new.label - old.label), "they differ by {} on average", False),
            Outcome(change, "the challenger's error is the champion's and {} on average", False),
        ]
    right = new.label == c.truth
    if old is None:
        return [Outcome((~right).astype(float), "it errs on {}", True)]
    was = old.label == c.truth
    return [
        Outcome((new.label != old.label).astype(float), "they disagree on {}", True),
        Outcome((right & ~was).astype(float), "the challenger alone is right on {}", True),
        Outcome((was & ~right).astype(float), "the champion alone is right on {}", True),
    ]


def _sentence(name: str, said: str, outcome: Outcome, rows: Array, part: Array) -> str:
    inside, outside = outcome.mean(rows[part]), outcome.mean(rows[~part])
    told = outcome.told.format(f"{inside} of {plural(int(part.sum()), 'row')}" if outcome.share else inside)
    return f"where {name} {said}, {told}, elsewhere {'on ' if outcome.share else ''}{outside}"
