"""What a project can show, opened once for all tests: params, lock, metrics, ledger, profiles, rehearsal."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from mainline import config, diagnosis, ledger
from mainline.doctor.score import rehearsal
from mainline.doctor.score.rehearsal import Rehearsal
from mainline.errors import ToolFailed
from mainline.ledger import branch
from mainline.monitor import reign
from mainline.monitor.profiles import profile
from mainline.monitor.profiles.profile import Profiles
from mainline.project import PARAMS, Project
from mainline.tools import dvc

DIAGNOSIS, SIGNATURE = diagnosis.PATH, "models/signature.json"


@dataclass(frozen=True)
class Evidence:
    """A project, by what it has left behind."""

    project: Project
    stale: Sequence[str]
    """Stages that are not as dvc.lock has them, each with the reason."""
    today: date = field(default_factory=lambda: datetime.now(UTC).date())

    @classmethod
    def of(cls, project: Project) -> "Evidence":
        """What a project can show now."""
        return cls(project, dvc.stale(project.root, absent=True) if project.lock else ())

    @property
    def current(self) -> bool:
        """Whether dvc.lock says what this tree builds, so that what it pins is the last result."""
        return bool(self.project.lock) and not self.stale

    @property
    def why_not(self) -> str:
        """What is not current, for people."""
        return self.stale[0] if self.stale else "nothing is built"

    def section(self, name: str) -> Mapping[str, Any]:
        """A section of params.yaml as written; empty where it is none."""
        found = self.project.params.get(name)
        return found if isinstance(found, dict) else {}

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return (self.project / path).is_file()

    def built(self, path: str) -> dict[str, Any]:
        """What a JSON file holds that dvc.lock pins; empty where it is absent, or not the one that is pinned."""
        pinned, here = self.project.lock.outputs.get(path), self.project / path
        if not here.is_file() or dvc.md5(here) != pinned:
            return {}
        return self.noted(path)

    def noted(self, path: str | Path) -> dict[str, Any]:
        """What a JSON file holds; empty where it is absent, or none."""
        try:
            found = json.loads((self.project / path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    @cached_property
    def diagnosis(self) -> dict[str, Any]:
        """The stage's last answers; empty where it is switched off."""
        found = self.built(DIAGNOSIS)
        return found if found.get("rows") else {}

    @cached_property
    def columns(self) -> list[str]:
        """What the model reads, as its signature has it."""
        return [each["name"] for each in self.built(SIGNATURE).get("columns") or () if each.get("kind") != "ignored"]

    @cached_property
    def entries(self) -> tuple[ledger.Entry, ...]:
        """The ledger; where the remote cannot be reached, as this clone last found it whole."""
        try:
            return ledger.read(self.project.root).entries
        except ToolFailed:
            seen = branch.seen(self.project.root)
            text = self.project.show(seen, ledger.FILE) if seen else None
            return tuple(json.loads(line) for line in (text or "").splitlines())

    @cached_property
    def verdict(self) -> ledger.Entry | None:
        """What the gate last said of this very model."""
        model = self.project.lock.model
        said = [each for each in self.entries if each["kind"] in ledger.VERDICTS]
        return next((each for each in reversed(said) if model and each["challenger"]["model"] == model), None)

    def held(self, *keys: str) -> bool:
        """Whether the gate judged this model by what params.yaml's section gate says under these keys now.

        A champion's terms hold for its challengers: what is changed with a model counts from the next one on.
        """
        judged = self.verdict or {}
        commit = (judged.get("champion") or judged.get("challenger") or {}).get("commit")
        text = self.project.show(commit, PARAMS) if commit else None
        then = config.loads(text or "", PARAMS).get("gate") or {}
        return bool(text) and all(then.get(key) == self.section("gate").get(key) for key in keys)

    @property
    def deployments(self) -> list[ledger.Entry]:
        """What happened on hosts, in order."""
        return [each for each in self.entries if each["kind"] == "deployment"]

    @cached_property
    def production(self) -> str | None:
        """The version that is in production; None where none is."""
        past = reign.reigns(self.entries)
        return past[-1].version if past and past[-1].until is None else None

    @cached_property
    def profiles(self) -> Profiles:
        """What the monitor counted in production."""
        return profile.read(self.project.root)

    @cached_property
    def rehearsal(self) -> Rehearsal | None:
        """The last one, of whatever model."""
        return rehearsal.read(self.project)

    @cached_property
    def rehearsed(self) -> Rehearsal | None:
        """The last one, where model and service are still those."""
        return self.rehearsal if self.rehearsal and self.rehearsal.fits(self.project) else None
