"""Where a model comes from, as it is written down: who built it again, and what of that could be seen."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mainline import outputs
from mainline.errors import ConfigError, Refused
from mainline.project import MODEL, Project
from mainline.tools import actions, commits, dvc, github

FILE = Path(".mainline/proof.json")
FACT = "proof"
"""Its name among the facts of what `mainline outputs save` hands over."""


@dataclass(frozen=True)
class Proof:
    """That a dvc.lock's model comes from what its stages declare."""

    lock: str
    """The name that its outputs go by."""
    sha256: str
    """The model's."""
    run: str
    """Of this repository's workflow, by its number; empty where it was on somebody's machine."""
    rebuilt: bool
    """Whether the model was built again; else its training was only begun."""
    closed: bool
    """Whether network and the project's own files were out of reach then."""

    @classmethod
    def of(cls, project: Project, *, rebuilt: bool, closed: bool) -> "Proof":
        """The one that this machine can give."""
        run = os.environ.get("GITHUB_RUN_ID", "") if actions.running() else ""
        return cls(str(outputs.name(project)), _sha256(project / MODEL), run, rebuilt, closed)

    @classmethod
    def read(cls, said: Any, project: Project) -> "Proof | None":
        """One that was written down; None where it is none, or of another lock or model."""
        kinds = {"lock": str, "sha256": str, "run": str, "rebuilt": bool, "closed": bool}
        if not isinstance(said, dict) or {name: type(value) for name, value in said.items()} != kinds:
            return None
        found = cls(**said)
        fits = found.lock == outputs.name(project) and (found.run.isdecimal() or not found.run)
        return found if fits and found.sha256 == _sha256(project / MODEL) else None

    @property
    def made(self) -> str:
        """Who built the model, as the ledger keeps it and the list of what is inside tells it."""
        return f"rebuilt by run {self.run}" if self.rebuilt and self.run else "taken as pushed"

    @property
    def text(self) -> str:
        """For whoever reads a verdict."""
        by = f"run {self.run}" if self.run else "whoever typed this"
        begun = f"taken as pushed; {by} has begun its training, no more (gate.rebuild: never)"
        how = f"rebuilt by {by}" if self.rebuilt else begun
        open_ = "" if self.closed else ", where network and other files could not be taken from the stages"
        return f"{MODEL}: {how}{open_}; SHA-256 {self.sha256}"


def keep(proof: Proof, project: Project) -> None:
    """Write it down for the verbs that follow."""
    (project / FILE).parent.mkdir(exist_ok=True)
    commits.write(project / FILE, json.dumps(asdict(proof)).encode())


def kept(project: Project) -> Proof | None:
    """What was written down of this very lock and model."""
    try:
        return Proof.read(json.loads((project / FILE).read_bytes()), project)
    except (OSError, ValueError):
        return None


def challenger(project: Project) -> dict[str, str]:
    """A challenger as the ledger keeps it: commit, model, and where it was proved, who built it."""
    found = kept(project)
    made = {"made": found.made} if found else {}
    return {"commit": project.commit_of("HEAD"), "model": str(dvc.md5(project / MODEL)), **made}


def of_a_run(project: Project) -> Proof | None:
    """What a run of this repository's workflow has proved of this very lock; None where GitHub knows of none."""
    name = outputs.name(project)
    with TemporaryDirectory(prefix="mainline-") as folder:
        run = name and github.artifact(project.root, name, Path(folder, outputs.FOLDER))
        if not run:
            return None
        try:
            found = Proof.read(outputs.facts(Path(folder, outputs.FOLDER)).get(FACT), project)
        except (ConfigError, Refused):
            return None
    return found if found and found.run else None


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""
