"""Builds the Bento from bentofile.yaml, out of a commit and the model its dvc.lock pins; never out of loose files."""

import io
import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from mainline import dvc, git, process
from mainline.errors import ConfigError, StaleLock

FILES = ("bentofile.yaml", "requirements/service.txt", "models/card.md", "src/service", "src/pipeline")
MODEL = ("models/model.skops", "models/signature.json")
HOME = Path(".mainline/bentoml")


@dataclass(frozen=True)
class Bento:
    """A built Bento: its tag, and the folder it lies in."""

    tag: str
    path: Path
    home: Path
    built: bool
    """Whether this call built it; otherwise it was there."""


def build(root: Path) -> Bento:
    """Build the Bento of HEAD.

    Returns:
        The Bento under its tag NAME:COMMIT-MODEL; the same commit and model are built once.

    Raises:
        StaleLock: the commit pins no model, or its files are nowhere to be had.
        ConfigError: bentofile.yaml has no name.
        ToolFailed: bentoml refused.
    """
    commit = git.commit_of("HEAD", root)
    pinned = dvc.outputs(git.show(commit, dvc.LOCK, root) or "")
    if MODEL[0] not in pinned:
        raise StaleLock(f"the commit {commit[:8]} pins no model; run `mainline lock` and commit dvc.lock")
    name = (yaml.safe_load(git.show(commit, "bentofile.yaml", root) or "") or {}).get("name")
    if not name:
        raise ConfigError("bentofile.yaml: no name; give the Bento one, such as name: my-model")
    version, home = f"{commit[:12]}-{pinned[MODEL[0]][:8]}", root / HOME
    bento = Bento(f"{name}:{version}", home / "bentos" / name / version, home, built=True)
    if bento.path.is_dir():
        return Bento(bento.tag, bento.path, home, built=False)
    with tempfile.TemporaryDirectory(prefix="mainline-") as folder:
        _stage(Path(folder), commit, pinned, root)
        home.mkdir(parents=True, exist_ok=True)
        process.capture(["bentoml", "build", "--version", version, "."], cwd=Path(folder), env=environment(home))
    return bento


def environment(home: Path) -> dict[str, str]:
    """The environment for bentoml: a home of the project's own, and no word to anyone."""
    inherited = os.environ.get("PYTHONWARNINGS", "ignore")
    return {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True", "PYTHONWARNINGS": inherited}


def _stage(folder: Path, commit: str, pinned: dict[str, str], root: Path) -> None:
    """Lay out the commit's files as they stand in the Bento."""
    archive = process.capture_bytes(["git", "archive", commit, *FILES], cwd=root)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    for package in ("service", "pipeline"):
        shutil.move(folder / "src" / package, folder / package)
    for path in MODEL:
        shutil.copy2(_pinned_file(path, pinned[path], root), folder / path)


def _pinned_file(path: str, md5: str, root: Path) -> Path:
    """The file of this content: in the tree, in the cache, or in a remote."""
    if dvc.md5(root / path) == md5:
        return root / path
    cached = dvc.cached(md5, root)
    if not cached.exists():
        dvc.dvc("fetch", path, root=root, check=False)
    if not cached.exists():
        raise StaleLock(f"{path}: the one that HEAD pins is in no cache and no remote; run `mainline lock`")
    return cached
