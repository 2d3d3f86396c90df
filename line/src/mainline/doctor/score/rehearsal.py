"""What the last `mainline run` has shown of a project: `.mainline/run.json`."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mainline import config
from mainline.errors import ConfigError, ToolFailed
from mainline.project import PARAMS, Project

FILE = Path(".mainline/run.json")
ABOUT = ("src/service", "requirements")
"""What is rehearsed beside the model: how it is served."""
SECTIONS = ("service", "gate", "canary", "monitor", "retrain")
"""Of params.yaml, the same."""
KINDS = {"commit": str, "model": str, "answers": int, "seconds": float, "unmeant": str, "shown": dict}


@dataclass(frozen=True)
class Rehearsal:
    """A run of the whole line, with the project's own model and service, in a scratch clone."""

    day: date
    commit: str
    model: str
    """The champion's content hash, as dvc.lock has it."""
    answers: int
    """Dev rows whose answers over HTTP equalled predictions/dev.parquet to the last bit."""
    seconds: float
    unmeant: str
    """What happened that was not meant to; empty where nothing did."""
    shown: dict[str, str] = field(default_factory=dict)
    """What it showed, by act, in a sentence: gate, canary, rollback, latency, drift, labels, retraining."""

    @property
    def name(self) -> str:
        """For people."""
        return f"mainline run of {self.day}"

    def fits(self, project: Project) -> bool:
        """Whether model and service, and what params.yaml says of them, are still those that were rehearsed."""
        try:
            if self.model != project.lock.model or project.changed(self.commit, *ABOUT):
                return False
            then = config.loads(project.show(self.commit, PARAMS) or "", PARAMS)
        except (ToolFailed, ConfigError):  # such as a commit that this clone does not have
            return False
        return all(then.get(name) == project.params.get(name) for name in SECTIONS)


def read(project: Project) -> Rehearsal | None:
    """The last one; None where there is none, or none that can be read."""
    try:
        said: dict[str, Any] = json.loads((project / FILE).read_text(encoding="utf-8"))
        day = datetime.fromisoformat(said.pop("time")).date()
        if {name: type(value) for name, value in said.items()} != KINDS:
            return None
        return Rehearsal(day, **said | {"shown": {str(act): str(how) for act, how in said["shown"].items()}})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
