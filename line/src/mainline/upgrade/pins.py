"""What both sides list of packages: merged package by package, not line by line."""

import re

from mainline.upgrade.files import PYPROJECT, Files

DEV = "requirements/dev.txt"
PINS = re.compile(r"requirements/[^/]+\.txt")
BEGINS = re.compile(rb"(?m)^(?=[A-Za-z0-9./])")
NAME = re.compile(rb"[A-Za-z0-9._-]+")
HEAD = b""
LISTS = tuple(re.compile(rb"(?ms)(?<=^%s = \[\n).*?(?=^\])" % name) for name in (b"dependencies", b"dev"))
LISTED = re.compile(rb'(?m)^ *"([A-Za-z0-9._-]+)[^\n]*\n')
Packages = dict[bytes, bytes]
"""Lines by the package they are about."""


def side_by_side(path: str, base: bytes, ours: bytes, new: bytes) -> tuple[bytes, bytes]:
    """The base and the new content such that git merges the rest: where packages are listed, ours and all together.

    The owner's own additions and removals stay, and versions are the line's. Where both changed one package, each in
    its own way, the list is left as it is.
    """
    if PINS.fullmatch(path):
        both = _merged(_pins(base), _pins(ours), _pins(new))
        return (base, new) if both is None else (ours, _joined(both))
    if path == PYPROJECT:
        for each in LISTS:
            found = [each.search(text) for text in (base, ours, new)]
            if all(found):
                was, mine, theirs = (text[0] for text in found if text)
                both = _merged(_listed(was), _listed(mine), _listed(theirs))
                if both is not None:
                    base, new = base.replace(was, mine, 1), new.replace(theirs, b"".join(both.values()), 1)
    return base, new


def with_what_is_left(base: Files, new: Files) -> Files:
    """New files with the tools of the base in them, too, in pyproject.toml and its pins: tests that stay need them."""
    dev = LISTS[1]
    was, now = dev.search(base.get(PYPROJECT, b"")), dev.search(new.get(PYPROJECT, b""))
    if DEV not in base or DEV not in new or not was or not now:
        return new
    listed = _listed(now[0]) | {name: line for name, line in _listed(was[0]).items() if name not in _listed(now[0])}
    text = new[PYPROJECT].replace(now[0], b"".join(listed.values()), 1)
    return new | {DEV: _joined(_pins(base[DEV]) | _pins(new[DEV])), PYPROJECT: text}


def _merged(base: Packages, ours: Packages, new: Packages) -> Packages | None:
    """All three together, in the order of the new ones; None where both changed a package."""
    found: Packages = {}
    for name in [*new, *(each for each in ours if each not in new)]:
        was, mine, theirs = (side.get(name, b"") for side in (base, ours, new))
        if mine and mine != was and theirs not in (was, mine):
            return None
        found[name] = mine if theirs == was or (was and not mine) else theirs
    return found


def _pins(text: bytes) -> Packages:
    """The lines of each package; under no name, what stands before the first."""
    found: Packages = {}
    for block in BEGINS.split(text):
        name = _name(NAME.match(block), HEAD)
        found[name] = found.get(name, b"") + (block if block.endswith(b"\n") or not block else block + b"\n")
    return found


def _listed(text: bytes) -> Packages:
    """The lines of a list in pyproject.toml; one that is none, such as a comment, stands for itself."""
    return {_name(LISTED.match(line), line): line for line in text.splitlines(keepends=True)}


def _name(match: re.Match[bytes] | None, otherwise: bytes) -> bytes:
    return re.sub(rb"[-_.]+", b"-", match[match.re.groups]).lower() if match else otherwise


def _joined(packages: Packages) -> bytes:
    return b"".join(block for _, block in sorted(packages.items()))
