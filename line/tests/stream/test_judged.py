"""`mainline lock`: rows of the source that judged a retraining which was not merged are never sealed."""

from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import edit
from mainline import ledger
from mainline.commands import lock
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.stream import files, take
from mainline.tools import dvc, git

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]
GROWN = {"rows": None}


def sealed(project: Project) -> set[str]:
    """The row ids of people's sealed set."""
    return set(pd.read_parquet(project / take.LABELS)["row_id"])


@pytest.fixture
def judged(project: Path) -> Project:
    """A project whose ledger knows of a retraining that rows of the source judged; the cache alone has them."""
    base = Project(project).lock
    edit(project, data=GROWN)
    grown = lock.refresh(Project(project))
    assert take.from_source(grown, base, 1) > 70
    line = {"kind": "retrain", "number": 1, "until": "", "stream": dvc.md5(project / files.ROWS)}
    assert ledger.append(project, ledger.read(project), line)
    git.git("stash", "--quiet", "--include-untracked", root=project)
    (project / files.ROWS).unlink()
    return lock.refresh(Project(project))


def test_they_are_dev_rows_once_the_source_brings_them(judged: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Git is to know of them; and where all is there already, nothing more is brought."""
    before = sealed(judged)
    edit(judged.root, data=GROWN)
    capsys.readouterr()
    now = lock.refresh(judged.again())
    assert "rows judged a retraining that was not merged" in capsys.readouterr().out
    assert sealed(now) == before
    ids = pd.read_parquet(now / files.ROWS)["row_id"]
    assert ids.str.startswith("asked:1:").all()
    assert set(ids) <= set(pd.read_parquet(now / "data/dev.parquet")["row_id"])
    assert {f"{files.ROWS}.dvc", "dvc.lock"} <= set(now.dirty())
    lock.refresh(now, again=True)
    assert "not merged" not in capsys.readouterr().out
    assert sealed(now) == before


def test_they_are_when_the_source_is_read_again(judged: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Where DVC has seen no change of it, too."""
    capsys.readouterr()
    now = lock.refresh(judged, again=True)
    assert "rows judged a retraining that was not merged" in capsys.readouterr().out
    assert pd.read_parquet(now / files.ROWS)["row_id"].str.startswith("asked:1:").all()


def test_what_does_not_read_the_source_anew_brings_none(judged: Project) -> None:
    """They would be new in a model's own change."""
    edit(judged.root, train={"params": {"max_depth": 3}})
    assert not (lock.refresh(judged.again()) / files.ROWS).exists()


def test_a_build_that_fails_leaves_data_stream_as_it_was(judged: Project) -> None:
    """Nothing is half brought."""
    edit(judged.root, data={**GROWN, "target": "nonsense"})
    with pytest.raises(Exception, match="nonsense"):
        lock.refresh(judged.again())
    assert not [path for path in files.TOUCHED[:-1] if (judged / path).exists()]


def test_a_workflow_which_could_not_commit_them_refuses(judged: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says who can."""
    edit(judged.root, data=GROWN)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(ConfigError, match="run `mainline lock`, and commit data/stream"):
        lock.refresh(judged.again())


def test_a_ledger_that_cannot_be_read_is_a_warning(judged: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and the lock goes on."""
    git.git("remote", "add", "origin", "/nowhere", root=judged.root)
    edit(judged.root, data=GROWN)
    capsys.readouterr()
    lock.refresh(judged.again())
    assert capsys.readouterr().err.count("which rows judged retrainings cannot be told") == 1


def test_without_a_ledger_no_remote_is_asked(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of one that cannot be reached."""
    git.git("remote", "add", "origin", "/nowhere", root=project)
    edit(project, data=GROWN)
    lock.refresh(Project(project))
    assert "retrainings" not in capsys.readouterr().err
