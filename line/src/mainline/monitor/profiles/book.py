"""The counts of one version on one day, as whole numbers, so that the order in which they are added does not matter.

As JSON, in the agent's database and in days/DAY/HOST.json of the branch:

    {"answered": [...], "counts": [...], "labels": {"2026-11-20": [...]}, "truths": {"2026-11-20": [...]}}

counts: of each signal in the version's order, block by block, its bins; in units: 12 or 0.333333. answered: rows by
the answer's bin. labels and truths: those that CAME on this day, by the day of their answer, rows by (answer, age,
score) and by (age, label). So a day that is over changes no more. Rows on the sealed side are in counts alone. In each
list -7 stands for seven zeros; those at its end are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mainline.monitor.profiles.signals import AGE_BUCKETS, Version

UNIT = 1_000_000  # a request, so that a row of many is a whole number, too
MOST = 10**9  # units, or rows, in one bin of a day: below it every millionth is exact as a float
MOST_DAYS = 4_000  # to which the labels of one day may belong

Counts = NDArray[np.int64]


@dataclass
class Book:
    """Counts that can be added to."""

    counts: Counts
    """(size of the version,) in millionths of a unit."""
    answered: Counts
    """(answers,) rows."""
    labels: dict[date, Counts] = field(default_factory=dict)
    """By the day of the answer, (answers * AGE_BUCKETS * scores,) rows."""
    truths: dict[date, Counts] = field(default_factory=dict)
    """By the day of the answer, (AGE_BUCKETS * truths,) rows."""

    @classmethod
    def empty(cls, version: Version) -> "Book":
        """Nothing counted yet."""
        return cls(np.zeros(version.size, np.int64), np.zeros(len(version.answers), np.int64))

    def add(self, other: "Book") -> None:
        """Count what another of the same version has counted, too."""
        self.counts += other.counts
        self.answered += other.answered
        for mine, theirs in ((self.labels, other.labels), (self.truths, other.truths)):
            for day, counts in theirs.items():
                mine[day] = mine[day] + counts if day in mine else counts.copy()

    def to_json(self) -> dict[str, Any]:
        """As it is kept and sent."""
        return {
            "answered": packed(self.answered),
            "counts": packed(self.counts, UNIT),
            "labels": _packed_days(self.labels),
            "truths": _packed_days(self.truths),
        }

    @classmethod
    def from_json(cls, version: Version, said: Any) -> "Book":
        """Read it.

        Raises:
            ValueError: it is not what `to_json` writes of this version.
        """
        if not isinstance(said, dict) or said.keys() != {"answered", "counts", "labels", "truths"}:
            raise ValueError("not the counts of a version")
        answers = len(version.answers)
        return cls(
            unpacked(said["counts"], version.size, UNIT),
            unpacked(said["answered"], answers),
            _unpacked_days(said["labels"], answers * AGE_BUCKETS * len(version.scores)),
            _unpacked_days(said["truths"], AGE_BUCKETS * len(version.truths)),
        )


def packed(counts: Counts, unit: int = 1) -> list[int | float]:
    """Counts as JSON has them."""
    (at,) = np.nonzero(counts)
    gaps = np.diff(at, prepend=-1) - 1
    found: list[int | float] = []
    for gap, count in zip(gaps.tolist(), counts[at].tolist(), strict=True):
        if gap:
            found.append(0 if gap == 1 else -gap)
        found.append(count // unit if count % unit == 0 else count / unit)
    return found


def unpacked(said: Any, size: int, unit: int = 1) -> Counts:
    """(size,) counts out of JSON.

    Raises:
        ValueError: they are not what `packed` writes, or more than there are bins.
    """
    counts = np.zeros(size, np.int64)
    if not isinstance(said, list) or len(said) > size or not all(type(each) in (int, float) for each in said):
        raise ValueError("counts that are no list of numbers, or too many")
    try:
        given = np.array(said, dtype=np.float64)
    except OverflowError:
        raise ValueError("a count that is too large") from None
    if not len(given):
        return counts
    gap = given < 0
    wide = np.where(gap, -given, 1)
    if not np.isfinite(given).all() or given.max() > MOST or wide.max() > size or (wide % 1).any():
        raise ValueError("a count that is none, or too large")
    ends = np.cumsum(wide.astype(np.int64))
    if ends[-1] > size:
        raise ValueError("more counts than bins")
    whole = np.rint(given * unit)
    if unit == 1 and (whole != given).any():
        raise ValueError("part of a row")
    counts[ends[~gap] - 1] = whole[~gap]
    return counts


def _packed_days(days: Mapping[date, Counts]) -> dict[str, list[int | float]]:
    return {str(day): packed(counts) for day, counts in sorted(days.items()) if counts.any()}


def _unpacked_days(said: Any, size: int) -> dict[date, Counts]:
    if not isinstance(said, dict) or len(said) > MOST_DAYS:
        raise ValueError("labels that are not by day")
    return {date.fromisoformat(day): unpacked(counts, size) for day, counts in said.items()}
