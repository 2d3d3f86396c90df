"""The branch `mainline/ledger` as a cell that is shared by all clones: read it, and swap it for another commit.

It is the remote's branch, with a second ref of the remote that is swapped along and that nobody tidies away; where
there is no remote, this clone's own. No work tree and no index is touched.
"""

import time
import uuid
from contextlib import suppress
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.tools import branches, git

NAME = "mainline/ledger"
REF = f"refs/heads/{NAME}"
SEEN = "refs/mainline/ledger"
"""Here: what this clone last found whole, out of the reach of `git fetch`. On the remote: the branch's second ref."""
LOCKED_AT_MOST = 60.0  # seconds; git holds it for milliseconds


def tip(root: Path) -> str | None:
    """The commit that the branch points to now; None where there is no such branch.

    Raises:
        ToolFailed: the remote cannot be reached.
    """
    return tips(root)[0]


def tips(root: Path) -> tuple[str | None, str | None]:
    """The same, and the commit that the remote's second ref points to.

    Raises:
        ToolFailed: the remote cannot be reached.
    """
    remote = branches.remote(root)
    if remote is None:
        return _commit_of(root, REF), None
    try:
        listed = git.git("ls-remote", remote, REF, SEEN, root=root)
    except ToolFailed as error:
        raise _unreachable(remote, error) from None
    there = {ref: commit for commit, _, ref in (line.partition("\t") for line in listed.splitlines())}
    return there.get(REF), there.get(SEEN)


def holds(root: Path, there: str, known: str) -> bool:
    """Whether a commit has another among those before it."""
    return there == known or git.git("merge-base", known, there, root=root, check=False) == known


def bring(root: Path, ref: str = REF) -> None:
    """Fetch the branch's commits, or those of the second ref, and let no ref of the user's move.

    Raises:
        ToolFailed: the remote cannot be reached.
    """
    if remote := branches.remote(root):
        try:
            git.fetch(root, remote, ref)
        except ToolFailed as error:
            raise _unreachable(remote, error) from None


def commit(root: Path, parent: str | None, file: str, text: str, message: str) -> str:
    """A commit with one file, like no other: two gates that write the same in one second write two commits.

    No ref points to it yet.
    """
    blob = git.git("hash-object", "-w", "--stdin", root=root, stdin=text)
    tree = git.git("mktree", root=root, stdin=f"100644 blob {blob}\t{file}\n")
    above = ["-p", parent] if parent else []
    return git.git(*git.IDENTITY, "commit-tree", tree, *above, "-m", message, "-m", uuid.uuid4().hex, root=root)


def swap(root: Path, before: str | None, commit: str) -> None:
    """Let the branch, and the second ref with it, point to a commit, if the branch still points to the one before.

    Raises:
        ToolFailed: it does not, or may not be written.
    """
    if remote := branches.remote(root):
        lease = f"--force-with-lease={REF}:{before or ''}"
        both = (f"{commit}:{REF}", f"{commit}:{SEEN}")  # the second is not forced: what it has, the commit must hold
        git.git("push", "--quiet", "--no-verify", "--atomic", lease, remote, *both, root=root)
    else:
        git.git("update-ref", REF, commit, before or "", root=root)


def seen(root: Path) -> str | None:
    """The commit that this clone last found whole."""
    return _commit_of(root, SEEN)


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
    if not _commit_of(root, commit):
        with suppress(ToolFailed):
            bring(root, SEEN)
    return bool(_commit_of(root, commit))


def mend(root: Path, known: str | None) -> str:
    """What restores the branch."""
    if known is None:
        return "restore the branch from a clone that has read it whole"
    if remote := branches.remote(root):
        return f"restore it: git push --force {remote} {known}:{REF} {known}:{SEEN}"
    return f"restore it: git branch --force {NAME} {known}"


def why(error: ToolFailed) -> str:
    """The line in which git tells the fate of a push, or else its error."""
    fates = [line.strip(" !") for line in error.output.splitlines() if line.startswith(" ! ")]
    return fates[0] if fates else str(error)


def _unreachable(remote: str, error: ToolFailed) -> ToolFailed:
    return ToolFailed(f"{remote} cannot be reached, and nothing is decided without its ledger ({error})")


def _commit_of(root: Path, ref: str) -> str | None:
    return git.git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", root=root, check=False) or None
