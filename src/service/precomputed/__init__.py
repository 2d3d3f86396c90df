"""Answers written down beforehand, in stores by their addresses: a file of SQLite, or a server of Redis' protocol."""

import importlib.util
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

VERSIONS = 3  # whose answers a store keeps: production's, a canary's, and the one before
WAYS = "sqlite:PATH or redis://HOST:PORT/NUMBER"
LIBRARY = "redis"


class StoreError(Exception):
    """A store cannot be read or written; one line says why."""


@dataclass(frozen=True)
class Facts:
    """What a store says of the answers of a version."""

    rows: int
    together: bool
    """Whether a row was answered the same alone and beside others, to the bit, wherever it was tried."""
    written: float
    """Unix time."""

    def said(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def of(cls, said: Any) -> "Facts":
        """What said() made.

        Raises:
            StoreError: it is something else.
        """
        try:
            rows, together, written = (said[each.name] for each in fields(cls))
            return cls(int(rows), bool(together), float(written))
        except (LookupError, TypeError, ValueError):
            raise StoreError("holds something else than precomputed answers") from None


class Store(Protocol):
    """Answers that can be looked up."""

    at_once: bool
    """Whether that takes microseconds, so that nothing need wait for it elsewhere."""

    def facts(self) -> Facts | None:
        """What there is of the version; None where there is nothing.

        Raises:
            StoreError: it cannot be read.
        """

    def find(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """What is stored for each key.

        Raises:
            StoreError: it cannot be read.
        """


class Target(Protocol):
    """A store that answers are written into; nobody sees them before publish."""

    def add(self, entries: Iterable[tuple[bytes, bytes]]) -> None:
        """Take answers by their keys.

        Raises:
            StoreError: it cannot be written.
        """

    def publish(self, facts: Facts) -> None:
        """Have them be those of the version, in place of what it had; let go of all but the last VERSIONS.

        Raises:
            StoreError: it cannot be written.
        """

    def abandon(self) -> None:
        """Forget what is not published."""


def problem(address: str) -> str:
    """What is wrong with the address of a store; empty where nothing is."""
    if address.startswith("sqlite:"):
        return "" if _path(address).name else f"must name a file: {WAYS}"
    if not re.match(r"rediss?://", address):
        return f"must be {WAYS} (got {shown(address)[:80]!r})"
    try:
        parts = urlsplit(address)
        fit = bool(parts.hostname) and (parts.port or 1) > 0 and re.fullmatch(r"(/\d*)?", parts.path)
    except ValueError:
        fit = False
    if not fit:
        return f"must be {WAYS} (got {shown(address)[:80]!r})"
    if importlib.util.find_spec(LIBRARY) is None:
        return f"{shown(address)} needs the package {LIBRARY}, which is not installed here: `mainline add {LIBRARY}`"
    return ""


def shown(address: str) -> str:
    """An address as it may be told: without a password."""
    return re.sub(r"//[^@/]*@", "//", address)


def open_store(address: str, version: str) -> Store:
    """The store at an address that is none of a problem, to look up a version's answers."""
    if address.startswith("sqlite:"):
        from service.precomputed.sqlite import File

        return File(_path(address), version)
    from service.precomputed.redis import Server

    return Server(address, version)


def open_target(address: str, version: str) -> Target:
    """The same, to write them.

    Raises:
        StoreError: it cannot be written.
    """
    if address.startswith("sqlite:"):
        from service.precomputed.sqlite import NewFile

        return NewFile(_path(address), version)
    from service.precomputed.redis import NewHash

    return NewHash(address, version)


def _path(address: str) -> Path:
    """As SQLAlchemy reads it, too: sqlite:///relative, sqlite:////absolute."""
    path = address.removeprefix("sqlite:")
    return Path(path.removeprefix("///") if path.startswith("///") else path)
