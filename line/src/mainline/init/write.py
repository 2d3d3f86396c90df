"""Adds the planned files to a repository: all of them or none."""

from contextlib import suppress
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.init.files import IGNORED
from mainline.init.plan import Plan
from mainline.tools import git


def write(plan: Plan) -> None:
    """Add the files; where one cannot be written, none stays.

    Raises:
        ToolFailed: naming the file.
    """
    root, done = plan.theirs.root, []
    path = root
    try:
        for each in plan.files:
            path = root / each.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as stream:
                done.append(path)
                stream.write(each.content)
            path.chmod(0o755 if each.executable else 0o644)
        lines = next((each.content.decode() for each in plan.files if each.path == IGNORED), "")
        if lines:
            _exclude(root, lines)
    except BaseException as error:
        _undo(root, done, path)
        if not isinstance(error, OSError):
            raise
        raise ToolFailed(f"{path}: cannot be written ({error.strerror}); nothing was added") from None


def _undo(root: Path, written: list[Path], last: Path) -> None:
    for path in written:
        path.unlink(missing_ok=True)
    for path in reversed([*written, last]):
        with suppress(OSError):  # until a folder holds something else
            for folder in path.parents[: len(path.relative_to(root).parts) - 1]:
                folder.rmdir()


def _exclude(root: Path, lines: str) -> None:
    """Let this clone ignore what their .gitignore does not name yet; DVC would write into it otherwise."""
    path = root / git.git("rev-parse", "--git-path", "info/exclude", root=root)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"# {IGNORED}, until .gitignore has it\n{lines}")
