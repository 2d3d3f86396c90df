"""What the sealed rows of a new table can certify, and how many decisions they are good for.

By the standard library, with the figures of the gate's own budget.py and outlook.py: a test holds the two together.
"""

from __future__ import annotations

import math
from statistics import NormalDist

SHARE = 0.35  # split.sealed of params.yaml
DELTA = 0.05  # gate.delta
LIVES = ((500, 32), (100, 8), (0, 4))
ERRORS = 0.1  # of a champion that there is not yet
SPREADS = {"regression": 0.3}  # how much the squared errors of one spread, in variances of the target
POWER = 0.8


def rows_of(table: int) -> int:
    """About how many rows of a table will be sealed: a hash of each decides."""
    return round(SHARE * table)


def life_for(rows: int) -> int:
    """The gate.life that suits a sealed set of so many rows."""
    return next(life for least, life in LIVES if rows >= least)


def gain(rows: int, life: int, spread: float) -> float:
    """The gain that the first of so many decisions certifies with 80% power, by the normal approximation."""
    normal = NormalDist()
    return (normal.inv_cdf(1 - DELTA / life) + normal.inv_cdf(POWER)) * math.sqrt(spread / rows)


def outlook(table: int, task: str) -> str:
    """What there is to expect of the gate, as a sentence; empty where the table is not known."""
    rows = rows_of(table)
    if not rows:
        return ""
    life = life_for(rows)
    told = f"with about {rows:,} sealed rows and {life} decisions (gate.life), a gain of "
    if task == "regression":
        least = gain(rows, life, SPREADS[task] ** 2)
        return f"{told}{least:.2g} of the target's variance can be certified (80% power)"
    least = 100 * gain(rows, life, ERRORS * (1 - ERRORS))
    if least > 100 * ERRORS:
        return f"{told.removesuffix('a gain of ')}no gain can be certified over a model that is wrong on one row in ten"
    return f"{told}{least:.1f} points can be certified (80% power) over a model that is wrong on one row in ten"
