"""Sixty simulated days, played: a real service records, an agent counts, workflows open issues, train again, and merge.

Simulated is the time alone: the service's own lines get the times of days that are over.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from line.tests.monitor.served import promote
from line.tests.projects import commit_all, edit
from line.tests.retrain import world
from line.tests.retrain.world import NEW, OLD, Row
from line.tests.runner.github import GitHub
from mainline import ledger
from mainline.host.counting import Counting, Report
from mainline.host.slots import Slots
from mainline.project import Project
from mainline.run import replay
from mainline.run.days import DAY, Request
from mainline.tools import git
from service.app import App
from service.settings import Settings
from tests.service.conftest import Running

pytestmark = pytest.mark.slow

A_DAY = 75  # requests
AS_EVER, OLDER, OTHERWISE = range(28), range(28, 54), range(54, 60)
TODAY = datetime.now(UTC).date()
FIRST = TODAY - 60 * DAY


def day(number: int) -> date:
    """A simulated day; the last is yesterday."""
    return FIRST + number * DAY


def asked(number: int) -> Iterator[tuple[Row, bool]]:
    """A day's rows with what is right: as ever; then b is another, which matters to nobody; then the truth is."""
    for a, b, c in world.rows(A_DAY, NEW if number in OTHERWISE else OLD, seed=100 + number):
        if number in OTHERWISE:
            yield (a, b, c), 3 < a <= 5 or a > 7
        else:
            yield (a, b + (number in OLDER), c), world.usual((a, b, c))


class Host:
    """A host of the project: its service, what that records, and the agent's counting."""

    def __init__(self, folder: Path, project: Project, hub: GitHub) -> None:
        self.records = folder / "records"
        self.version = f"{hub.sha('main')[:12]}-{project.lock.model[:8]}"
        state, self._written = folder / "state", folder / "written"
        settings = Settings.read({"RECORDS_FOLDER": str(self._written), "MODEL_VERSION": self.version})
        self._service = Running(App(project / "models", settings), self._written)
        git.git("init", "--quiet", "--bare", str(state / "repo.git"), root=folder)
        git.git("remote", "add", "origin", str(hub.origin), root=state / "repo.git")
        self._slots, self._now = Slots(state / "slots", None), 0.0
        self._agent = Counting(state, self._slots, lambda: self._now)

    def live(self, numbers: range) -> None:
        """Let days pass: everybody is answered, and every label comes on the next day."""
        rows = [(number, *each) for number in numbers for each in asked(number)]
        said = self._post("/predict", [{"row": dict(zip("abc", row, strict=True))} for _, row, _ in rows])
        requests = [str(each["request_id"]) for each in said]
        labels = zip(requests, rows, strict=True)
        self._post(
            "/feedback", [{"request_id": each, "label": "yes" if right else "no"} for each, (_, _, right) in labels]
        )
        moments = [datetime.combine(day(number), time(), UTC) + DAY * 0.1 for number, _, _ in rows]
        which = {each: Request(at, 0, changed=False) for each, at in zip(requests, moments, strict=True)}
        place = self._slots.records("blue") / f"records-{numbers.start}.jsonl"
        replay.write(self._written, which, place)
        self.records.mkdir(exist_ok=True)
        (self.records / place.name).write_bytes(place.read_bytes())
        self._now = datetime.combine(day(numbers.stop) + DAY, time(1), UTC).timestamp()
        assert self._agent.round() == Report()

    def _post(self, path: str, bodies: list[dict[str, object]]) -> list[dict[str, object]]:
        found = []
        for first in range(0, len(bodies), 200):
            answers = self._service.together([("POST", path, {"json": each}) for each in bodies[first : first + 200]])
            assert {each.status_code for each in answers} == {200}
            found += [each.json() for each in answers]
        return found

    def end(self) -> None:
        """The service ends."""
        self._service.app.close()


@pytest.fixture
def host(served: Project, hub: GitHub, tmp_path: Path) -> Iterator[Host]:
    """In production since the day before the first; labels come within a day."""
    edit(served.root, monitor={"wait": 1})
    commit_all(served.root, "Labels come within a day")
    git.git("push", "--quiet", "origin", "main", root=served.root)
    made = Host(tmp_path, served, hub)
    promote(served.root, made.version, day(-1))
    yield made
    made.end()


def night(hub: GitHub, workflow: str, event: str = "schedule", **more: object) -> str:
    """A workflow of one job, and what it says."""
    (job,) = hub.push("refs/heads/main", workflow, event_name=event, event=more).play().values()
    assert job.result == "success", job.said
    return job.said


def issues(hub: GitHub) -> dict[str, str]:
    """The issues' states, by what they are about; after the last simulated day, no profile comes."""
    place = hub.folder / "issues.json"
    known = json.loads(place.read_text()) if place.exists() else []
    found = {each["title"].removeprefix("Monitor: ").partition(" (")[0]: each["state"] for each in known}
    return {what: state for what, state in found.items() if what != "no profile comes any more"}


def test_drift_is_told_and_harm_is_trained_away(served: Project, hub: GitHub, host: Host) -> None:
    """Drift without harm opens an issue and closes it; harm opens a pull request that passes and is merged."""
    host.live(AS_EVER)
    night(hub, "monitor.yml")
    assert issues(hub) == {}

    host.live(OLDER[:3])
    night(hub, "monitor.yml")
    assert issues(hub) == {"production has drifted": "open"}
    assert "not due" in night(hub, "retrain.yml")
    host.live(OLDER[3:])
    night(hub, "monitor.yml")
    assert issues(hub) == {"production has drifted": "closed"}

    host.live(OTHERWISE)
    night(hub, "monitor.yml")
    worse = {"production has drifted": "open", "its errors are larger than allowed": "open"}
    assert issues(hub) == worse
    said = night(hub, "retrain.yml")
    (proposed,) = hub.lines("proposed")
    name = proposed.split()[0]
    assert proposed == f"{name} main: Train again, number 1: worse", said
    jobs = hub.dispatch(f"refs/heads/{name}", "verify.yml").play("challenger", "gate")
    assert "PASS" in jobs["gate"].said, jobs["challenger"].said + jobs["gate"].said
    (hub.folder / "checks.json").write_text(json.dumps({hub.sha(name): ["success"]}))
    about = {"head_branch": name, "head_repository": {"full_name": "someone/digits"}}
    assert "PASS, and merged" in night(hub, "retrain.yml", "workflow_run", workflow_run=about)

    past = ledger.read(served.root)
    assert [entry["kind"] for entry in past.entries if entry["kind"] != "alarm"] == ["deployment", "retrain"]
    assert {entry["alarm"] for entry in past.entries if entry["kind"] == "alarm"} >= {"drift", "risk"}
    assert past.decisions(served.sealed_set) == []  # people's
