"""What an upgrade says at its end: what was done to which files, and what comes next."""

import shlex
import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from mainline.upgrade.merge import Done
from mainline.upgrade.pins import PINS

OPEN = 3
"""The exit code while conflicts are open."""
NAMED = 6


def good(text: str) -> None:
    """A line about something that went as it should."""
    print(f"✓ {text}", flush=True)


def bad(text: str) -> None:
    """The one line that says what is wrong and what to do next, on standard error."""
    sys.stdout.flush()
    print(f"✗ {text}", file=sys.stderr, flush=True)


def done(what: Done, conflicts: Mapping[str, str], version: str) -> None:
    """The table of what was done, and the next steps."""
    rows = [
        ("new", what.added),
        ("changed", what.changed),
        ("removed", what.removed),
        ("merged with yours", [path for path in what.merged if path not in conflicts]),
        ("left away, as you did", what.kept_away),
        ("in conflict", sorted(conflicts)),
    ]
    for name, paths in rows:
        if paths:
            print(f"  {name:<22}{len(paths):>4}  {listed(paths)}")
    if conflicts:
        still_open(conflicts)
        return
    good(f"the line is {version} now; nothing is committed yet. Next:")
    steps(
        ("git diff --cached --stat", "what came"),
        ("make setup && make test", ""),
        (f"git commit --message {shlex.quote(f'Upgrade the line to {version}')}", ""),
        ("git reset --hard", "instead, takes all of it back"),
    )


def still_open(conflicts: Mapping[str, str]) -> None:
    """Which files are in conflict, and what settles them."""
    bad(f"{len(conflicts)} in conflict; `git status` shows them, `git diff` the lines. Settle each:")
    for path, kind in sorted(conflicts.items()):
        print(f"  {path}: {kind}")
    removed = [path for path, kind in conflicts.items() if "removed" in kind]
    pinned = [path for path in conflicts if PINS.fullmatch(path)]
    steps(
        ("git add FILE", "once it is as you want it; `git checkout --theirs FILE` takes the line's, --ours yours"),
        *([("git rm FILE", "where the line has removed it, and you need it no longer")] if removed else []),
        *([(f"git checkout --theirs {pinned[0]}", "then, after `make setup`: make requirements")] if pinned else []),
        ("make setup && make test", ""),
        ("git commit", ""),
        ("git reset --hard", "instead, takes all of it back"),
    )


def steps(*commands: tuple[str, str]) -> None:
    """Commands to be pasted, one after the other."""
    for command, why in commands:
        print(f"  {command}{f'  # {why}' if why else ''}")


def listed(paths: Sequence[str]) -> str:
    """A few paths by name; many by their folder."""
    if len(paths) <= NAMED:
        return " ".join(paths)
    folders = Counter(_folder(path) for path in paths)
    return ", ".join(f"{folder} ({count})" if count > 1 else folder for folder, count in sorted(folders.items()))


def _folder(path: str) -> str:
    first, _, rest = path.partition("/")
    return "/".join([first, rest.partition("/")[0]]) if first in ("src", "tests") and "/" in rest else first
