"""The one door to git."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mainline import process
from mainline.errors import ConfigError, MainlineError, ToolFailed

# git asks nobody anything, and gives up on a remote that is silent for half a minute
UNATTENDED = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
    "GIT_HTTP_LOW_SPEED_TIME": "30",
    "GIT_SSH_COMMAND": os.environ.get("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=30"),
}

IDENTITY = ("-c", "user.name=mainline", "-c", "user.email=mainline@users.noreply.github.com")


def git(*arguments: str, root: Path, check: bool = True, stdin: str | None = None) -> str:
    """Run git in a folder and answer what it prints."""
    return process.capture(["git", *arguments], cwd=root, env=UNATTENDED | {"LC_ALL": "C"}, check=check, stdin=stdin)


def root(start: Path | None = None) -> Path:
    """The top of the project that a folder lies in.

    Raises:
        MainlineError: there is no repository, or it is not one of ours.
    """
    start = start or Path.cwd()
    try:
        top = Path(git("rev-parse", "--show-toplevel", root=start))
    except ToolFailed:
        raise MainlineError(f"{start}: not in a git repository; run this from your project") from None
    if not (top / "dvc.yaml").exists():
        raise MainlineError(f"{top}: no dvc.yaml here; run this from a project made with Mainline")
    return top


def commit_of(revision: str, root: Path) -> str:
    """The full hash of a revision.

    Raises:
        ConfigError: there is no such revision here.
    """
    found = git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", root=root, check=False)
    if not found:
        near = git("branch", "--all", "--format=%(refname:short)", root=root).split()
        raise ConfigError(
            f"--base {revision}: no such branch or commit; there are: {', '.join(near[:8]) or 'none yet'}"
        )
    return found


def show(revision: str, path: str, root: Path) -> str | None:
    """A file's text at a revision, or None where it is not there."""
    if not git("ls-tree", "--name-only", revision, "--", path, root=root):
        return None
    return git("show", f"{revision}:{path}", root=root)


def changed(base: str, root: Path, *paths: str) -> list[str]:
    """How files differ from a revision, working tree included: lines as `git diff --stat` has them."""
    lines = git("diff", "--stat=100", base, "--", *paths, root=root).splitlines()
    return [line.strip() for line in lines[:-1]]


def dirty(root: Path) -> list[str]:
    """Paths that differ from HEAD, untracked ones included."""
    lines = git("status", "--porcelain", "--untracked-files=all", root=root).splitlines()
    return [line[3:] for line in lines]


def branch(root: Path) -> str | None:
    """The branch that is checked out; None where HEAD is on none."""
    return git("branch", "--show-current", root=root) or None


def commit(root: Path, message: str, *paths: str) -> None:
    """Commit these paths and nothing else, in the user's name; where git knows none, as on a runner, in the line's."""
    known = git("config", "user.email", root=root, check=False)
    git("add", "--", *paths, root=root)
    git(*(() if known else IDENTITY), "commit", "--quiet", "--message", message, "--only", "--", *paths, root=root)


@contextmanager
def worktree(commit: str, root: Path) -> Iterator[Path]:
    """The tree of a commit, checked out beside this one for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="mainline-") as folder:
        tree = Path(folder, "tree")
        git("worktree", "add", "--detach", "--quiet", str(tree), commit, root=root)
        try:
            yield tree
        finally:
            git("worktree", "remove", "--force", str(tree), root=root, check=False)
