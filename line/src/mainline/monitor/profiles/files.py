"""The files of the branch: versions/VERSION.json, what is counted, and days/DAY/HOST.json, a host's counts."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from mainline.errors import MonitorError
from mainline.monitor.profiles.book import Book
from mainline.monitor.profiles.signals import FORMAT, Version

MOST_BYTES = 1_000_000  # of one file
DAY = re.compile(r"days/(\d{4}-\d{2}-\d{2})/[0-9a-f]{16}\.json")
VERSION = re.compile(r"versions/[\w.%~-]{1,200}\.json", re.ASCII)


def path_of_version(name: str) -> str:
    """Where it stands what is counted of a version."""
    return f"versions/{quote(name, safe='')}.json"


def path_of_day(day: date, host: str) -> str:
    """Where the counts of a host's day are."""
    return f"days/{day}/{host}.json"


def day_of(path: str) -> date | None:
    """The day whose counts a file holds; None of a version's file.

    Raises:
        MonitorError: it is neither.
    """
    if found := DAY.fullmatch(path):
        try:
            return date.fromisoformat(found[1])
        except ValueError:
            raise damaged(path, "no such day") from None
    if not VERSION.fullmatch(path):
        raise damaged(path, "no profile is called like that")
    return None


def text_of(said: Any) -> str:
    """JSON as it is written: compact, and the same for the same."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n"


def text_of_day(entries: Mapping[str, Any]) -> str:
    """The file of a day: by version, what Book.to_json says of it."""
    return text_of({"format": FORMAT, "versions": dict(entries)})


def version_from(path: str, content: bytes) -> Version:
    """What is counted of a version.

    Raises:
        MonitorError: the file is damaged, or too large.
    """
    try:
        found = Version.from_json(_parsed(path, content))
    except ValueError as error:
        raise damaged(path, str(error)) from None
    if path_of_version(found.name) != path:
        raise damaged(path, f"it is about {found.name[:100]!r}")
    return found


def books_from(path: str, content: bytes, versions: Mapping[str, Version]) -> dict[str, Book]:
    """What a host has counted on a day, by version.

    Raises:
        MonitorError: the file is damaged, or too large.
    """
    said = _parsed(path, content)
    if not isinstance(said, dict) or said.get("format") != FORMAT or not isinstance(said.get("versions"), dict):
        raise damaged(path, "not the counts of a day")
    found = {}
    for name, entry in said["versions"].items():
        if name not in versions:
            raise damaged(path, f"{path_of_version(name)[:250]} is not there")
        try:
            found[name] = Book.from_json(versions[name], entry)
        except ValueError as error:
            raise damaged(path, f"{name[:100]}: {error}") from None
    return found


def damaged(path: str, why: str) -> MonitorError:
    """What is said of such a file."""
    return MonitorError(f"mainline/monitor: {path[:300]}: {why}; put back what `git log mainline/monitor` has of it")


def _parsed(path: str, content: bytes) -> Any:
    if len(content) > MOST_BYTES:
        raise damaged(path, f"larger than {MOST_BYTES:,} bytes")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise damaged(path, "not JSON") from None
