"""Labels come late, and how late depends on what they say: so both sides' are compared at one age of the answers.

Which age is settled by production's labels, before those that are judged by it: the least by which half, and nine
tenths, of the right AND of the wrong ones had come. A canary whose complaints come before its confirmations, as
production's do, is then no worse for it, and one whose errors surface late is not let on before they could.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

ENOUGH = 100  # labels of either kind, to tell how late they come
PARTS = (0.5, 0.9)
MOST_LOST = 0.05
Ages = Mapping[str, Mapping[float, int]]


@dataclass(frozen=True)
class Cohorts:
    """How labels are counted."""

    signal: str
    """labels: those that had come by that age; complaints: all rows, where only wrong ones come."""
    ages: tuple[float, ...]
    """In seconds; the canary goes on by the last alone."""


def chosen(ages: Ages, wait: float | None) -> Cohorts | None:
    """How to count, by the ages of production's labels; None while too few have come to say.

    Args:
        ages: labels that came within so many seconds, by outcome; at infinity all of them.
        wait: seconds that a person says are enough; then no more than one label of production is asked for.

    >>> right = {10.0: 0, 60.0: 450, 300.0: 880, 1800.0: 900, float("inf"): 900}
    >>> wrong = {10.0: 60, 60.0: 90, 300.0: 99, 1800.0: 100, float("inf"): 100}
    >>> chosen({"right": right, "wrong": wrong}, None)
    Cohorts(signal='labels', ages=(60.0, 300.0))
    >>> chosen({"right": right, "wrong": wrong}, 200)
    Cohorts(signal='labels', ages=(300.0,))
    >>> chosen({"right": {}, "wrong": wrong}, None)
    Cohorts(signal='complaints', ages=(10.0, 60.0))
    """
    total = {outcome: max(ages.get(outcome, {}).values(), default=0) for outcome in ("right", "wrong")}
    grid = sorted({age for each in ages.values() for age in each if isfinite(age)})
    if not grid or not sum(total.values()):
        return None
    signal = "labels" if total["right"] else "complaints"
    if wait is not None:
        return Cohorts(signal, (next((age for age in grid if age >= wait), grid[-1]),))
    outcomes = ("right", "wrong") if signal == "labels" else ("wrong",)
    if any(total[outcome] < ENOUGH for outcome in outcomes):
        return None

    def by(part: float) -> float:
        there = (age for age in grid if all(ages[each].get(age, 0) >= part * total[each] for each in outcomes))
        return next(there, grid[-1])

    return Cohorts(signal, tuple(sorted({by(part) for part in PARTS})))


def lost(rows: int, forgotten: int) -> bool:
    """Whether too many rows were forgotten before they were that old.

    >>> lost(rows=950, forgotten=50), lost(rows=949, forgotten=51)
    (False, True)
    """
    return forgotten > MOST_LOST * (rows + forgotten)
