"""Votes are only ever added: every line of the base is still there, in its order."""

from mainline.errors import Refused
from mainline.label.files import FOLDER
from mainline.project import Project
from mainline.tools import git


def require_kept(project: Project, base: str, commit: str | None = None) -> None:
    """Refuse files of votes in which a line was edited, moved or taken out since the branch left its base.

    Args:
        base: the revision that it is to be merged into.
        commit: whose files are looked at; by default those of the tree.

    Raises:
        Refused: naming the file and the line, and what mends it.
    """
    left = project.git("merge-base", base, commit or "HEAD", check=False)
    if not left:
        return
    for path in git.paths("ls-tree", "-r", "-z", "--name-only", left, "--", FOLDER, root=project.root):
        if path.endswith(".jsonl") and (line := first_lost(_at(project, left, path), _now(project, commit, path))):
            raise Refused(
                f"{path}: line {line} of {left[:8]} is edited, moved or gone; votes are only added, and a correction "
                f"is a new line: git checkout {left[:8]} -- {path}, then vote again"
            )


def first_lost(before: bytes, after: bytes) -> int | None:
    """The number of the first line that is not there, or not in order; None where all are."""
    if after.startswith(before) and (before.endswith(b"\n") or after[len(before) :][:1] in (b"", b"\n")):
        return None
    rest = iter(after.splitlines())
    return next((n for n, line in enumerate(before.splitlines(), 1) if not any(line == each for each in rest)), None)


def _at(project: Project, commit: str, path: str) -> bytes:
    there = project.git("ls-tree", "--name-only", commit, "--", path)
    return git.git_bytes("show", f"{commit}:{path}", root=project.root) if there else b""


def _now(project: Project, commit: str | None, path: str) -> bytes:
    if commit:
        return _at(project, commit, path)
    return (project / path).read_bytes() if (project / path).is_file() else b""
