"""The files of votes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mainline.errors import ConfigError
from mainline.label import files
from mainline.label.files import Vote
from mainline.project import Project

VOTE = Vote("r1", "yes", "anna", "2026-01-01T00:00:00Z", "blind")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder without labels."""
    return Project(tmp_path)


def test_votes_are_added_below_those_before(project: Project) -> None:
    """As lines of JSON, one file a person, in words of any language."""
    files.append(project, "anna", [VOTE, replace(VOTE, row="r2", label="größer")])
    files.append(project, "anna", [replace(VOTE, label=None, at=files.now())])
    said = files.read(project, "anna")
    assert [vote.label for vote in said] == ["yes", "größer", None]
    assert list(files.last(said)) == ["r2"]
    first = (project / "labels/anna.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(first) == {
        "row": "r1", "label": "yes", "by": "anna", "at": "2026-01-01T00:00:00Z", "how": "blind", "seen": None
    }  # fmt: skip


def test_a_last_line_without_an_end_gets_one(project: Project) -> None:
    """Two votes never share a line."""
    (project / "labels").mkdir()
    (project / "labels/anna.jsonl").write_text(files.written(VOTE))
    files.append(project, "anna", [replace(VOTE, row="r2")])
    assert len(files.read(project, "anna")) == 2


def test_people_come_before_rules(project: Project) -> None:
    """A rule's file is in a folder of its own, as a colon is in no name of a file."""
    for name in ("rule:short", "ben", "anna"):
        files.append(project, name, [replace(VOTE, by=name)])
    assert files.names(project) == ["anna", "ben", "rule:short"]
    assert (project / "labels/rules/short.jsonl").exists()


def test_no_vote_of_somebody_else_gets_in(project: Project) -> None:
    """And then none of them does."""
    with pytest.raises(ConfigError, match="vote 2: by is 'ben', and the file is anna's"):
        files.append(project, "anna", [VOTE, replace(VOTE, by="ben")])
    assert not (project / "labels").exists()


@pytest.mark.parametrize(
    "name", ["", "Anna", "../x", "a/b", "rule:", "-", "a b", "dot."], ids=list("abcdefgh")
)  # fmt: skip
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    """Wherever labels are read: capitals differ on one machine and not on the next."""
    with pytest.raises(ConfigError, match="names no file of votes"):
        files.path(name)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("3", "not an object"),
        ('{"x": 1}', "no such key: 'x'"),
        ('{"row": "r1"}', "lacks 'label'"),
        (files.written(replace(VOTE, row="")), "row: must be"),
        (files.written(replace(VOTE, label=" ")), "label: must be"),
        (files.written(replace(VOTE, label=float("inf"))), "label: must be"),
        (files.written(replace(VOTE, how="x")), "how: must be one of"),
        (files.written(VOTE).replace("null", "7"), "seen: must be"),
        (files.written(replace(VOTE, at="2026-01-01T00:00:00")), "at: no time"),
        (files.written(replace(VOTE, row="r" * 10_000)), "over 10,000 characters"),
    ],
    ids=["json", "number", "key", "absent", "row", "blank", "infinite", "how", "seen", "zone", "long"],
)
def test_a_line_that_is_no_vote_is_named(project: Project, line: str, said: str) -> None:
    """With its file and number, before anything is written below it."""
    (project / "labels").mkdir()
    (project / "labels/anna.jsonl").write_text(f"{files.written(VOTE)}\n{line}\n")
    with pytest.raises(ConfigError, match=f"labels/anna.jsonl, line 2: {said}"):
        files.append(project, "anna", [VOTE])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"row": "caf\xe9"}', "line 1: not UTF-8"),
        (json.dumps({**VOTE.__dict__, "row": "\ud800"}).encode(), "line 1: row: must be"),
        (json.dumps({**VOTE.__dict__, "label": "\ud800"}).encode(), "line 1: label: must be"),
        (json.dumps({**VOTE.__dict__, "label": "\0"}).encode(), "line 1: label: must be"),
    ],
    ids=["latin", "row", "label", "nul"],
)
def test_what_no_text_can_hold_is_no_vote(project: Project, line: bytes, why: str) -> None:
    """Other bytes than UTF-8, half a letter, a zero."""
    (project / "labels").mkdir()
    (project / "labels/anna.jsonl").write_bytes(line)
    with pytest.raises(ConfigError, match=why):
        files.read(project, "anna")


def test_a_link_is_nobodys_file(project: Project, tmp_path: Path) -> None:
    """It could name any file of this machine."""
    (project / "labels").mkdir()
    (tmp_path / "elsewhere").write_text(files.written(VOTE))
    (project / "labels/anna.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match=r"labels/anna.jsonl: no plain file"):
        files.append(project, "anna", [VOTE])


def test_no_vote_is_before_one_that_a_fast_clock_wrote(project: Project) -> None:
    """Its correction is as late, and stands below it."""
    late = "2999-01-01T00:00:00Z"
    assert files.now(late) == late
    files.append(project, "anna", [replace(VOTE, at=late), replace(VOTE, label="no", at=files.now(late))])
    assert files.last(files.read(project, "anna"))["r1"].label == "no"
    assert files.now("2026-01-01T00:00:00+02:00") > "2026-01-01"
