"""retrain.yml, run: from a night on which one is due to the robot's merge, and what verify.yml makes of its branch."""

import json
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path

import pytest
import yaml

from line.tests.projects import commit_all, edit
from line.tests.retrain import world
from line.tests.runner.github import GitHub, Job
from mainline import ledger
from mainline.project import Project
from mainline.tools import git

pytestmark = pytest.mark.slow


def night(hub: GitHub, event: str = "repository_dispatch", **more: object) -> Job:
    """The run of retrain.yml; of another run's end, with that run's branch."""
    run = hub.push("refs/heads/main", "retrain.yml", event_name=event, event=more)
    return run.play()["retrain"]


def test_new_data_is_trained_on_verified_and_merged(served: Project, hub: GitHub, tmp_path: Path) -> None:
    """A pull request, its verification on another machine by what the artifact holds, the merge, and its delivery."""
    world.fill(tmp_path / "rows.db", 1500, 2, world.moved, c=world.NEW)
    job = night(hub)
    assert job.result == "success", job.said
    (proposed,) = hub.lines("proposed")
    name = proposed.split()[0]
    assert proposed == f"{name} main: Train again, number 1: new data"
    assert hub.lines("dispatches") == [f"verify.yml {name}"]
    (pull,) = json.loads((hub.folder / "opened.json").read_text())
    assert "1,500" in pull["body"]
    assert "at level 0.0042" in pull["body"]

    run = hub.dispatch(f"refs/heads/{name}", "verify.yml")
    jobs = run.play("challenger", "gate")
    assert jobs["gate"].result == "success", jobs["challenger"].said + jobs["gate"].said
    assert "ingest:" not in jobs["challenger"].said  # the source is not read again to verify
    assert "PASS" in jobs["gate"].said

    about = {"head_branch": name, "head_repository": {"full_name": "someone/digits"}}
    job = night(hub, "workflow_run", workflow_run=about)
    assert "its check `verify` has not succeeded yet" in job.said
    (served / "README.md").write_text("Another text.\n")
    commit_all(served.root, "Say it otherwise")
    git.git("push", "--quiet", "origin", "main", root=served.root)
    assert "main has moved on in other things" in night(hub, "workflow_run", workflow_run=about).said
    assert hub.lines("dispatches")[-1] == f"verify.yml {name}"
    jobs = hub.dispatch(f"refs/heads/{name}", "verify.yml").play("challenger", "gate")
    assert "PASS" in jobs["gate"].said, jobs["gate"].said
    assert len(ledger.read(served.root).entries) == 1  # the same question again learns nothing new
    (hub.folder / "checks.json").write_text(json.dumps({hub.sha(name): ["success"]}))
    job = night(hub, "workflow_run", workflow_run=about)
    assert f"{name}: PASS, and merged: {pull['url']}" in job.said, job.said
    assert hub.lines("dispatches")[-1] == "deliver.yml main"
    assert "mainline retrain --save outputs" not in job.ran
    assert f"{name}: main has it, and the branch is deleted" in night(hub).said


def test_what_gains_nothing_is_closed_with_words(served: Project, hub: GitHub, tmp_path: Path) -> None:
    """On the pull request; the branch goes, and a fork's run of that name is not heard."""
    world.fill(tmp_path / "rows.db", 500, seed=2)
    night(hub)
    name = hub.lines("proposed")[0].split()[0]
    jobs = hub.dispatch(f"refs/heads/{name}", "verify.yml").play("challenger", "gate")
    assert "NOT CERTIFIED" in jobs["gate"].said
    about = {"head_branch": name, "head_repository": {"full_name": "stranger/digits"}}
    assert night(hub, "workflow_run", workflow_run=about).result == "skipped"
    job = night(hub, "workflow_run", workflow_run={**about, "head_repository": {"full_name": "someone/digits"}})
    assert "closed, and the branch is deleted" in job.said
    assert "training again did not help" in hub.lines("commented")[0]
    assert git.git("for-each-ref", f"refs/heads/{name}", root=hub.origin) == ""
    assert json.loads((hub.folder / "opened.json").read_text())[0]["state"] == "CLOSED"
    assert [entry["verdict"] for entry in ledger.read(served.root).entries] == ["NOT CERTIFIED"]


def test_a_proposal_is_one_issue_until_it_is_not_due(served: Project, hub: GitHub, tmp_path: Path) -> None:
    """It is opened, stays one, and is closed with what changed."""

    def issues() -> list[str]:
        return [each["state"] for each in json.loads((hub.folder / "issues.json").read_text())]

    edit(served.root, retrain={"mode": "propose"})
    commit_all(served.root, "Propose")
    git.git("push", "--quiet", "origin", "main", root=served.root)
    shutil.copy2(tmp_path / "rows.db", tmp_path / "before.db")
    world.fill(tmp_path / "rows.db", 500, seed=2)
    assert night(hub).result == "success"
    assert issues() == ["open"]
    night(hub)
    assert issues() == ["open"]
    assert hub.lines("proposed") == []
    shutil.copy2(tmp_path / "before.db", tmp_path / "rows.db")
    night(hub)
    assert issues() == ["closed"]


def test_the_workflow_runs_mains_code_alone() -> None:
    """Its token writes: it checks main out and no branch, and takes nothing that another run has left."""
    text = (Path(__file__).parents[3] / ".github/workflows/retrain.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["retrain"]["steps"]
    assert [step["with"]["ref"] for step in steps if "checkout" in step.get("uses", "")] == [
        "${{ github.event.repository.default_branch }}"
    ]
    assert not [step for step in steps if "download-artifact" in step.get("uses", "")]


def test_a_project_to_which_no_row_comes_looks_for_none(project: Path, say: Callable[..., str]) -> None:
    """Without records, and with a source that scikit-learn brings; what may come in the source is looked for."""
    with chdir(project):
        assert "not due: no row comes by itself" in say("retrain")
