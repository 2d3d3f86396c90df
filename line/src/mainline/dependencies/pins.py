"""Reads lists of packages: what pip calls requirements, pinned or not, and a project's own dependencies."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from mainline.errors import ConfigError


def pinned(path: Path) -> list[Requirement]:
    """The packages that a requirements file names, without hashes, options and comments.

    Raises:
        ConfigError: it cannot be read, or a line names no package.
    """
    text = re.sub(r"\\\n", " ", _text(path))
    lines = (re.sub(r"(^|\s)(#|--hash=).*$", "", line).strip() for line in text.splitlines())
    return [_requirement(line, path) for line in lines if line and not line.startswith("-")]


def depended(path: Path, *, dev: bool = True) -> list[Requirement]:
    """What a pyproject.toml depends on, its group `dev` among it, if that is wanted.

    Raises:
        ConfigError: it cannot be read, or an entry names no package.
    """
    try:
        said = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path.name}: not TOML ({error})") from None
    groups = said.get("dependency-groups", {}) if dev else {}
    lines = [*said.get("project", {}).get("dependencies", []), *groups.get("dev", [])]
    return [_requirement(line, path) for line in lines if isinstance(line, str)]  # a table includes another group


def strays(wanted: list[Requirement], pins: list[Requirement]) -> list[str]:
    """What is asked for and not pinned by a version that its range allows, each as one phrase."""
    found: dict[str, list[str]] = {}
    for pin in pins:
        found.setdefault(canonicalize_name(pin.name), []).extend(each.version for each in pin.specifier)
    said = []
    for each in wanted:
        versions = found.get(canonicalize_name(each.name))
        if versions is None:
            said.append(f"{each.name} is not pinned")
        elif versions and not any(each.specifier.contains(version, prereleases=True) for version in versions):
            said.append(f"{each.name} is pinned to {', '.join(versions)}, and {each.specifier} is asked for")
    return said


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{path.name}: cannot be read ({reason})") from None


def _requirement(line: str, path: Path) -> Requirement:
    try:
        return Requirement(line)
    except InvalidRequirement:
        raise ConfigError(f"{path.name}: {line[:60]!r} names no package") from None
