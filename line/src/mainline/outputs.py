"""The files that a dvc.lock pins, on their way from one machine to another: by their content, whoever carried them.

With a DVC remote they go through it. Without one they go in a folder, which a workflow hands to the next as an
artifact: the folder is a DVC remote that travels, and what comes out of it is held to its hashes.
"""

import hashlib
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mainline import ui
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.project import Project
from mainline.tools import cache, dvc, github, storage

FOLDER = Path("outputs")
FACTS = "facts.json"
TRAVELS = "travels"  # the folder's name among the remotes
LARGEST_FACTS = 10_000  # bytes


def name(project: Project, revision: str | None = None) -> str | None:
    """What the artifact with the outputs of a dvc.lock is called: the same lock, the same name.

    Args:
        revision: whose lock; by default the tree's.

    Returns:
        The name; None where there is no lock.
    """
    text = (project.lock if revision is None else project.lock_at(project.commit_of(revision))).text
    return text and f"outputs-{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}"


def pack(project: Project, folder: Path, told: dict[str, Any]) -> None:
    """Fill a folder with all that this tree's dvc.lock pins; where a remote is set up, that gets it.

    Args:
        told: what else the next machine should know.

    Raises:
        ConfigError: the folder holds something else.
        ToolFailed: the remote does not take it.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / FACTS).exists():
        raise ConfigError(f"{folder}: holds other files; name a folder that is empty or not there")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as new:  # put in its place once it is whole
        filled = Path(new, "filled")
        filled.mkdir()
        if dvc.remotes(project.root):
            storage.push(project.root)
        else:
            with dvc.opened(project.root, _as_remote(filled)) as repo:
                cache.drop_torn(repo, repo.index.outs)
                repo.push(remote=TRAVELS)
        (filled / FACTS).write_text(json.dumps(told))
        if folder.exists():
            os.replace(folder, Path(new, "before"))
        os.replace(filled, folder)


def unpack(project: Project, folder: Path) -> dict[str, Any]:
    """Take a folder's files into the cache, where they are what their names say.

    Returns:
        The facts that were put in with them.

    Raises:
        ConfigError: it is no such folder.
        Refused: a file's content is not that of its name, or a folder's list leads out of it.
    """
    told = facts(folder)
    found = {path.parent.name + path.name: path for path in sorted(carried(folder).glob("*/*"))}
    for content, path in found.items():
        if path.is_symlink() or not cache.whole(path, content):
            raise Refused(f"{path}: its content is not that of its name; it was changed on its way")
        if content.endswith(".dir"):
            cache.listed(path)
    storage.keep(project.root, found)
    return told


def carried(folder: Path) -> Path:
    """Where such a folder has its files, by their content hashes."""
    return folder / "files/md5"


def facts(folder: Path) -> dict[str, Any]:
    """What was put in with the files.

    Raises:
        ConfigError: it is no such folder.
        Refused: it is not as it was written.
    """
    path = folder / FACTS
    if path.is_symlink() or not path.is_file():
        raise ConfigError(f"{folder}: no {FACTS} in it; `mainline outputs save` makes such a folder")
    try:
        with path.open("rb") as stream:
            told = json.loads(stream.read(LARGEST_FACTS))
    except (ValueError, RecursionError):
        raise Refused(f"{folder / FACTS}: not JSON; it was changed on its way") from None
    return told if isinstance(told, dict) else {}


def bring(project: Project, *bases: str) -> bool:
    """Bring what is missing of the pinned files into the tree: from the cache, a remote, or a workflow's artifact.

    Args:
        bases: revisions whose outputs may do for a part, where there is no artifact of this tree's own dvc.lock.

    Returns:
        Whether all of them are there now.
    """
    return storage.materialise(project.root) or (
        any(fetch_artifact(project, each) for each in (None, *bases)) and storage.materialise(project.root)
    )


def fetch_artifact(project: Project, revision: str | None = None) -> bool:
    """Take what a workflow left on GitHub for a dvc.lock, the tree's or a revision's, into the cache.

    Returns:
        Whether there was such an artifact.
    """
    wanted = name(project, revision)
    if wanted is None:
        return False
    with TemporaryDirectory(prefix="mainline-") as folder:
        place = Path(folder, FOLDER)
        run = github.artifact(project.root, wanted, place)
        if run is None:
            return False
        try:
            unpack(project, place)
        except (ConfigError, Refused, ToolFailed) as error:
            ui.warn(f"the artifact {wanted} of run {run} is of no use: {error}")
            return False
    ui.good(f"fetched the artifact {wanted} of run {run}")
    return True


def _as_remote(folder: Path) -> dict[str, Any]:
    return {"remote": {TRAVELS: {"url": str(folder.resolve())}}}
