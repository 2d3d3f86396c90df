"""The files that a project begins with, brought to another tree of it: a clone has only what git carries."""

import os
import re
import shutil
from pathlib import Path

from mainline.project import Project
from mainline.tools import dvc, storage

IN_A_FILE = re.compile(r"(?P<url>(sqlite|duckdb)(\+\w+)?:///)(?P<path>[^?]+)")
NO_TABLE = (".dvc", ".gitignore", ".pyc")  # git's and DVC's own words on a folder, and what Python leaves there


def bring(project: Project, tree: Project) -> list[str]:
    """Bring what DVC tracks, from the project's cache or its remote, and what git ignores of what the stages read.

    What is in the tree already stays as it is; a file that is nowhere is left to the stage that wants it.

    Args:
        project: with its files.
        tree: a clone or a worktree of it.

    Returns:
        The paths that DVC tracks and that are nowhere to be had.
    """
    lacking, watched = storage.lend(project.root, tree.root), _watched(tree.root)
    source = in_project(_source(tree))
    ignored = "--others", "--ignored", "--exclude-standard", "-z"
    listed = project.git("--literal-pathspecs", "ls-files", *ignored, "--", *watched) if watched else ""
    for name in {*listed.split("\0"), source or ""}:
        if (project / name).is_file() and not name.endswith(NO_TABLE) and name not in lacking:
            _copy(project / name, tree / name)
    return lacking


def from_elsewhere(project: Project, tree: Project) -> str | None:
    """A tree's data.source as an absolute path, where it is a relative one to outside of the project; else None."""
    source = _source(tree)
    path = _path(source)
    if path is None or os.path.isabs(path) or in_project(source):
        return None
    return source.replace(path, os.path.normpath(project / path))


def _source(tree: Project) -> str:
    return str((tree.params.get("data") or {}).get("source", ""))


def _path(source: str) -> str | None:
    """The file that a source is, as it is said; None for what lies behind an address."""
    if found := IN_A_FILE.match(source):
        return found["path"]
    return None if "://" in source or source.startswith(("sklearn:", "openml:")) or not source else source


def in_project(source: str) -> str | None:
    """The file that a source is, as a path from the project's root; None where it lies elsewhere."""
    path = _path(source)
    name = os.path.normpath(path) if path else ".."
    return None if os.path.isabs(name) or name.split(os.sep)[0] == ".." else name


def _watched(tree: Path) -> list[str]:
    """What the stages read that no stage makes, as paths from the root."""
    with dvc.opened(tree) as repo:
        made = {out.fs_path for out in repo.index.outs}
        read = {
            dep.fs_path for stage in repo.index.stages if stage.cmd for dep in stage.deps if dep.protocol == "local"
        }
        names = sorted(os.path.relpath(path, tree) for path in read - made)
    return [name for name in names if name.split(os.sep)[0] != ".."]


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
