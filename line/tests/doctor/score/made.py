"""A small project made by hand, with whatever the 28 tests look for: no stage runs, nothing is built."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from line.tests.monitor import world
from line.tests.monitor.served import send
from line.tests.projects import commit_all
from mainline import ledger
from mainline.doctor.score.evidence import Evidence
from mainline.package import audited
from mainline.project import Project
from mainline.tools import git

TODAY = date(2026, 3, 20)
MODEL = hashlib.md5(b"a model").hexdigest()
VERSION = f"{'c' * 12}-{MODEL[:8]}"
TRAIN = {"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": 8}}
SIGNATURE = {"task": "binary", "columns": [{"name": "age", "kind": "numeric"}, {"name": "town", "kind": "categorical"}]}
DIAGNOSIS: dict[str, Any] = {
    "score": "balanced_accuracy",
    "rows": 764,
    "model": {"score": 0.83},
    "checks": [],
    "shuffled": {"scores": [0.09, 0.1], "score": 0.095, "bound": 0.13},
    "few": {"rows": 100, "score": 0.99},
    "simpler": [{"name": "dummy", "score": 0.1}, {"name": "linear", "score": 0.8}],
    "seeds": {"spread": 0.01},
    "features": [{"name": "age", "worth": 0.2, "useless": False}, {"name": "town", "worth": 0.0, "useless": True}],
    "staleness": {"ages": [0, 30, 60], "scores": [0.9, 0.8, 0.7]},
    "remarks": [],
}
SHOWN = ("gate", "canary", "rollback", "latency", "drift", "labels", "retraining")
PASSED = '<testsuites><testsuite><testcase classname="tests.pipeline.test_x" name="a"/></testsuite></testsuites>'
FAILED = PASSED.replace("/></testsuite>", "><failure/></testcase></testsuite>")


@dataclass
class Made:
    """The project; `evidence` is what it can show."""

    root: Path
    params: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=lambda: {"models/model.skops": MODEL})
    stale: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        git.git("init", "--quiet", "--initial-branch=main", str(self.root), root=self.root)
        self.write("src/service/app.py", "")
        self.build("models/signature.json", SIGNATURE)
        self.build("data/valid.parquet", {})
        self.outputs["data/train.parquet"] = "t" * 32
        self.outputs["data/oof.parquet"] = "o" * 32

    def write(self, path: str, text: str) -> None:
        """A file."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def build(self, path: str, content: Any) -> None:
        """A file that dvc.lock pins."""
        text = json.dumps(content)
        self.write(path, text)
        self.outputs[path] = hashlib.md5(text.encode()).hexdigest()

    def diagnose(self, **other: Any) -> None:
        """Have the stage diagnose written its answers."""
        self.build("metrics/diagnosis.json", DIAGNOSIS | other)

    def state(self, section: str, **values: Any) -> None:
        """Say something in params.yaml."""
        self.params.setdefault(section, {}).update(values)

    def commit(self) -> None:
        """Write params.yaml and dvc.lock, and commit all."""
        outs = [{"path": path, "md5": md5} for path, md5 in self.outputs.items()]
        self.write("params.yaml", yaml.safe_dump(self.params))
        self.write(".dvc/config", "")
        self.write("dvc.yaml", "stages: {}")
        self.write("dvc.lock", yaml.safe_dump({"schema": "2.0", "stages": {"all": {"cmd": "true", "outs": outs}}}))
        self.write("models/card.md", "a card")
        self.write(".gitignore", "/.mainline/\n/data/\n/metrics/\n/models/signature.json\n")
        if git.dirty(self.root):
            commit_all(self.root, "As it is")

    def ledger(self, *entries: dict[str, Any]) -> None:
        """Append lines to the ledger."""
        self.commit()
        for each in entries:
            assert ledger.append(self.root, ledger.read(self.root), {"time": "2026-03-10T12:00:00+00:00", **each})

    @property
    def head(self) -> str:
        """What is committed."""
        self.commit()
        return git.git("rev-parse", "HEAD", root=self.root)

    def judged(self, verdict: str = "PASS", model: str = MODEL, made: str = "taken as pushed") -> None:
        """Have the gate judged a model."""
        self.ledger(
            {"kind": "decision", "verdict": verdict, "challenger": {"model": model, "made": made, "commit": self.head}}
        )

    def served(self, *events: str, version: str = VERSION, day: str = "2026-03-10") -> None:
        """Have a version gone through events on a host."""
        up = ("promoted", "passed")
        about = {"kind": "deployment", "time": f"{day}T12:00:00+00:00", "version": version, "reason": ""}
        self.ledger(*({**about, "event": each, "production": version if each in up else None} for each in events))

    def lived(self, versions: int, ago: int = 0) -> None:
        """Have versions been in production one after the other, ten days each, with labels and promises.

        Args:
            ago: days since the last that was counted.
        """
        first = TODAY - timedelta(days=10 * versions + ago)
        for n in range(versions):
            version, begins = f"{n:012x}-{n:08x}", first + timedelta(days=10 * n)
            self.served("promoted", version=version, day=str(begins - timedelta(days=1)))
            send(self.root, version, 10, world.World(wrong=0.1 * (n + 1)), at=0, first=begins)
            kept = {"scores": [900 - 100 * n, 100 * n + 100], "confidence": None}
            self.write(f".mainline/monitor/{version}.json", json.dumps(kept))

    def rehearse(self, *shown: str, **other: Any) -> None:
        """Have `mainline run` played it."""
        about = {"time": "2026-03-19T12:00:00+00:00", "commit": self.head}
        about |= {"model": MODEL, "answers": 214, "seconds": 40.0, "unmeant": ""}
        said = {each: "as it should" for each in shown or SHOWN}
        self.write(".mainline/run.json", json.dumps({**about, "shown": said, **other}))

    def audit(self, day: date = TODAY, *, pins: str | None = None) -> None:
        """Have its packages been audited."""
        self.write("requirements/service.txt", "numpy==2.0 --hash=sha256:00\n")
        project = Project(self.root)
        audited.keep(project, audited.Audited(day, audited.pins(project) if pins is None else pins, 80, 0))

    def search(self, **other: Any) -> None:
        """Have a search been taken."""
        self.state("train", **TRAIN)
        about = {"date": "2026-03-09", "metric": "log_loss", "score": 0.33, "trials": 60}
        self.write("models/search.json", json.dumps({**about, "train_rows": "t" * 32, "train": TRAIN, **other}))

    def test(self, text: str = PASSED, when: datetime | None = None) -> None:
        """Have `make test` run; by default after all that is there."""

        self.write("tests/pipeline/test_x.py", "")
        self.write(".mainline/tests.xml", text)
        moment = (when or datetime.now(UTC)).timestamp() + 1
        os.utime(self.root / ".mainline/tests.xml", (moment, moment))

    @property
    def evidence(self) -> Evidence:
        """What it can show."""
        self.commit()
        return Evidence(Project(self.root), self.stale, TODAY)
