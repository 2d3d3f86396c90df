"""A person's file while they label; and two people who label at once."""

import os
from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline.errors import ConfigError, MainlineError
from mainline.label import book, files, people
from mainline.label.book import Book
from mainline.label.files import Vote
from mainline.project import Project
from mainline.tools import git

TOP = Path(__file__).parents[3]


def vote(row: str, by: str, label: str = "cat") -> Vote:
    """A vote of now."""
    return Vote(row, label, by, files.now(), "queue", None)


def test_each_vote_is_a_line(tmp_path: Path) -> None:
    """The file and its folder are made with the first one; a line that lacks its end gets it."""
    project = Project(tmp_path)
    anna = Book(project, "anna")
    anna.add(vote("a", "anna"))
    file = tmp_path / "labels/anna.jsonl"
    file.write_text(file.read_text().rstrip())  # as an editor may leave it
    anna.add(vote("b", "anna"))
    assert [each.row for each in files.read(project, "anna")] == ["a", "b"]


def test_git_may_put_another_file_in_its_place(tmp_path: Path) -> None:
    """As a pull does, while the page is open: the next vote goes below what is there then."""
    project = Project(tmp_path)
    anna = Book(project, "anna")
    anna.add(vote("a", "anna"))
    other = tmp_path / "other"
    other.write_text(files.written(vote("z", "anna")) + "\n")
    os.replace(other, tmp_path / "labels/anna.jsonl")
    anna.add(vote("b", "anna"))
    assert [each.row for each in files.read(project, "anna")] == ["z", "b"]


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is as long as it was, and the next vote is a whole line again."""
    project = Project(tmp_path)
    anna = Book(project, "anna")
    anna.add(vote("a", "anna"))
    before, write = (tmp_path / "labels/anna.jsonl").read_bytes(), os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, content: write(handle, content[:9]))
        with pytest.raises(OSError, match="disk is full"):
            anna.add(vote("b", "anna"))
    assert (tmp_path / "labels/anna.jsonl").read_bytes() == before
    with pytest.raises(ConfigError, match="by is 'bert'"):
        anna.add(vote("b", "bert"))
    assert (tmp_path / "labels/anna.jsonl").read_bytes() == before


def test_one_page_a_person(tmp_path: Path) -> None:
    """Another person has one of their own; a page that has ended leaves the next one in."""
    project = Project(tmp_path)
    refused = pytest.raises(MainlineError, match="anna has a page open here already")
    with book.alone(project, "anna"), book.alone(project, "bert"), refused, book.alone(project, "anna"):
        pass
    with book.alone(project, "anna"):
        pass


def test_two_people_meet_no_conflict(tmp_path: Path) -> None:
    """Nor does one person in two clones: all lines of both are in the merge, by the template's own .gitattributes."""
    root = with_origin(tmp_path)
    (root / ".gitattributes").write_bytes((TOP / ".gitattributes").read_bytes())
    (root / "labels").mkdir()
    (root / "labels/carl.jsonl").write_text(files.written(vote("a", "carl")) + "\n")
    commit_all(root, "Begin")
    git.git("push", "--quiet", "origin", "main", root=root)
    second = tmp_path / "second"
    git.git("clone", "--quiet", str(tmp_path / "origin.git"), str(second), root=tmp_path)
    for clone, name in ((root, "anna"), (second, "bert")):
        for by in (name, "carl"):
            for row in ("b", "c"):
                Book(Project(clone), by).add(vote(f"{row} of {name}", by))
        commit_all(clone, f"Label as {name}")
    git.git("push", "--quiet", "origin", "main", root=root)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@localhost"]
    git.git(*identity, "pull", "--quiet", "--no-rebase", "--no-edit", "origin", "main", root=second)
    found = {name: sorted(each.row for each in files.read(Project(second), name)) for name in ("anna", "bert", "carl")}
    theirs = {name: [f"b of {name}", f"c of {name}"] for name in ("anna", "bert")}
    assert found == theirs | {"carl": ["a", *sorted(theirs["anna"] + theirs["bert"])]}


def test_a_name_names_a_file(tmp_path: Path) -> None:
    """Git's user.name in small plain letters; what is said goes before it, and must be a name of a person."""
    root = with_origin(tmp_path)
    project = Project(root)
    git.git("config", "user.name", "Ana María O'Neil", root=root)
    assert people.named(project, None) == "ana-maria-o-neil"
    assert people.named(project, "anna") == "anna"
    for said in ("Anna", "../anna", "rule:short", "a b"):
        with pytest.raises(ConfigError):
            people.named(project, said)
    with pytest.raises(ConfigError, match="say --as ana-maria"):
        people.named(project, "Ana María")
    git.git("config", "user.name", "李", root=root)
    with pytest.raises(ConfigError, match="--as NAME"):
        people.named(project, None)
