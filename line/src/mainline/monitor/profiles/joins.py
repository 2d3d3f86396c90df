"""Labels find their predictions, by request id and row, whichever comes first and wherever it was recorded.

Of several predictions under one request id and row the first counts, and so does the first of several labels; by their
time, not by when they were read. So what is counted depends on the records alone: where an earlier one turns up late,
what was counted of the later one is taken back.
"""

import hashlib
import json
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mainline.monitor.profiles import bins
from mainline.monitor.profiles.book import Book
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.signals import AGE_BUCKETS, AGES

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
DAY = 86_400_000_000  # microseconds, as all times here are
EPOCH = 719_163  # date(1970, 1, 1).toordinal()
UNCOUNTED = -1
"""The place of a row on the sealed side: its label finds it, waits no longer, and is not counted."""


class Row(NamedTuple):
    """What is known of one row of a request."""

    key: int
    moment: int | None
    """When it was predicted; None of a label without a prediction, as are the next three."""
    version: int | None
    place: int | None
    """Of its class, or the bin of its number; or UNCOUNTED."""
    said: float | None
    """Of a regression, the number."""
    came: int | None
    """When its label came; None while it waits for one."""
    label: str | None
    """As JSON."""


Kept = tuple[int, int]
"""A day's ordinal and a version's number: the book that counts something."""


def keys(requests: Iterable[str], secret: bytes) -> NDArray[np.uint64]:
    """A number for each request id, that tells nothing of it."""
    found = [hashlib.blake2b(each.encode(), digest_size=8, key=secret).digest() for each in requests]
    return np.frombuffer(b"".join(found), np.uint64)


def key_of(requests: NDArray[np.uint64], rows: NDArray[np.int64]) -> list[int]:
    """The key of each row, by its request's number and its place in the request."""
    with np.errstate(over="ignore"):
        found: list[int] = (requests + rows.astype(np.uint64) * GOLDEN).view(np.int64).tolist()
    return found


def join(known: Mapping[int, Row], found: Iterable[Row]) -> tuple[dict[int, Row], list[Row], list[Row]]:
    """Put together what was known and what was found: of each part, the earlier one.

    Returns:
        The rows that are others now, and of those with a label: what they were before, and what they are after.
    """
    changed: dict[int, Row] = {}
    for row in found:
        old = changed.get(row.key) or known.get(row.key)
        changed[row.key] = row if old is None else _earlier(old, row)
    for key in [key for key, row in changed.items() if known.get(key) == row]:
        del changed[key]
    before = [known[key] for key in changed if key in known]
    return changed, _whole(before), _whole(changed.values())


def _earlier(old: Row, new: Row) -> Row:
    predicted = min((row[1:5] for row in (old, new) if row.moment is not None), default=(None,) * 4)
    labelled = min((row[5:] for row in (old, new) if row.came is not None), default=(None,) * 2)
    return Row(old.key, *predicted, *labelled)


def _whole(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.moment is not None and row.came is not None and row.place != UNCOUNTED]


def count(rows: Iterable[Row], plans: Mapping[int, Plan], books: Mapping[Kept, Book], sign: int) -> None:
    """Count labelled rows in the books of the days on which their labels came, or take them back with sign -1.

    Args:
        books: one for `kept` of each row.
    """
    for row in rows:
        book = books[kept(row)]
        assert row.version is not None
        assert row.moment is not None
        assert row.came is not None
        plan = plans[row.version]
        about = plan.version
        answers, scores, truths = len(about.answers), len(about.scores), len(about.truths)
        answer, score, truth = _cell(row, plan, json.loads(row.label or "null"))
        age = bisect_left(AGES, (row.came - row.moment) / DAY)
        day = date.fromordinal(EPOCH + row.moment // DAY)
        labels = book.labels.setdefault(day, np.zeros(answers * AGE_BUCKETS * scores, np.int64))
        labels[(answer * AGE_BUCKETS + age) * scores + score] += sign
        book.truths.setdefault(day, np.zeros(AGE_BUCKETS * truths, np.int64))[age * truths + truth] += sign


def kept(row: Row) -> Kept:
    """Which book counts a labelled row."""
    assert row.came is not None
    assert row.version is not None
    return EPOCH + row.came // DAY, row.version


def _cell(row: Row, plan: Plan, label: Any) -> tuple[int, int, int]:
    """The bins of answer, score and label."""
    if plan.classes is None:
        number = float(label) if type(label) in (int, float) else 0.0
        said = np.array([row.said, number], np.float64)
        answer, truth = np.searchsorted(plan.edges, said).tolist()
        return answer, int(bins.errors(said[:1], said[1:], plan.scale)[0]), truth
    place = plan.classes.get(label, -1) if not isinstance(label, list | dict) else -1
    last = len(plan.version.answers) - 1
    truth = min(place, len(plan.version.truths) - 1) if place >= 0 else len(plan.version.truths) - 1
    return min(row.place or 0, last), int(place != row.place), truth
