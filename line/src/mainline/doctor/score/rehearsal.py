"""What the last `mainline run` has shown of a project: `.mainline/run.json`."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mainline.errors import ToolFailed
from mainline.project import Project

FILE = Path(".mainline/run.json")
ABOUT = ("src/service", "requirements")
"""What is rehearsed beside the model: how it is served."""


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
        """Whether model and service are still those that were rehearsed."""
        try:
            return self.model == project.lock.model and not project.changed(self.commit, *ABOUT)
        except ToolFailed:  # a commit that this clone does not have
            return False


def read(project: Project) -> Rehearsal | None:
    """The last one; None where there is none, or none that can be read."""
    try:
        said: dict[str, Any] = json.loads((project / FILE).read_text(encoding="utf-8"))
        day = datetime.fromisoformat(said.pop("time")).date()
        return Rehearsal(day, **said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
