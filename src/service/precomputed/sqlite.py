"""Answers in a file of SQLite, which is never changed: a new one is written beside it, and takes its place whole."""

import fcntl
import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from service.precomputed import VERSIONS, Facts, StoreError

SCHEMA = """
CREATE TABLE versions (version TEXT PRIMARY KEY, rows INTEGER, together INTEGER, written REAL);
CREATE TABLE answers (version TEXT, key BLOB, answer BLOB, PRIMARY KEY (version, key)) WITHOUT ROWID;
"""
OTHERS = "SELECT version FROM old.versions WHERE version <> ? ORDER BY written DESC LIMIT ?"
CACHE = 64 * 1024  # KiB, while it is written


class File:
    """A file to look answers up in: read-only, without locks, and again where another has taken its place."""

    at_once = True

    def __init__(self, path: Path, version: str) -> None:
        self._path, self._version = path.absolute(), version
        self._open: sqlite3.Connection | None = None
        self._seen: tuple[int, ...] = ()

    def facts(self) -> Facts | None:
        """What there is of the version."""
        try:
            about = self._path.stat()
            if (seen := (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns)) != self._seen:
                self._reopen()
                self._seen = seen
            assert self._open is not None
            return _facts(self._open, "main", self._version)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(_said(error)) from None

    def find(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What is stored for each key."""
        if self._open is None:
            raise StoreError("is not open")
        query = "SELECT answer FROM answers WHERE version = ? AND key = ?"
        try:
            found = [self._open.execute(query, (self._version, key)).fetchone() for key in keys]
        except sqlite3.Error as error:
            raise StoreError(_said(error)) from None
        return [row[0] if row and isinstance(row[0], bytes) else None for row in found]

    def _reopen(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open, self._seen = None, ()
        # immutable: what stands there is never changed, so that there is nothing to lock, nor to be locked out by
        where = f"{self._path.as_uri()}?mode=ro&immutable=1"
        self._open = sqlite3.connect(where, uri=True, check_same_thread=False, isolation_level=None)


class NewFile:
    """The file that takes the place of the one before."""

    def __init__(self, path: Path, version: str) -> None:
        """Begin it.

        Raises:
            StoreError: there is no folder for it, another run is writing it, or what is there is something else.
        """
        self._path, self._version = path, version
        self._partial = path.with_name(path.name + ".partial")
        self._lock = _locked(self._partial)
        try:
            self._new = sqlite3.connect(self._partial, isolation_level=None)
            self._new.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-{CACHE};")
            self._new.executescript(f"{SCHEMA} BEGIN;")
            self._check_old()
        except (sqlite3.Error, StoreError) as error:
            self.abandon()
            raise StoreError(_said(error)) from None

    def add(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Take answers."""
        rows = ((self._version, key, answer) for key, answer in sorted(entries))
        try:
            self._new.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            raise StoreError(_said(error)) from None

    def publish(self, facts: Facts) -> None:
        """Have the file take its place, with the answers of the versions before."""
        try:
            about = (self._version, facts.rows, facts.together, facts.written)
            self._new.execute("INSERT INTO versions VALUES (?, ?, ?, ?)", about)
            self._new.execute("COMMIT")
            if self._path.exists():
                self._take_over()
            self._new.close()
            os.fsync(self._lock)
            os.replace(self._partial, self._path)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(_said(error)) from None
        os.close(self._lock)

    def abandon(self) -> None:
        """Leave the file before as it was."""
        if hasattr(self, "_new"):
            with suppress(sqlite3.Error):
                self._new.close()
        self._partial.unlink(missing_ok=True)
        os.close(self._lock)

    def _check_old(self) -> None:
        """Replace no file but a store."""
        if self._path.exists():
            store = File(self._path, self._version)
            try:
                store.facts()
            except StoreError as error:
                raise StoreError(f"is there, and is no store of answers ({error}); move it away") from None

    def _take_over(self) -> None:
        where = f"{self._path.absolute().as_uri()}?mode=ro&immutable=1"
        self._new.execute("ATTACH ? AS old", (where,))
        others = [row[0] for row in self._new.execute(OTHERS, (self._version, VERSIONS - 1))]
        self._new.execute("BEGIN")
        for each in others:
            for table in ("versions", "answers"):
                self._new.execute(f"INSERT INTO {table} SELECT * FROM old.{table} WHERE version = ?", (each,))  # noqa: S608
        self._new.execute("COMMIT")


def _locked(partial: Path) -> int:
    """An empty file that no other run writes, open."""
    while True:
        try:
            file = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreError(f"cannot be written ({error.strerror})") from None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if partial.stat().st_ino == os.fstat(file).st_ino:
                os.ftruncate(file, 0)
                return file
        except BlockingIOError:
            os.close(file)
            raise StoreError("another run is writing it; wait for it") from None
        except FileNotFoundError:
            pass
        os.close(file)


def _facts(connection: sqlite3.Connection, schema: str, version: str) -> Facts | None:
    query = f"SELECT rows, together, written FROM {schema}.versions WHERE version = ?"  # noqa: S608
    row = connection.execute(query, (version,)).fetchone()
    return Facts.of(dict(zip(("rows", "together", "written"), row, strict=True))) if row else None


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
