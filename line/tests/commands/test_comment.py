"""`mainline comment`: one comment a pull request, of bounded size, whoever wrote its text."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.commands import comment
from mainline.errors import ConfigError
from mainline.tools import git

BIN = Path(__file__).parents[1] / "runner/bin"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a report, and a pull request from a fork at its commit."""
    root = tmp_path / "project"
    (root / "report").mkdir(parents=True)
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    (root / "dvc.yaml").write_text("stages: {}\n")
    commit_all(root, "Begin")
    (root / "report/comment.md").write_text("### Better\n")
    for name, value in {"GITHUB_REPOSITORY": "someone/digits", "GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HEAD_BRANCH", "stranger:patch-1")
    monkeypatch.chdir(root)
    head = {"label": "stranger:patch-1", "sha": git.git("rev-parse", "HEAD", root=root)}
    url = "https://github.com/someone/digits/pull/7"
    (tmp_path / "pulls.json").write_text(json.dumps([{"number": 7, "html_url": url, "head": head}]))
    return root


def test_the_second_comment_takes_the_place_of_the_first(
    project: Path, say: Callable[..., str], tmp_path: Path
) -> None:
    """Posted once, then written anew: a pull request has one."""
    assert "commented on" in say("comment")
    (project / "report/comment.md").write_text("### Even better\n")
    assert "commented on https://github.com/someone/digits/pull/7" in say("comment")
    assert (tmp_path / "commented").read_text().split("\n")[:2] == [
        "POST repos/someone/digits/issues/7/comments",
        "PATCH repos/someone/digits/issues/comments/7",
    ]
    assert "Even better" in json.loads((tmp_path / "comments.json").read_text())[0]["body"]


def test_a_pull_request_that_has_moved_on_gets_no_old_news(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor does one of another branch."""
    monkeypatch.setenv("HEAD_COMMIT", "1" * 40)
    assert "no open pull request is at this commit" in say("comment")
    monkeypatch.delenv("HEAD_COMMIT")
    monkeypatch.setenv("HEAD_BRANCH", "stranger:patch-2")
    assert "no open pull request is at this commit" in say("comment")
    assert not (tmp_path / "commented").exists()


def test_what_a_fork_wrote_is_bounded_and_calls_nobody(project: Path) -> None:
    """It fits GitHub's limit, notifies no user or team, and is no link to a file of the machine."""
    path = project / "report/comment.md"
    path.write_text("@someone/team look\n" + "x" * 100_000)
    text = comment.text_of(path)
    assert len(text) < 65_536
    assert text.endswith("(cut here: the whole is in the run's artifact `report`)")
    assert "@someone" not in text
    path.unlink()
    path.symlink_to("/etc/hostname")
    with pytest.raises(ConfigError, match="not here"):
        comment.text_of(path)


def test_a_run_without_a_report_is_no_failure_in_ci(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop the command that writes it is named."""
    (project / "report/comment.md").unlink()
    monkeypatch.setenv("CI", "true")
    assert say("comment").startswith("! report/comment.md: the run left no report")
    monkeypatch.delenv("CI")
    assert "`mainline report` writes it" in say("comment")
