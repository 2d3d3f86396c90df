"""Keeps what was predicted and what turned out: lines of JSON in files that rotate, written by one thread.

A line is a request's predictions, column by column (of a large one 500 rows, from "row" on), or a label. Each file
begins with what is true of all its lines, so that they can be counted without the model: the columns but the private
ones, with what the training rows held there (of texts, deciles are of lengths), the classes, or a target's deciles, and
which rows are sealed, by a hash of what is recorded of them (params.yaml's split at training):

    {"kind": "columns", "model_version": ..., "task": "multiclass", "classes": [0, 1, ...],
     "sealed": {"salt": "mainline", "start": 0.15, "stop": 0.5, "group": null},
     "columns": [{"name": "age", "kind": "numeric", "minimum": 18.0, "maximum": 94.0, "deciles": [22.0, ...]}, ...]}
    {"kind": "predictions", "time": "2026-01-31T12:00:00.123456+00:00", "model_version": ..., "request_id": ...,
     "row": 0, "rows": 2, "inputs": {"age": [31, 62], ...}, "predictions": [7, 1], "probabilities": {"7": [...], ...}}
    {"kind": "feedback", "time": ..., "model_version": ..., "request_id": ..., "row": 0, "label": 7, "outcome": "right"}

Each worker has files of its own, locked while it writes them. What was answered is in a file within a quarter of a
second, and on the disk (fsync) within a second. A line is whole, or the last of its file: `read` skips the latter.
When the disk is full, or the folder cannot be written, rows are dropped and counted until it can be again; answers do
not wait for it.
"""

import fcntl
import json
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pydantic_core

from service import system

PAUSE, BUSY = 0.2, 0.02  # seconds between looks: many lines at once would keep the answers waiting
SYNC_EVERY = 0.7
RETRY = 1.0  # seconds until the next try, after one that failed
FILES = 16  # the size of one: the most that all may take, divided by this
MOST_PENDING = 50_000  # rows that wait to be written
CHUNK = 32 * 1024  # bytes that are written in one call, as each call takes the processor from an answer
CHUNK = 32 * 1024  # bytes that are written in one call: one a line would stop the answers as often


class Record(Protocol):
    """Something to write down."""

    @property
    def rows(self) -> int:
        """How many rows it is about."""

    def lines(self) -> list[dict[str, Any]]:
        """Its lines, made in the writer's thread."""


class Tally(Protocol):
    """A counter of rows."""

    def inc(self, amount: float = 1) -> None:
        """Count."""


class Flag(Protocol):
    """A gauge."""

    def set(self, value: float) -> None:
        """Show."""


class Recorder:
    """Writes records behind the answers' back."""

    def __init__(
        self,
        folder: Path,
        most: int,
        *,
        written: Tally,
        dropped: Tally,
        stopped: Flag,
        about: dict[str, Any] | None = None,
    ) -> None:
        """Make it.

        Args:
            folder: made where it is not.
            most: the bytes that all records there may take.
            about: the first line of each file.
        """
        self._about = b"" if about is None else pydantic_core.to_json(about, inf_nan_mode="null") + b"\n"
        self._folder, self._most, self._chunk = folder, most, min(CHUNK, most // FILES)
        self._written, self._dropped, self._stopped = written, dropped, stopped
        self._queue: deque[Record] = deque()
        self._pending, self._lock = 0, threading.Lock()
        self._file: int | None = None
        self._path: Path | None = None
        self._again = 0.0
        self._size, self._empty = 0, 0
        """How large the file is, and was before the first record."""
        self._number, self._dirty, self._synced = 0, False, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Take a record, to be written soon; dropped where too many wait."""
        with self._lock:
            fits = self._pending + record.rows <= MOST_PENDING
            self._pending += record.rows if fits else 0
        if fits:
            self._queue.append(record)
        else:
            self._dropped.inc(record.rows)

    def close(self) -> None:
        """Write what waits, and end."""
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        pause = PAUSE
        while not self._done.wait(pause):
            pause = BUSY if self._queue else PAUSE
            self._flush()
        self._flush()
        self._sync(at_once=True)
        self._leave()

    def _flush(self) -> None:
        chunk, rows = bytearray(), 0
        while self._queue:
            for line in self._queue.popleft().lines():
                chunk += pydantic_core.to_json(line, inf_nan_mode="null") + b"\n"
                rows += line.get("rows", 1)
                if len(chunk) >= self._chunk:
                    self._settle(chunk, rows)
                    chunk, rows = bytearray(), 0
        if rows:
            self._settle(chunk, rows)
        self._sync()

    def _settle(self, chunk: bytearray, rows: int) -> None:
        """Write lines of so many rows, or drop and count them where that cannot be."""
        written = False
        try:
            if time.monotonic() >= self._again:
                self._write(chunk)
                self._stopped.set(0)
                written = True
        except OSError:
            self._stopped.set(1)
            self._leave()
            self._again = time.monotonic() + RETRY
        (self._written if written else self._dropped).inc(rows)
        with self._lock:
            self._pending -= rows

    def _write(self, data: bytes | bytearray) -> None:
        if self._file is None or self._size - self._empty > self._most // FILES:
            self._leave()
            self._open()
            self._append(self._about)
            self._empty = self._size
        self._append(data)

    def _append(self, data: bytes | bytearray) -> None:
        assert self._file is not None
        try:
            done = 0
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            os.ftruncate(self._file, self._size)  # no part of a line stays
            raise
        self._size += len(data)
        self._dirty = True

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._prune()
        stamp, self._number = time.strftime("%Y%m%dT%H%M%S", time.gmtime()), self._number + 1
        self._path = self._folder / f"records-{stamp}-{os.getpid()}-{self._number:06d}.jsonl"
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._size, self._empty = os.fstat(self._file).st_size, 0

    def _leave(self) -> None:
        if self._file is not None and self._path is not None:
            if self._size <= self._empty:
                self._path.unlink(missing_ok=True)
            os.close(self._file)
        self._file, self._dirty = None, False

    def _sync(self, at_once: bool = False) -> None:
        if self._file is not None and self._dirty and (at_once or time.monotonic() - self._synced > SYNC_EVERY):
            try:
                system.sync(self._file)
            except OSError:
                self._stopped.set(1)
            self._dirty, self._synced = False, time.monotonic()

    def _prune(self) -> None:
        """Make room for one more file: the oldest go, unless a worker is writing them."""
        sizes = {path: _size(path) for path in files_of(self._folder)}
        total = sum(sizes.values()) + len(self._about) + self._most // FILES
        for path, size in sizes.items():
            if total <= self._most:
                return
            try:
                with path.open("rb") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
            except (FileNotFoundError, BlockingIOError):
                continue
            total -= size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # another worker made room
        return 0


def files_of(folder: Path) -> list[Path]:
    """The files of records, the oldest first."""
    return sorted(folder.glob("records-*.jsonl"))


def read(folder: Path) -> Iterator[dict[str, Any]]:
    """The records of a folder, file by file, without the first lines; a last one that was cut short is skipped."""
    for path in files_of(folder):
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n") and (record := json.loads(line)).get("kind") != "columns":
                    yield record
