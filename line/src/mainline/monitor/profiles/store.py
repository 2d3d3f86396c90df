"""The agent's database of counts: one SQLite file, in which whatever belongs together changes in one transaction.

It holds the counts by day and version, how far each file of records was counted, and the predictions that wait for
their label. So a line is counted once, whatever dies when: its counts and the place behind it are kept together.
"""

import json
import secrets
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mainline.errors import MonitorError
from mainline.monitor.profiles.joins import Row

FILE, FORMAT = "monitor.db", 1
WAITS = 60.0  # seconds for another process that counts
MOST_WAITING = 1_000_000  # predictions that wait for their label, 50 bytes each; beyond it the oldest go
MOST_UNMATCHED = 100_000  # labels whose prediction is not here, or not yet
MOST_FILES = 100_000  # of which it is known how far they were counted
TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE versions (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, line TEXT NOT NULL);
CREATE TABLE books (day INTEGER, version INTEGER, entry BLOB NOT NULL, PRIMARY KEY (day, version)) WITHOUT ROWID;
CREATE TABLE files (identity TEXT PRIMARY KEY, folder TEXT, name TEXT, offset INTEGER NOT NULL, written INTEGER);
CREATE TABLE rows (key INTEGER PRIMARY KEY, moment INTEGER, version INTEGER, place INTEGER, said REAL, came INTEGER,
                   label TEXT);
CREATE TABLE pushed (day INTEGER PRIMARY KEY, digest TEXT NOT NULL);
"""


class Store:
    """The database of a folder, open; one thread uses it."""

    def __init__(self, folder: Path) -> None:
        """Open it, or make it.

        Raises:
            MonitorError: it cannot be, or is damaged.
        """
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(self.path, timeout=WAITS, isolation_level=None)
            # a loss of power may take the last transactions, counts and places together: those lines are counted again
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
        except OSError as error:
            raise MonitorError(f"{self.path}: cannot be opened ({error.strerror})") from None
        except sqlite3.Error as error:
            raise MonitorError(_said(self.path, error)) from None
        try:
            with self.transaction():
                self._prepare()
        except MonitorError:
            self.close()
            raise

    def close(self) -> None:
        """Let it go."""
        self._database.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _prepare(self) -> None:
        (found,) = self._database.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            raise MonitorError(f"{self.path}: written by another version of the line; take that one")
        if found == 0:
            for statement in TABLES.split(";"):
                self._database.execute(statement)
            self._database.execute(f"PRAGMA user_version = {FORMAT}")
            facts = {"host": secrets.token_hex(8), "secret": secrets.token_hex(16)}
            self._database.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        self.host, self.secret = self.fact("host") or "", bytes.fromhex(self.fact("secret") or "")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all changes of the block happen, or none.

        Raises:
            MonitorError: the disk is full, the file damaged, or another process counts for longer than a minute.
        """
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._database.in_transaction:  # a full disk has rolled it back already
                    self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise MonitorError(_said(self.path, error)) from None

    def fact(self, name: str) -> str | None:
        """Something that is written down once."""
        found = self._one("SELECT value FROM facts WHERE name = ?", name)
        return found and str(found[0])

    def note(self, name: str, value: str) -> None:
        """Write it down."""
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def version(self, name: str) -> tuple[int, str] | None:
        """Its number here, and the line that says how it is counted."""
        found: tuple[int, str] | None = self._one("SELECT id, line FROM versions WHERE name = ?", name)
        return found

    def add_version(self, name: str, line: str) -> int:
        """Take up another version."""
        return int(
            self._database.execute("INSERT INTO versions (name, line) VALUES (?, ?)", (name, line)).lastrowid or 0
        )

    def lines(self) -> dict[int, str]:
        """By number, how versions are counted."""
        return dict(self._database.execute("SELECT id, line FROM versions ORDER BY id"))

    def entry(self, day: int, version: int) -> Any:
        """The counts of a version on a day, as Book.to_json has them; None where there are none."""
        found = self._one("SELECT entry FROM books WHERE day = ? AND version = ?", day, version)
        return found and self._unpacked(found[0])

    def put_entry(self, day: int, version: int, entry: Any) -> None:
        """Keep them."""
        packed = zlib.compress(json.dumps(entry, separators=(",", ":")).encode())
        self._database.execute("INSERT OR REPLACE INTO books VALUES (?, ?, ?)", (day, version, packed))

    def entries(self, day: int) -> dict[str, Any]:
        """All of a day, by the version's name; none of which all was taken back again."""
        asked = "SELECT name, entry FROM books JOIN versions ON version = id WHERE day = ? ORDER BY name"
        found = {name: self._unpacked(entry) for name, entry in self._database.execute(asked, (day,))}
        return {name: entry for name, entry in found.items() if any(entry.values())}

    def _unpacked(self, entry: bytes) -> Any:
        try:
            return json.loads(zlib.decompress(entry))
        except (zlib.error, ValueError) as error:
            raise MonitorError(_said(self.path, sqlite3.DatabaseError(f"malformed: {error}"))) from None

    def days(self) -> list[int]:
        """Days on which something was counted, in order; as date.toordinal has them."""
        return [day for (day,) in self._database.execute("SELECT DISTINCT day FROM books ORDER BY day")]

    def offset(self, identity: str) -> tuple[int, bool] | None:
        """How far a file was counted, and whether it was still being written then; None where it is new."""
        found = self._one("SELECT offset, written FROM files WHERE identity = ?", identity)
        return found and (int(found[0]), bool(found[1]))

    def advance(self, identity: str, path: Path, offset: int, *, written: bool) -> None:
        """A file was counted up to here; it is still being written, or not."""
        values = (identity, str(path.parent), path.name, offset, int(written))
        self._database.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", values)

    def vanished(self, folder: Path, there: Iterable[str]) -> list[str]:
        """Files of a folder that were still being written when they were counted last, and are gone; said once."""
        asked = "SELECT name FROM files WHERE folder = ? AND written"
        gone = {name for (name,) in self._database.execute(asked, (str(folder),))} - set(there)
        done = "UPDATE files SET written = 0 WHERE folder = ? AND name = ?"
        self._database.executemany(done, [(str(folder), name) for name in gone])
        return sorted(gone)

    def rows(self, keys: Sequence[int]) -> dict[int, Row]:
        """What is known of rows, by their keys."""
        asked = "SELECT * FROM rows WHERE key IN (SELECT value FROM json_each(?))"
        return {row[0]: Row(*row) for row in self._database.execute(asked, (json.dumps(keys),))}

    def put_rows(self, rows: Iterable[Row]) -> None:
        """Keep it."""
        self._database.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def trim(self) -> int:
        """Let the oldest rows go, so that the file does not grow for ever.

        Returns:
            How old in microseconds, since 1970, the youngest prediction is that went without a label; 0 for none.
        """
        youngest = self._trim("moment IS NOT NULL", "moment", MOST_WAITING)
        self._trim("moment IS NULL", "came", MOST_UNMATCHED)
        self._database.execute(
            "DELETE FROM files WHERE rowid IN (SELECT rowid FROM files ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
            (MOST_FILES,),
        )
        return youngest

    def _trim(self, which: str, age: str, most: int) -> int:
        (count,) = self._one(f"SELECT count(*) FROM rows WHERE {which}") or (0,)  # noqa: S608
        if count <= most:
            return 0
        keys = f"SELECT key FROM rows WHERE {which} ORDER BY {age}, key LIMIT {count - most}"  # noqa: S608
        (youngest,) = self._one(f"SELECT max({age}) FROM rows WHERE label IS NULL AND key IN ({keys})") or (0,)  # noqa: S608
        self._database.execute(f"DELETE FROM rows WHERE key IN ({keys})")  # noqa: S608
        return youngest or 0

    def pushed(self) -> dict[int, str]:
        """By day, the digest of what was sent of it last."""
        return dict(self._database.execute("SELECT day, digest FROM pushed"))

    def mark_pushed(self, digests: dict[int, str]) -> None:
        """Days are on the branch as they were when they had these digests."""
        self._database.executemany("INSERT OR REPLACE INTO pushed VALUES (?, ?)", digests.items())

    def _one(self, asked: str, *values: object) -> Any:
        return self._database.execute(asked, values).fetchone()


def _said(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return f"{path}: another process counts there, for longer than {WAITS:g} s; nothing is lost, it is tried again"
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in str(error) or "not a database" in str(error)):
        again = "records that are still there are then counted a second time"
        return f"{path}: damaged ({error}); put a copy back, or remove it: {again}"
    return f"{path}: cannot be written ({error}); nothing is lost, it is tried again"
