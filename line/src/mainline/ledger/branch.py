"""The branch `mainline/ledger`: a cell that is shared by all clones, with what this clone last found whole.

Beside the remote's branch there is a second ref of the remote that is swapped along and that nobody tidies away.
"""

import time
import uuid
from contextlib import suppress
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.tools import branches, git
from mainline.tools.cells import Cell, commit_of

NAME = "mainline/ledger"
SEEN = "refs/mainline/ledger"
"""Here: what this clone last found whole, out of the reach of `git fetch`. On the remote: the branch's second ref."""
CELL = Cell(NAME, "nothing is decided without its ledger", SEEN)
REF = CELL.ref
LOCKED_AT_MOST = 60.0  # seconds; git holds it for milliseconds


def tip(root: Path) -> str | None:
    """The commit that the branch points to now; None where there is no such branch.

    Raises:
        ToolFailed: the remote cannot be reached.
    """
    return CELL.tips(root)[0]


def holds(root: Path, there: str, known: str) -> bool:
    """Whether a commit has another among those before it."""
    return there == known or git.git("merge-base", known, there, root=root, check=False) == known


def commit(root: Path, parent: str | None, file: str, text: str, message: str) -> str:
    """A commit with one file, like no other: two gates that write the same in one second write two commits.

    No ref points to it yet.
    """
    blob = git.git("hash-object", "-w", "--stdin", root=root, stdin=text)
    tree = git.git("mktree", root=root, stdin=f"100644 blob {blob}\t{file}\n")
    above = ["-p", parent] if parent else []
    return git.git(*git.IDENTITY, "commit-tree", tree, *above, "-m", message, "-m", uuid.uuid4().hex, root=root)


def seen(root: Path) -> str | None:
    """The commit that this clone last found whole."""
    return commit_of(root, SEEN)


def remember(root: Path, commit: str) -> None:
    """Note that a commit was found whole.

    A process that was killed here leaves git's lock behind. That must keep nobody from reading, and nobody else uses
    this ref: a lock of long ago is removed; until then what was noted before stays, and guards the ledger up to there.
    """
    lock = root / git.git("rev-parse", "--git-path", f"{SEEN}.lock", root=root)
    with suppress(FileNotFoundError):
        if time.time() - lock.stat().st_mtime > LOCKED_AT_MOST:
            lock.unlink()
    try:
        git.git("update-ref", SEEN, commit, root=root)
    except ToolFailed:
        if not lock.exists():
            raise


def has(root: Path, commit: str) -> bool:
    """Whether a commit of the branch's is here, or could be brought by the remote's second ref."""
    if not commit_of(root, commit):
        with suppress(ToolFailed):
            CELL.bring(root, SEEN)
    return bool(commit_of(root, commit))


def mend(root: Path, known: str | None) -> str:
    """What restores the branch."""
    if known is None:
        return "restore the branch from a clone that has read it whole"
    if remote := branches.remote(root):
        return f"restore it: git push --force {remote} {known}:{REF} {known}:{SEEN}"
    return f"restore it: git branch --force {NAME} {known}"
