"""Commits, and other changes of a project, that are done whole: where one fails, nothing of it is left."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.tools import git

HOOK = re.compile(r"^- hook id: (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Before:
    """What a project was: the commit that its branch stood on, where that may move, and the content of some files."""

    root: Path
    head: str | None
    files: tuple[tuple[Path, bytes | None], ...]

    @classmethod
    def of(cls, root: Path, *paths: str) -> "Before":
        """The branch, the index and these files."""
        index = root / git.git("rev-parse", "--git-path", "index", root=root)
        head = git.git("rev-parse", "--verify", "HEAD", root=root)
        return cls(root, head, tuple((path, _content(path)) for path in (index, *(root / each for each in paths))))

    @classmethod
    def of_files(cls, root: Path, *paths: str) -> "Before":
        """These files alone: while a build runs, its owner may stage and commit what they like."""
        return cls(root, None, tuple((root / each, _content(root / each)) for each in paths))

    def restore(self) -> None:
        """Make all of it what it was."""
        if self.head is not None and (now := git.git("rev-parse", "HEAD", root=self.root)) != self.head:
            git.git("update-ref", "-m", "mainline: taken back", "HEAD", self.head, now, root=self.root)
        for path, content in self.files:
            if content is None:
                path.unlink(missing_ok=True)
            elif _content(path) != content:
                write(path, content)


@contextmanager
def or_as_before(root: Path, *paths: str, branch: bool = True) -> Iterator[None]:
    """Where the block fails, branch, index and these files are as they were: what a person has staged stays staged.

    Args:
        branch: False for work that commits nothing and takes long: the files alone.
    """
    before = Before.of(root, *paths) if branch else Before.of_files(root, *paths)
    try:
        yield
    except BaseException:
        before.restore()
        raise


def commit(root: Path, message: str, *paths: str) -> None:
    """Commit these paths and nothing else, in the user's name; where git knows none, as on a runner, in the line's.

    Raises:
        ToolFailed: a hook, or git itself, refuses it; branch and index are as they were.
    """
    with or_as_before(root):
        # --force: whoever ignores *.env or *.lock everywhere does not mean the line's own files
        git.git("add", "--force", "--", *paths, root=root)
        try:
            git.git(*git.identity(root), "commit", "--quiet", "--message", message, "--only", "--", *paths, root=root)
        except ToolFailed as error:
            raise ToolFailed(f"{' '.join(paths)}: not committed, {_why(error)}", error.output) from None


def push(root: Path, remote: str, what: str, ref: str, *options: str) -> None:
    """Push a commit or a tag to a ref of a remote; that the answer got lost on its way is no failure.

    Raises:
        ToolFailed: the remote does not take it.
    """
    try:
        git.git("push", "--quiet", *options, remote, f"{what}:{ref}", root=root)
    except ToolFailed:
        there = git.git("ls-remote", remote, ref, root=root, check=False).partition("\t")[0]
        if not there or there != git.git("rev-parse", what, root=root):
            raise


def on_top(root: Path, base: str) -> str | None:
    """What HEAD has and a commit has not, as new commits on top of it; the tree and the branch stay as they are.

    Returns:
        The last of them; None where there is a conflict, or where files that are not committed would be in their way.
    """
    with git.worktree("HEAD", root) as tree:
        try:
            git.git(*git.identity(root), "rebase", "--quiet", base, root=tree)
        except ToolFailed:
            git.git("rebase", "--abort", root=tree, check=False)
            return None
        tip = git.git("rev-parse", "HEAD", root=tree)
    try:
        _carry(root, tip, "--dry-run")
    except ToolFailed:
        return None
    return tip


def move(root: Path, tip: str) -> None:
    """Let the branch and the tree be those of another commit; what is staged or changed stays so.

    Raises:
        ToolFailed: a file that is not committed would be written over; nothing has changed.
    """
    _carry(root, tip)
    git.git("update-ref", "-m", "mainline: on top of the remote", "HEAD", tip, root=root)


def write(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def _carry(root: Path, tip: str, *options: str) -> None:
    git.git("update-index", "-q", "--refresh", root=root, check=False)  # else a touched file counts as changed
    git.git("read-tree", "-m", "-u", *options, "HEAD", tip, root=root)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _why(error: ToolFailed) -> str:
    """What git said; where pre-commit ran, which of its hooks said no."""
    told = [line for line in error.output.splitlines() if line.startswith(("error: ", "fatal: "))]
    said = "; ".join(told) or str(error).partition(": ")[2] or str(error)
    hooks = HOOK.findall(error.output)
    return f"refused by the hook {', '.join(hooks)} ({said})" if hooks else said
