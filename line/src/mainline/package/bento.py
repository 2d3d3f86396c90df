"""Builds the Bento from bentofile.yaml, out of a commit and the model its dvc.lock pins; never out of loose files."""

import os
import re
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from mainline.errors import ConfigError, ToolFailed
from mainline.package import loadable
from mainline.package.pinned import SIGNATURE, Pinned
from mainline.package.provenance import Provenance
from mainline.project import MODEL, Project
from mainline.tools import archives, process, stages

FILE = "bentofile.yaml"
FILES = (FILE, "requirements/service.txt", "models/card.md")
HOME = Path(".mainline/bentoml")


@dataclass(frozen=True)
class Bento:
    """A built Bento: its tag, and the folder it lies in."""

    tag: str
    path: Path
    home: Path
    built: bool
    """Whether this call built it; otherwise it was there."""


def build(project: Project, verdict: str | None = None) -> Bento:
    """Build the Bento of HEAD.

    Args:
        verdict: what the gate decided about HEAD's model; a Bento that says something else is built anew. Without it
            one that is there will do.

    Returns:
        The Bento under its tag NAME:COMMIT-MODEL; the same commit, model and verdict give the same bytes.

    Raises:
        StaleLock: the commit pins no model, or its files are nowhere to be had.
        ConfigError: bentofile.yaml has no name, or sets docker.env; or the image would lack a package of the model's.
        ToolFailed: bentoml refused.
    """
    pinned = Pinned.at_head(project)
    loadable.require(pinned)
    origin, home = Provenance.of(pinned, verdict), project / HOME
    bento = Bento(pinned.tag, home / "bentos" / origin.name / origin.version, home, built=True)
    if bento.path.is_dir() and (verdict is None or origin.is_of(bento.path)):
        return Bento(bento.tag, bento.path, home, built=False)
    home.mkdir(parents=True, exist_ok=True)
    # bentoml reads no files below a hidden folder; what it writes is moved, and so stays on this disk
    with TemporaryDirectory(prefix="mainline-") as staged, TemporaryDirectory(prefix="new-", dir=home.parent) as new:
        _stage(Path(staged), pinned, origin)
        process.capture(
            ["bentoml", "build", "--version", origin.version, "."], cwd=Path(staged), env=environment(Path(new))
        )
        fresh = new / bento.path.relative_to(home)
        _settle(fresh, origin.committed)
        _replace(bento.path, fresh, Path(new))
    return bento


def environment(home: Path) -> dict[str, str]:
    """The environment for bentoml: a home of the project's own, no word to anyone, no bytecode beside the code."""
    inherited = os.environ.get("PYTHONWARNINGS", "ignore")
    return {
        "BENTOML_HOME": str(home),
        "BENTOML_DO_NOT_TRACK": "True",
        "PYTHONWARNINGS": inherited,
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def options(pinned: Pinned) -> dict[str, Any]:
    """The commit's bentofile.yaml."""
    return dict(yaml.safe_load(pinned.text(FILE) or "") or {})


def _stage(folder: Path, pinned: Pinned, origin: Provenance) -> None:
    """Lay out the commit's files as they stand in the Bento."""
    said = options(pinned)
    docker = said.get("docker") or {}
    template = [os.path.normpath(docker["dockerfile_template"])] if docker.get("dockerfile_template") else []
    archives.lay_out(pinned.commit, pinned.project.root, folder, *FILES, *template)
    stages.lay_out(pinned.commit, pinned.project.root, folder)
    for path in (MODEL, SIGNATURE):
        shutil.copy2(pinned.file(path), folder / path)
    origin.write(folder)
    if docker.get("env"):  # BentoML would leave out envs then, and with them the provenance
        raise ConfigError(f"{FILE}: docker.env: list these variables under envs: instead, as name and value")
    if docker.get("base_image"):
        docker.pop("python_version", None)  # each start would warn that the image decides it
    said["envs"] = [*(said.get("envs") or ()), *({"name": k, "value": v} for k, v in origin.variables.items())]
    (folder / FILE).write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _settle(built: Path, committed: str) -> None:
    """Give a new Bento the commit's time for the clock's, and modes that do not hang on who built it."""
    when = datetime.fromisoformat(committed)
    notes = built / "bento.yaml"
    text, found = re.subn(r"(?m)^creation_time: .*$", f"creation_time: '{when.isoformat()}'", notes.read_text())
    if not found:
        raise ToolFailed(f"{notes.name}: no creation_time; this release of bentoml keeps it elsewhere")
    notes.write_text(text)
    for path in sorted(built.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.utime(path, (when.timestamp(), when.timestamp()))
    built.chmod(0o755)


def _replace(place: Path, built: Path, folder: Path) -> None:
    """Put the whole Bento where it belongs at once; BentoML's note of the latest one follows."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():
        os.replace(place, folder / "before")
    os.replace(built, place)
    os.replace(built.parent / "latest", place.parent / "latest")
