"""Retrainings on rows of their own beside those that share people's: `python line/benchmarks/retrainings.py`, 5 s.

Every line shows the figure of the design (target) and the one measured now. Seeds are fixed.
"""

import numpy as np
from rich.console import Console
from rich.table import Table

from gate import DISAGREEMENT, power, table
from mainline.gate.levels import level
from mainline.gate.tests import paired_counts_p
from mainline.retraining import A_YEAR, LEVEL

ROWS, YEARS, WEEKS = 2000, 2000, 52


def seen() -> Table:
    """How often a retraining that is truly two points better passes, exactly."""
    made = table(f"Power for a true +2 points, {ROWS:,} rows, disagreement .10", "judged on", "target", "measured")
    for name, target, alpha in (
        (f"rows of its own, one of {A_YEAR} a year", ".55", LEVEL),
        ("people's sealed rows, decision 16 after 2 passes", ".02", level(16, 2)),
        ("the same, decision 1", "-", level(1, 0)),
    ):
        made.add_row(name, target, f"{power(ROWS, alpha, gain=0.02, margin=0.0):.2f}")
    return made


def years_with_a_pass(times: int, alpha: float) -> float:
    """The share of years in which noise passes, each time on new rows."""
    rng = np.random.default_rng([times, 15])
    discordant = rng.binomial(ROWS, DISAGREEMENT, (YEARS, times))
    won = rng.binomial(discordant, 0.5)
    pairs, where = np.unique(np.stack([won.ravel(), discordant.ravel()]), axis=1, return_inverse=True)
    passed = [paired_counts_p(b, all_ - b, ROWS, alpha=alpha) <= alpha for b, all_ in pairs.T.tolist()]
    return float(np.array(passed)[where].reshape(won.shape).any(axis=1).mean())


def noise() -> Table:
    """How often a year of retrainings that bring nothing passes one."""
    made = table(f"Years in which noise passes ({YEARS:,} years)", "rule", "target", "measured")
    made.add_row("weekly, p < .05", ".90", f"{years_with_a_pass(WEEKS, 0.05):.2f}")
    made.add_row(f"rows of its own, {A_YEAR} a year at .05/{A_YEAR}", ".04", f"{years_with_a_pass(A_YEAR, LEVEL):.2f}")
    return made


def main() -> None:
    """Print both tables."""
    for made in (seen(), noise()):
        Console(width=120).print(made)


if __name__ == "__main__":
    main()
