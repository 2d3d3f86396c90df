"""`mainline monitor --fold`: counts a folder of records by hand, and sends the counts."""

import os
from pathlib import Path

import pytest

from line.tests.monitor.profiles.recorded import labelled, predicted, write
from mainline.cli import main
from mainline.monitor.profiles import profile
from mainline.tools import git


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a remote; one is in it."""
    git.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"), root=tmp_path)
    git.git("init", "--quiet", str(tmp_path / "project"), root=tmp_path)
    git.git("remote", "add", "origin", "../remote.git", root=tmp_path / "project")
    (tmp_path / "project/dvc.yaml").write_text("stages: {}\n")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def monitor(*arguments: object) -> int:
    """Run the verb, and answer its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["monitor", *map(str, arguments)])
    return int(ended.value.code or 0)


def test_a_folder_is_counted_and_sent(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what it counted, what not, and what it sent; a second time there is nothing to do."""
    path = write(tmp_path / "records", "1", predicted("a"), predicted("b", days=1), labelled("a"))
    path.write_bytes(path.read_bytes() + b"{\n")
    assert monitor("--fold", tmp_path / "records") == 0
    said = capsys.readouterr()
    assert "counted: 2 rows, 1 labels, of 2026-03-02 to 2026-03-03; passed over: 1 lines" in said.out
    assert "1 lines are passed over, damaged" in said.err
    assert "days" in said.out.splitlines()[-1]
    assert profile.read(project).labels("v1", profile.read(project).days("v1")).sum() == 1
    assert (project / ".mainline/host/monitor.db").exists()
    assert monitor("--fold", tmp_path / "records") == 0
    assert "counted: 0 rows, 0 labels; passed over: 0 lines" in capsys.readouterr().out


def test_the_agents_own_repository_and_folder_are_used(project: Path, tmp_path: Path) -> None:
    """On a host there may be no project beside them."""
    state = tmp_path / "state"
    git.git("clone", "--quiet", "--bare", str(tmp_path / "remote.git"), str(state / "repo.git"), root=tmp_path)
    write(tmp_path / "records", "1", predicted("a"))
    os.chdir(tmp_path)
    assert monitor("--fold", tmp_path / "records", "--state", state) == 0
    assert profile.read(project).versions == ("v1",)


def test_a_folder_that_is_not_there_is_one_line(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be misspelt."""
    assert monitor("--fold", "nowhere") == 1
    assert "nowhere: no such folder" in capsys.readouterr().err


def test_a_folder_without_records_is_told(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the one above it: that today is sent empty would hide that nothing is counted."""
    write(tmp_path / "records", "1", predicted("a"))
    assert monitor("--fold", tmp_path) == 0
    assert "holds no records-*.jsonl" in capsys.readouterr().err
    assert monitor("--fold", tmp_path / "records") == 0
    assert "holds no" not in capsys.readouterr().err


def test_git_away_keeps_what_was_counted(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line; the next call sends it."""
    write(tmp_path / "records", "1", predicted("a"))
    (tmp_path / "remote.git").rename(tmp_path / "away")
    assert monitor("--fold", tmp_path / "records") == 1
    said = capsys.readouterr()
    assert "counted: 1 rows" in said.out
    assert "cannot be reached, and profiles wait" in said.err
    (tmp_path / "away").rename(tmp_path / "remote.git")
    assert monitor("--fold", tmp_path / "records") == 0
    assert profile.read(project).versions == ("v1",)


@pytest.mark.parametrize("option", ["--json", "--page", "--record", "--issue", "--until=2026-03-01", "--prometheus=x"])
def test_counting_says_no_verdict(
    project: Path, tmp_path: Path, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is about a verdict is refused beside it, before anything is counted."""
    write(tmp_path / "records", "1", predicted("a"))
    assert monitor("--fold", tmp_path / "records", option) == 2
    assert "--fold: counts records, and says no verdict" in capsys.readouterr().err
    assert not (project / ".mainline").exists()
