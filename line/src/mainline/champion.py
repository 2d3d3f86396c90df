"""The champion as files: main's model, its metrics, and its answers for the rows the challenger is judged on."""

import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mainline import inputs, outputs, ui
from mainline.errors import Refused, ToolFailed
from mainline.project import Lock, Project
from mainline.tools import dvc, process, stages, storage

JUDGED = ("data/dev.parquet", "data/sealed/features.parquet")


@dataclass(frozen=True)
class Champion:
    """The project as the champion's commit has it, in a folder that holds its files for as long as it is open."""

    commit: str
    project: Project
    lock: Lock
    """The commit's; what was built again from it may differ."""
    rescored: bool


@contextmanager
def at(base: str, project: Project, *, rows: Project | None = None) -> Iterator[Champion | None]:
    """Open the champion that a revision pins: its rows, and its answers for them.

    Its outputs come from the cache or a remote; where neither has them they are built again from the commit.

    Args:
        base: a branch or commit.
        project: whose repository and caches it comes from.
        rows: whose dev and sealed rows it is to answer for instead of its own.

    Yields:
        The champion, or None where the revision pins no model yet.

    Raises:
        Refused: the champion cannot answer for these rows.
    """
    commit = project.commit_of(base)
    lock = project.lock_at(commit)
    if not lock:
        yield None
        return
    with project.worktree(commit) as tree:
        storage.share_cache(project.root, tree.root)
        tree = _whole(tree, commit, project)
        yield Champion(commit, tree, lock, rescored=rows is not None and _score_again(tree, rows))


def _whole(tree: Project, commit: str, project: Project) -> Project:
    """The champion's project once its files are there."""
    if outputs.bring(tree):
        return tree
    inputs.bring(project, tree)
    storage.require_tables(tree.root)
    with ui.doing(f"the champion of {commit[:8]} is in no cache: building it again"):
        tree = tree.rebuilt(quiet=True)
    if tree.dirty():
        ui.warn(f"the champion of {commit[:8]}, built again, is not the same to the last bit; it is judged as built")
    return tree


def _score_again(tree: Project, project: Project) -> bool:
    """Where a project's rows are others than the champion's, let the champion's own code answer for them."""
    pinned, current = tree.lock.outputs, project.lock.outputs
    if all(pinned.get(path) == current.get(path) for path in JUDGED):
        return False
    for path in JUDGED:
        (tree / path).unlink(missing_ok=True)
        shutil.copy2(project / path, tree / path)
    command = shlex.split(dvc.command(tree.root, "predict"))
    try:
        process.capture(command, cwd=tree.root, env={"PYTHONPATH": stages.python_path(tree.root)})
    except ToolFailed as error:
        raise Refused(f"the model {tree.lock.model[:8]} cannot answer for other rows than its own: {error}") from None
    return True
