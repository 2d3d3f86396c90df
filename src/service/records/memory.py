"""Remembers recent predictions, so that labels find them: a table of fixed size in a file that all workers share.

A prediction's place is one of eight that its request id and row lead to; the oldest of the eight gives way. So of
FEEDBACK_MEMORY rows about the last ones are known, whichever worker predicted them, and no more memory is ever used.
A label that comes later is "unmatched" here, and still in the records. When two workers write one place at the same
moment, a row may be forgotten; another's prediction is never found in its stead.
"""

import hashlib
import mmap
import os
import time
from pathlib import Path

import numpy as np

from service import system

WAYS = 8
MOST_ROWS = 1000  # of one request that are remembered
FIELDS = 4  # key, time, said, label: 8 bytes each
GOLDEN, WORD = 0x9E3779B97F4A7C15, 2**64
NONE = float("nan")


class Memory:
    """Predictions by request id and row: numbers, or places among the classes."""

    def __init__(self, rows: int, path: Path | None = None, version: str = "") -> None:
        """Make it, or find the one that another worker made.

        Args:
            rows: how many fit.
            path: the shared file; without it, or where it cannot be made, the memory is this worker's own.
            version: the model's; what another one predicted is not found.
        """
        self._salt = hashlib.sha256(version.encode()).digest()[:16]
        self._buckets = max(1, rows // WAYS)
        column = self._buckets * WAYS * 8
        buffer = _shared(path, column * FIELDS) if path else None
        whole = memoryview(buffer or mmap.mmap(-1, column * FIELDS))
        keys, *others = (whole[i * column : (i + 1) * column] for i in range(FIELDS))
        self._keys = keys.cast("Q")
        self._times, self._said, self._labels = (part.cast("d") for part in others)

    def remember(self, request: str, said: np.ndarray) -> None:
        """Keep what was said: (rows,)."""
        first, now = self._first(request), time.time()
        for row, value in enumerate(said[:MOST_ROWS].tolist()):
            key = (first + row * GOLDEN) % WORD
            place = self._find(key)
            if place is None:
                start = key % self._buckets * WAYS
                times = self._times[start : start + WAYS].tolist()
                place = start + times.index(min(times))
            self._said[place], self._labels[place], self._times[place] = value, NONE, now
            self._keys[place] = key

    def label(self, request: str, row: int, label: float) -> tuple[float, float | None] | None:
        """Note a label for a row, unless it has one.

        Returns:
            What was predicted, and the label that it already had; None for an unknown row.
        """
        place = self._find((self._first(request) + row * GOLDEN) % WORD) if row < MOST_ROWS else None
        if place is None:
            return None
        said, before = self._said[place], self._labels[place]
        if before != before:
            self._labels[place] = label
            return said, None
        return said, before

    def _first(self, request: str) -> int:
        return int.from_bytes(hashlib.blake2b(request.encode(), digest_size=8, key=self._salt).digest(), "little")

    def _find(self, key: int) -> int | None:
        start = key % self._buckets * WAYS
        keys = self._keys[start : start + WAYS].tolist()
        return start + keys.index(key) if key in keys else None


def _shared(path: Path, size: int) -> mmap.mmap | None:
    """A file of this size in memory; its space is taken now, as a full disk would end whoever writes to it later."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            system.reserve(file, size)
            return mmap.mmap(file, size)
        finally:
            os.close(file)
    except (OSError, ValueError):
        return None


def path_of(folder: Path) -> Path:
    """The file that the workers of one service share, as they are children of one process; files of others gone go."""
    for path in folder.glob("memory-*.bin"):
        if system.gone(path.stem.rpartition("-")[2]):
            path.unlink(missing_ok=True)
    return folder / f"memory-{os.getppid()}.bin"
