"""Requirement lists that people keep: names in the order of the alphabet, or as they have them; comments stay."""

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from mainline.errors import ConfigError


def wanted(said: str) -> Requirement:
    """What a person asks for: a name, and a range if they like.

    Raises:
        ConfigError: it is neither, or more than that.
    """
    try:
        found = Requirement(said)
    except InvalidRequirement:
        raise ConfigError(f"{said!r}: no package's name with a range, such as lightgbm or 'lightgbm>=4,<5'") from None
    if found.url or found.marker:
        raise ConfigError(f"{said!r}: say its name and a range alone; an address or a marker cannot be added so")
    return found


def name(asked: Requirement) -> str:
    """The name that a package is told apart by."""
    return canonicalize_name(asked.name)


def listed(text: str, asked: str) -> str:
    """A list with one more line: before the first of a later name, where the names stand in order."""
    lines = text.split("\n")
    called = canonicalize_name(Requirement(asked).name)
    places = [(canonicalize_name(each.name), n) for n, line in enumerate(lines) if (each := _asked(line))]
    later = [n for known, n in places if known > called] if places == sorted(places) else []
    end = len(lines) - (lines[-1] == "")
    lines.insert(later[0] if later else end, asked)
    return "\n".join(lines)


def without(text: str, name: str) -> str:
    """A list without a package; what `listed` has added is gone to the byte."""
    lines = text.split("\n")
    return "\n".join(each for each in lines if not (said := _asked(each)) or canonicalize_name(said.name) != name)


def _asked(line: str) -> Requirement | None:
    said = re.sub(r"(^|\s)#.*$", "", line).strip()
    try:
        return Requirement(said) if said and not said.startswith(("-", ".")) else None
    except InvalidRequirement:
        return None


def range_from(versions: list[str]) -> str:
    """What to allow of a package, by the versions it was resolved to: from the oldest of them to the next major one.

    >>> range_from(["3.2.0", "3.4.1"])
    '>=3.2,<4'
    """
    known = sorted(map(Version, versions))
    oldest = str(known[0]) if known[0].is_prerelease else f"{known[0].major}.{known[0].minor}"
    return f">={oldest},<{known[-1].major + 1}"
