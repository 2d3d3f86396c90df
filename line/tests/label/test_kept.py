"""Votes are only ever added."""

from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.errors import Refused
from mainline.label import kept
from mainline.project import Project
from mainline.tools import git

ONE, TWO, THREE = b'{"row": "1"}\n', b'{"row": "2"}\n', b'{"row": "3"}\n'


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (ONE + TWO, None),
        (ONE + TWO + THREE, None),
        (THREE + ONE + THREE + TWO, None),
        (ONE, 2),
        (b"", 1),
        (TWO + ONE, 2),
        (ONE + TWO.replace(b"2", b"4"), 2),
        (ONE + TWO.rstrip() + b"0\n", 2),
    ],
    ids=["same", "more", "merged", "shorter", "gone", "moved", "edited", "longer"],
)
def test_every_line_is_there_in_its_order(after: bytes, line: int | None) -> None:
    """What another branch has brought may stand between."""
    assert kept.first_lost(ONE + TWO, after) == line


def test_a_line_without_an_end_is_one() -> None:
    """And not the beginning of another."""
    assert kept.first_lost(b"{}", b"{}\n{}\n") is None
    assert kept.first_lost(b"{}", b"{}0\n") == 1


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A branch that left main, where anna has voted twice."""
    git.git("init", "--quiet", "--initial-branch=main", str(tmp_path), root=tmp_path)
    (tmp_path / "labels").mkdir()
    (tmp_path / ".gitattributes").write_text("*.jsonl -text\n/labels/**/*.jsonl merge=union\n")
    (tmp_path / "labels/anna.jsonl").write_bytes(ONE + TWO)
    commit_all(tmp_path, "Begin")
    git.git("switch", "--quiet", "--create", "branch", root=tmp_path)
    return Project(tmp_path)


def test_an_edited_file_is_refused_with_its_line(project: Project) -> None:
    """In the tree, and as a commit has it; a file that is gone, too."""
    kept.require_kept(project, "main")
    (project / "labels/anna.jsonl").write_bytes(ONE + THREE)
    with pytest.raises(Refused, match=r"labels/anna.jsonl: line 2 of \w{8} is edited, moved or gone"):
        kept.require_kept(project, "main")
    kept.require_kept(project, "main", "HEAD")
    (project / "labels/anna.jsonl").unlink()
    commit_all(project.root, "Drop")
    with pytest.raises(Refused, match=r"line 1 of"):
        kept.require_kept(project, "main", "HEAD")


def test_two_branches_that_add_meet_no_conflict(project: Project) -> None:
    """Git keeps the lines of both, and none counts as moved."""
    (project / "labels/anna.jsonl").write_bytes(ONE + TWO + THREE)
    commit_all(project.root, "Vote")
    git.git("switch", "--quiet", "main", root=project.root)
    (project / "labels/anna.jsonl").write_bytes(ONE + TWO + b"{}\n")
    commit_all(project.root, "Vote elsewhere")
    git.git("switch", "--quiet", "branch", root=project.root)
    git.git("-c", "user.name=T", "-c", "user.email=t@localhost", "merge", "--quiet", "main", root=project.root)
    assert sorted((project / "labels/anna.jsonl").read_bytes().splitlines(keepends=True)) == [ONE, TWO, THREE, b"{}\n"]
    kept.require_kept(project, "main")
