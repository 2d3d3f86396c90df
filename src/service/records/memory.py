"""Remembers recent predictions, so that labels find them: a table of fixed size that all workers share.

A prediction's place is one of eight that its request id and row lead to; the oldest of the eight gives way. So of
FEEDBACK_MEMORY rows about the last ones are known, whichever worker predicted them, and no more memory is ever used.
A label that comes later is "unmatched" here, and still in the records. Rows of a user (users.py) are counted when they
have reached each age, with the label that they had by then.
"""

import hashlib
import os
import time
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from service.records.shared import Shared
from service.records.users import AGES, User, Users

WAYS = 8
MOST_ROWS = 1000  # of one request that are remembered
FIELDS = 6  # key, time, said, label, age of the label, bucket and ages reached: 8 bytes each
GOLDEN, WORD = 0x9E3779B97F4A7C15, 2**64
NONE = float("nan")
Clock = Callable[[], float]


class Found(NamedTuple):
    """A row that a label is of."""

    said: float
    before: float | None
    """The label that it already had."""
    age: float
    """Seconds since it was predicted."""


class Memory:
    """Predictions by request id and row: numbers, or places among the classes."""

    def __init__(
        self,
        rows: int,
        path: Path | None = None,
        version: str = "",
        *,
        tolerance: float = 0.0,
        clock: Clock = time.monotonic,
    ) -> None:
        """Make it, or find the one that another worker made.

        Args:
            rows: how many fit.
            path: the shared file; without it, or where it cannot be made, the memory is this worker's own.
            version: the model's; what another one predicted is not found.
            tolerance: how far from the label a right number may be.
            clock: seconds, the same for all processes of the machine; no change of the time of day moves it.
        """
        self._salt = hashlib.sha256(version.encode()).digest()[:16]
        self._tolerance, self._clock = tolerance, clock
        self._ways = max(1, rows // WAYS)
        column = self._ways * WAYS * 8
        self._shared = Shared(column * FIELDS + Users.size, path)
        whole = self._shared.bytes
        keys, *others, buckets = (whole[i * column : (i + 1) * column] for i in range(FIELDS))
        self._keys = keys.cast("Q")
        self._times, self._said, self._labels, self._came = (part.cast("d") for part in others)
        self._buckets, self._reached = buckets[: column // 2].cast("i"), buckets[column // 2 :].cast("i")
        self._users = Users(whole[column * FIELDS :])

    def user(self, header: bytes | None) -> User | None:
        """Whose request it is, by what the router says; with another canary all counts of users begin anew."""
        if header is None:
            return None
        with self._shared.held():
            user, anew = self._users.of(header)
            if anew:
                np.asarray(self._buckets)[:] = 0
            return user

    def answered(self, user: User | None, status: int) -> None:
        """Count the request of a user."""
        if user is not None:
            with self._shared.held():
                self._users.answered(user, status)

    def remember(self, request: str, said: np.ndarray, user: User | None = None) -> None:
        """Keep what was said: (rows,)."""
        first, now = self._first(request), self._clock()
        with self._shared.held():
            bucket = 1 + user.bucket if user and self._users.stands(user) else 0
            for row, value in enumerate(said[:MOST_ROWS].tolist()):
                key = (first + row * GOLDEN) % WORD
                place = self._find(key)
                if place is None:
                    start = key % self._ways * WAYS
                    times = self._times[start : start + WAYS].tolist()
                    place = start + times.index(min(times))
                if self._buckets[place]:
                    self._give_way(place, now)
                self._said[place], self._labels[place], self._came[place] = value, NONE, NONE
                self._buckets[place], self._reached[place] = bucket, 0
                self._keys[place], self._times[place] = key, now

    def label(self, request: str, row: int, label: float) -> Found | None:
        """Note a label for a row, unless it has one.

        Returns:
            What was predicted, and the label that it already had; None for an unknown row.
        """
        with self._shared.held():
            place = self._find((self._first(request) + row * GOLDEN) % WORD) if row < MOST_ROWS else None
            if place is None:
                return None
            said, before = self._said[place], self._labels[place]
            age = self._clock() - self._times[place]
            if before != before:
                self._labels[place], self._came[place] = label, age
                return Found(said, None, age)
            return Found(said, before, age)

    def text(self) -> str:
        """The gauges of users; nothing where other workers may have counted what this one does not see."""
        if self._shared.alone and "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            return ""
        with self._shared.held():
            self._count(np.flatnonzero(np.asarray(self._buckets)), self._clock())
            return self._users.text()

    def _give_way(self, place: int, now: float) -> None:
        """A user's row goes: what it has reached counts, the rest is lost."""
        reached = bisect_right(AGES, now - self._times[place])
        if reached > self._reached[place]:
            self._count(np.array([place]), now)
        self._users.lose(reached)

    def _count(self, places: np.ndarray, now: float) -> None:
        """Count rows of users at each age that they have reached since they were counted last."""
        before, ages = np.asarray(self._reached)[places], now - np.asarray(self._times)[places]
        reached = np.searchsorted(AGES, ages, side="right")
        places, before, ages, reached = (each[reached > before] for each in (places, before, ages, reached))
        oldest_first = np.argsort(-ages, kind="stable")
        places, before, reached = places[oldest_first], before[oldest_first], reached[oldest_first]
        came, labels, said = (np.asarray(each)[places] for each in (self._came, self._labels, self._said))
        buckets, off = np.asarray(self._buckets)[places] - 1, np.abs(said - labels) > self._tolerance
        for age in range(int(before.min(initial=len(AGES))), int(reached.max(initial=0))):
            due = (before <= age) & (age < reached)
            labelled = came[due] <= AGES[age]
            self._users.aged(age, buckets[due], labelled, labelled & off[due])
        np.asarray(self._reached)[places] = reached

    def _first(self, request: str) -> int:
        return int.from_bytes(hashlib.blake2b(request.encode(), digest_size=8, key=self._salt).digest(), "little")

    def _find(self, key: int) -> int | None:
        start = key % self._ways * WAYS
        keys = self._keys[start : start + WAYS].tolist()
        return start + keys.index(key) if key in keys else None
