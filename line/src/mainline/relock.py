"""dvc.lock and the cards as CI built them, committed to a branch of the remote that is not checked out."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mainline import card, unopened
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.project import Project
from mainline.tools import branches, commits, git

MESSAGE = "Refresh dvc.lock and the cards"
MESSAGES = (MESSAGE, "Refresh dvc.lock and models/card.md")  # as lines of before said it


def require_locked(project: Project, commit: str, folder: Path) -> None:
    """Refuse a commit whose dvc.lock or cards are not what CI built of it.

    Args:
        folder: of CI's artifact `lock`; it is there where they differ.

    Raises:
        StaleLock: with the command that mends it.
    """
    unopened.fetched(project, commit)
    for path, content in built(folder).items():
        if unopened.text(project, commit, path) != content:
            raise StaleLock(f"{path} is not committed as CI built it; on the branch, run `mainline lock --push`")


def push(project: Project, commit: str, folder: Path, branch: str) -> None:
    """Commit dvc.lock and the cards to a branch of the remote, whose last commit is known; nothing is checked out.

    Raises:
        ConfigError: the branch is the trunk, or no name of a branch.
        Refused: a build right after the last one, of the same files, gave something else.
        ToolFailed: the branch has moved on.
    """
    if branch == project.trunk or not project.git("check-ref-format", "--branch", branch, check=False):
        raise ConfigError(f"--branch {branch}: no branch that a lock is pushed to; {project.trunk} changes by merges")
    remote = branches.require_remote(project.root, "and the branch is there")
    require_repeatable(project, unopened.fetched(project, commit))
    files = built(folder)
    with TemporaryDirectory(prefix="mainline-") as place:
        index = {"GIT_INDEX_FILE": str(Path(place, "index"))}
        git.git("read-tree", commit, root=project.root, env=index)
        for path, content in files.items():
            blob = git.git_bytes("hash-object", "-w", "--stdin", root=project.root, stdin=content).decode().strip()
            git.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", root=project.root, env=index)
        tree = git.git("write-tree", root=project.root, env=index)
    made = project.git(*git.identity(project.root), "commit-tree", tree, "-p", commit, "-m", MESSAGE)
    commits.push(project.root, remote, made, f"refs/heads/{branch}", f"--force-with-lease=refs/heads/{branch}:{commit}")


def require_repeatable(project: Project, commit: str) -> None:
    """Refuse another lock on top of a refreshed one.

    Raises:
        Refused: the pipeline is not repeatable.
    """
    if project.git("log", "-1", "--no-show-signature", "--format=%s", commit) in MESSAGES:
        raise Refused(
            "two builds of the same files gave two results: the pipeline is not repeatable; seed it, then lock"
        )


def built(folder: Path) -> dict[str, bytes]:
    """What CI has built of dvc.lock and the cards, by path; a line of before writes no card of the table.

    Raises:
        ConfigError: one is not there, or no plain file, or too long.
    """
    before = {str(path) for path in card.OF_DATA if not (folder / path).exists()}
    return {path: handed_over(folder / path) for path in card.KEPT if path not in before}


def handed_over(path: Path) -> bytes:
    """The content of a file of CI's artifact `lock`.

    Raises:
        ConfigError: it is not there, or no plain file, or too long.
    """
    if path.is_symlink() or not path.is_file() or path.stat().st_size > unopened.LARGEST:
        raise ConfigError(f"{path}: not here, or no {path.name}; give the folder of the artifact `lock`")
    return path.read_bytes()
