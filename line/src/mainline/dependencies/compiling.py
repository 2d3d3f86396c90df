"""Compiles a project's pins as its Makefile does, except that no pin that is there moves."""

import re
from collections.abc import Sequence

from mainline.dependencies.layout import GUEST, PIPELINE, SERVICE
from mainline.dependencies.scratch import Scratch, Versions
from mainline.errors import ToolFailed
from mainline.tools import process

COMMAND = (
    *("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-annotate", "--no-header"),
)
WEEK = "7 days"
BEFORE = "before"
"""The folder of the pins as they were, which hold those that are to be."""
BESIDE = ("requirements/remotes.txt", "line/requirements.txt")
"""What is installed beside the environment's own pins, into the same one."""
ANY_TIME = "2999-01-01"
AN_ANSWER = re.compile(r"error sending request|dns error|client error|network was disabled|Connection refused")


class Unreachable(ToolFailed):
    """No package index answers."""


def compile_all(lists: Scratch, age: str, *, moving: bool = False) -> None:
    """Compile the environment's pins, then the image's and the model's, which are of the same versions.

    Args:
        age: how long a version has to be out, such as "7 days"; empty for no matter how long. Pins that are there
            already may be younger.
        moving: let the pins that are there move, to see which would.

    Raises:
        ToolFailed: uv finds no solution, or no index.
    """
    lists.folder.joinpath(BEFORE).mkdir(exist_ok=True)
    held = []
    for path in (lists.place.pins, *BESIDE):
        if (lists.folder / path).is_file():
            copy = f"{BEFORE}/{path.replace('/', '-')}"
            if not (lists.folder / copy).exists():
                (lists.folder / copy).write_text(lists.text(path), encoding="utf-8")
            held += ["--constraints", copy]
    aged = _aged(lists, age)
    _compile(lists, [*aged, *([] if moving else held), *_sources(lists)], lists.place.pins)
    tested = ["--constraints", lists.place.pins]
    _compile(lists, [*aged, *tested, "--no-deps", f"{PIPELINE}.in"], f"{PIPELINE}.txt")
    _compile(lists, [*aged, *tested, f"{SERVICE}.in"], f"{SERVICE}.txt")


def _sources(lists: Scratch) -> list[str]:
    """What the environment's pins are compiled from."""
    there = [path for path in ("requirements/line.txt", "requirements/stages.txt") if (lists.folder / path).is_file()]
    none = ["--no-emit-package", "mainline"]
    if lists.place == GUEST:
        return [lists.place.ranges, *there, *none, "--no-emit-package", "mainline-stages"]
    line = "line/pyproject.toml" if (lists.folder / "line/pyproject.toml").is_file() else "requirements/line.txt"
    return ["--group", "dev", lists.place.ranges, line, *none]


def _aged(lists: Scratch, age: str) -> list[str]:
    """The options by which what is new has to have been out for a while, and what is pinned already has not."""
    if not age:
        return []
    known = {
        name for path in (*lists.compiled, *BESIDE) if (lists.folder / path).is_file() for name in lists.pinned(path)
    }
    each = (("--exclude-newer-package", f"{name}={ANY_TIME}") for name in sorted(known))
    return ["--exclude-newer", age, *(word for pair in each for word in pair)]


def _compile(lists: Scratch, words: Sequence[str], out: str) -> None:
    try:
        process.capture([*COMMAND, *words, "--output-file", out], cwd=lists.folder)
    except ToolFailed as error:
        if AN_ANSWER.search(error.output):
            raise Unreachable("no package index answers; is there a network, and does uv know its address?") from None
        raise


def moved(before: Versions, now: Versions) -> list[str]:
    """Pins that are not what they were, each as one phrase; those that came or went are not among them."""
    both = (name for name in before if name in now and set(before[name]) != set(now[name]))
    return [f"{name} {' and '.join(before[name])} to {' and '.join(now[name])}" for name in both]


def newest(lists: Scratch, asked: str, age: str) -> set[str]:
    """The versions of a package that would be taken if nothing else were pinned; none where uv cannot tell."""
    aged = ["--exclude-newer", age] if age else []
    words = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--no-deps", "--no-header")
    said = process.capture([*words, "--no-annotate", *aged, "-"], cwd=lists.folder, stdin=asked, check=False)
    return set(re.findall(r"(?m)^[^=\s]+==(\S+)", said))
