"""`mainline lock` lists in dvc.yaml what a stage imports, so that a new module costs nobody a search."""

from pathlib import Path

import pytest

from line.tests.prove.test_imports import CODE, write
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.prove import imports, listing

TWO = """\
# mine
stages:
  train:   # with care
    deps: # all of them
    - src/made/train.py   # this one
    - data.csv:
        cache: false

    cmd: train
  again:
    cmd: "again"
    deps:
          -   'src/made/other.py'
          - src/made/train.py
"""


def test_what_is_not_listed_is_added(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Below the last dep of its stage, in its style; every other line stays, comments and all; and it is said."""
    project = write(tmp_path, CODE, ())
    (tmp_path / "dvc.yaml").write_text(TWO)
    assert listing.complete(project)
    lines = TWO.splitlines()
    lines[5:5] = ["    - src/made/deep/helper.py"]
    lines.append("          - src/made/deep/helper.py")
    assert (tmp_path / "dvc.yaml").read_text().splitlines() == lines
    imports.require_listed(project)
    assert "dvc.yaml: train reads src/made/deep/helper.py; listed under its deps now" in capsys.readouterr().out
    assert not listing.complete(project)


def test_what_cannot_be_added_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deps on one line, and in a workflow, which could not commit it; the file stays as it is."""
    project = write(tmp_path, CODE, ("src/made/train.py",))
    before = (tmp_path / "dvc.yaml").read_text()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(ConfigError, match="`mainline lock` lists it, or add it there"):
        listing.complete(project)
    assert (tmp_path / "dvc.yaml").read_text() == before
    monkeypatch.delenv("GITHUB_ACTIONS")
    (tmp_path / "dvc.yaml").write_text("stages: {train: {cmd: train, deps: [src/made/train.py]}}\n")
    with pytest.raises(ConfigError, match="does not list it under deps"):
        listing.complete(Project(tmp_path))
    assert (tmp_path / "dvc.yaml").read_text() == "stages: {train: {cmd: train, deps: [src/made/train.py]}}\n"
