"""Report, status and history: what people see of a project."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import edit
from mainline import cli
from mainline.commands import gate, status
from mainline.commands import report as report_verb
from mainline.errors import StaleLock
from mainline.gate import thresholds
from mainline.gate.decide import decide
from mainline.project import Project
from mainline.tools import dvc, git

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]

FOREST = {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 30}}


@pytest.fixture(autouse=True)
def _measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's latency is measured for the first report about it, and the next ones have the same figure."""
    known: dict[str | None, float] = {}
    measure = thresholds.latency_ms

    def latency_ms(project: Project) -> float:
        model = dvc.md5(project / "models/model.skops")
        if model not in known:
            known[model] = measure(project)
        return known[model]

    monkeypatch.setattr(thresholds, "latency_ms", latency_ms)


def test_the_report_carries_the_verdict_on_this_very_pair(change: Callable[..., Path]) -> None:
    """Before the gate nothing is decided, after it the verdict stands there, and another base has none."""
    root = change(train=FOREST)
    assert "NOT DECIDED YET" in report_verb.write(Project(root), "main").comment.read_text()
    gate.keep(decide(Project(root), "main"), Project(root))
    written = report_verb.write(Project(root), "main")
    assert "PASS" in written.comment.read_text()
    assert "32 decisions are used; 31 remain" in written.page.read_text()
    git.git("branch", "later", "main", root=root)
    git.git("-c", "user.name=T", "-c", "user.email=t@localhost", "commit", "--allow-empty", "-qm", "x", root=root)
    git.git("branch", "--force", "later", root=root)
    assert "NOT DECIDED YET" in report_verb.write(Project(root), "later").comment.read_text()


def test_a_report_about_a_stale_lock_is_refused(project: Path) -> None:
    """What is reported is what dvc.lock pins."""
    edit(project, train=FOREST)
    with pytest.raises(StaleLock, match="run `mainline lock`"):
        report_verb.write(Project(project), "main")


@pytest.mark.smoke
def test_status_says_what_is_and_what_is_to_do(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Champion, challenger and the budget of the sealed rows; a stale lock is named with its remedy."""
    status.show(Project(project), "main")
    said = capsys.readouterr()
    assert "champion" in said.out
    assert "dvc.lock is current" in said.out
    assert "0 of 32 decisions" in said.out
    edit(project, train=FOREST, gate={"life": 4})
    status.show(Project(project), "main")
    said = capsys.readouterr()
    assert "to be built: train" in said.err
    assert "0 of 4 decisions" in said.out


def test_history_shows_every_decision(
    change: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty ledger says so; then each decision is a row, JSON holds all of it, and a page lies beside the report."""
    root = change(train=FOREST)
    monkeypatch.chdir(root)

    def said(*arguments: str) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit):
            cli.main(arguments)
        return capsys.readouterr().out

    assert "no decision has been taken yet" in said("history")
    decide(Project(root), "main")
    assert "1 of set 0" in said("history")
    assert json.loads(said("history", "--json"))[0]["verdict"] == "PASS"
    report = report_verb.write(Project(root), "main").page
    assert "href=" not in report.read_text()
    assert "history.html" in said("history", "--page")
    assert "1 of set 0" in (report.parent / "history.html").read_text()
    assert re.findall('href="(.*?)"', report.read_text()) == ["index.html", "history.html"]
