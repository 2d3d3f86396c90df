"""`mainline run`: the whole line in a scratch clone."""

import re
import subprocess
from pathlib import Path

import pytest

from mainline import ledger, run
from mainline.project import Project
from mainline.tools import git

pytestmark = pytest.mark.slow


def test_the_whole_line_plays_and_leaves_the_tree_alone(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The better model goes to production by canary, what is broken goes back, and the user's own tree stays."""
    subprocess.run(["pre-commit", "install"], cwd=project, check=True, capture_output=True)
    before = {
        path: path.stat().st_mtime_ns for path in project.rglob("*") if path.is_file() and ".git" not in path.parts
    }
    head = git.git("rev-parse", "HEAD", root=project)
    run.play(Project(project))
    shown = capfd.readouterr().out
    for said in (
        "better-model: certified and merged",
        "better-model: in production as v1.0.0",
        "worse-model: not certified, not merged",
        "to the last bit",
        "no request of theirs failed",
    ):
        assert said in shown
    reasons = {line.split(": ")[0].strip("✓ "): line for line in shown.splitlines() if ": rolled back; " in line}
    assert "labelled answers of the canary were wrong" in reasons["faster-input"]
    assert "answers of the canary took over" in reasons["audit-trail"]
    folder = project / run.FOLDER
    names = ["better-model.html", "history.html", "releases.html", "worse-model.html"]
    for name in names:
        assert re.findall('href="(.*?)"', (folder / "reports" / name).read_text()) == names
    events = [entry["event"] for entry in ledger.read(folder / "clone").deployments()]
    way = ["started", "canary", "passed", "releasing", "releasing", "promoted"]
    assert events == ["started", "promoted", *way, *["started", "canary", "rolled back"] * 2]
    subjects = git.git("log", "--format=%s", "origin/main", root=folder / "clone").splitlines()
    assert {"Merge better-model", 'Revert "Merge faster-input"', 'Revert "Merge audit-trail"'} < set(subjects)
    assert "Merge worse-model" not in subjects
    after = {path: path.stat().st_mtime_ns for path in before if path.exists()}
    assert after == before
    assert git.git("rev-parse", "HEAD", root=project) == head
    assert git.dirty(project) == []
    assert (folder / "clone/.git/hooks/pre-commit").exists()
