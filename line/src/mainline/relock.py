"""`mainline lock --push`: brings dvc.lock and models/card.md onto a branch, as a commit."""

from pathlib import Path

from mainline import branches, commits, dvc, git, storage
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.lock import KEPT, changed, write

MESSAGE = "Refresh dvc.lock and models/card.md"
LARGEST = 2**20  # bytes of a file that was built elsewhere


def take(root: Path, folder: Path) -> list[str]:
    """Take dvc.lock and the card from a folder: another machine has built them.

    Returns:
        The files that are to be committed.

    Raises:
        ConfigError: the folder does not hold them.
    """
    for path in (folder / name for name in KEPT):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
            raise ConfigError(f"{path}: not here, or no {path.name}; give the folder of the artifact `lock`")
    with commits.or_as_before(root, *KEPT, branch=False):
        for name in KEPT:
            write(root / name, (folder / name).read_text(encoding="utf-8"))
    return changed(root)


def push(root: Path) -> bool:
    """Commit dvc.lock and the card, if they changed, and push the branch; what they pin goes to the DVC remote first.

    Returns:
        Whether there was something to commit.

    Raises:
        ConfigError: this is no branch for that, or other files are not committed.
        Refused: a build right after the last one, of the same files, gave something else.
        ToolFailed: a hook or a remote refuses it; then nothing is committed, and both files stay as they are.
    """
    branch = require_ready(root)
    remote = branches.require_remote(root, "and the branch would go there")
    kept = changed(root)
    if kept and git.git("log", "-1", "--no-show-signature", "--format=%s", root=root) == MESSAGE:
        raise Refused(
            "two builds of the same files gave two results: the pipeline is not repeatable; seed it, then lock"
        )
    with commits.or_as_before(root):
        if kept:
            commits.commit(root, MESSAGE, *kept)
        try:
            if storage.unshared(root):
                storage.push(root)
            commits.push(root, remote, "HEAD", f"refs/heads/{branch}", "--set-upstream")
        except ToolFailed as error:
            said = f"not pushed, so not committed either ({error}); git pull, then `mainline lock --push` again"
            raise ToolFailed(said, error.output) from None
    return bool(kept)


def require_ready(root: Path) -> str:
    """The branch that a refreshed lock may be pushed to.

    Raises:
        ConfigError: this is no branch for that, or other files are not committed.
    """
    branch = git.branch(root)
    if branch is None or branch == branches.trunk(root):
        raise ConfigError(f"on {branch or 'no branch'}: it changes by merges; first: git switch -c relock")
    others = git.paths("diff", "-z", "--name-only", "HEAD", "--", *(f":!{path}" for path in KEPT), root=root)
    if others:
        raise ConfigError(
            f"{others[0]}: not committed; commit it first, so that {dvc.LOCK} is pushed with what made it"
        )
    return branch
