"""The champion as files: main's model, its metrics, and its answers for the rows the challenger is judged on."""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mainline import inputs, outputs, ui
from mainline.errors import Refused, ToolFailed
from mainline.tools import dvc, git, process, stages, storage

JUDGED = ("data/dev.parquet", "data/sealed/features.parquet")


@dataclass(frozen=True)
class Champion:
    """A folder that holds the champion's files, for as long as it is open."""

    commit: str
    root: Path
    outputs: dict[str, str]
    rescored: bool


@contextmanager
def at(base: str, root: Path) -> Iterator[Champion | None]:
    """Open the champion that a revision pins, scored on this tree's dev and sealed rows.

    Its outputs come from the cache or a remote; where neither has them they are built again from the commit.

    Args:
        base: a branch or commit.
        root: the challenger's project, with its outputs.

    Yields:
        The champion, or None where the revision pins no model yet.

    Raises:
        Refused: the champion cannot answer for these rows.
    """
    commit = git.commit_of(base, root)
    lock = git.show(commit, dvc.LOCK, root)
    if lock is None:
        yield None
        return
    with git.worktree(commit, root) as tree:
        storage.share_cache(root, tree)
        _bring(tree, commit, root)
        rescored = _score_again(tree, root)
        yield Champion(commit, tree, dvc.outputs(lock), rescored)


def _bring(tree: Path, commit: str, root: Path) -> None:
    if outputs.bring(tree):
        return
    inputs.bring(root, tree)
    storage.require_tables(tree)
    with ui.doing(f"the champion of {commit[:8]} is in no cache: building it again"):
        dvc.repro(tree, quiet=True)
    if git.dirty(tree):
        ui.warn(f"the champion of {commit[:8]}, built again, is not the same to the last bit; it is judged as built")


def _score_again(tree: Path, root: Path) -> bool:
    """Where this tree's rows are others than the champion's, let the champion's own code answer for them."""
    pinned, current = (dvc.outputs((each / dvc.LOCK).read_text()) for each in (tree, root))
    if all(pinned.get(path) == current.get(path) for path in JUDGED):
        return False
    for path in JUDGED:
        (tree / path).unlink(missing_ok=True)
        shutil.copy2(root / path, tree / path)
    command = shlex.split(dvc.command(tree, "predict"))
    try:
        process.capture(command, cwd=tree, env={"PYTHONPATH": stages.python_path(tree)})
    except ToolFailed as error:
        raise Refused(f"the champion cannot answer for the challenger's rows: {error}") from None
    return True
