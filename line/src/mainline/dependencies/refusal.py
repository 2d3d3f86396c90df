"""Why uv finds no solution, in one line."""

import re
from collections.abc import Sequence

from mainline.dependencies.compiling import Unreachable, compile_all, moved
from mainline.dependencies.scratch import Scratch, Versions
from mainline.errors import ConfigError, MainlineError, ToolFailed

ABSENT = re.compile(r"Because (\S+) was not found in the package registry")
BECAUSE = re.compile(r"cause: (?:Because )?(.*?)(?:, we can conclude|, it follows|$)", re.MULTILINE)
FAILED = re.compile(r"error: (.*)")
YOUNG = "published after the exclude newer time"


def of(error: ToolFailed, lists: Scratch, asked: Sequence[str], age: str, before: Versions, make: str) -> MainlineError:
    """What to tell of a failure: the name that no index has, the pin that is in the way, or what uv says.

    Args:
        lists: with what was asked for in them; they are compiled again here, to see what would help.
        before: what was pinned.
    """
    if isinstance(error, Unreachable):
        return error
    if absent := ABSENT.search(error.output):
        return ConfigError(f"{absent[1]}: the package index has no such package; nothing was changed")
    what = ", ".join(asked)
    if _resolves(lists, "", moving=False):
        return ConfigError(
            f"{what}: only a version that has not been out for {age} would do; wait, or say a shorter --age"
        )
    if _resolves(lists, age, moving=True) and (moving := moved(before, lists.pinned(lists.place.pins))):
        more = f", and {len(moving) - 1} more" if len(moving) > 1 else ""
        mend = f"say so in {lists.place.ranges}, and run `{make} requirements`"
        return ConfigError(f"{what}: would move {moving[0]}{more}; if you want that, {mend}")
    return ConfigError(f"{what}: {said(error.output)}; nothing was changed")


def said(output: str) -> str:
    """The first reason that uv gives, shortened."""
    found = BECAUSE.search(output) if "No solution found" in output else None
    reason = (found or FAILED.search(output) or re.match(r"()(.*)", output))[1] or "uv found no solution"  # type: ignore[index]
    return " ".join(reason.split())[:200].rstrip(" :")


def _resolves(lists: Scratch, age: str, *, moving: bool) -> bool:
    try:
        compile_all(lists, age, moving=moving)
    except ToolFailed:
        return False
    return True
