"""`mainline run`: the whole line in a scratch clone."""

from pathlib import Path

import pytest

from mainline import git, run

pytestmark = pytest.mark.slow


def test_the_whole_line_plays_and_leaves_the_tree_alone(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The better model is merged and served, the worse refused; the user's own tree stays as it was."""
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*") if ".git" not in path.parts}
    head = git.git("rev-parse", "HEAD", root=project)
    run.play(project)
    shown = capfd.readouterr().out
    assert "better-model: certified and merged" in shown
    assert "worse-model: not certified, not merged" in shown
    assert "to the last bit" in shown
    clone = project / run.FOLDER / "clone"
    assert git.git("log", "-1", "--format=%s", "origin/main", root=clone) == "Merge better-model"
    for name in ("better-model", "worse-model"):
        assert "<html" in (project / run.FOLDER / f"reports/{name}.html").read_text()
    after = {path: path.stat().st_mtime_ns for path in before if path.exists()}
    assert after == before
    assert git.git("rev-parse", "HEAD", root=project) == head
    assert git.dirty(project) == []
