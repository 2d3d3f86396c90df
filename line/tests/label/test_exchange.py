"""Votes come in and go out."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from mainline import cli
from mainline.errors import ConfigError
from mainline.label import exchange, files, people
from mainline.label.files import Vote
from mainline.project import Project
from mainline.tools import git

VOTE = Vote("r1", "yes", "anna", "2026-01-01T00:00:00Z", "blind")
STUDIO = {
    "id": 7,
    "data": {"row": "r1", "text": "good"},
    "annotations": [
        {
            "completed_by": {"id": 1, "email": "Ben@example.org"},
            "was_cancelled": False,
            "updated_at": "2026-01-01T00:00:00.5Z",
            "result": [{"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": ["yes"]}}],
        },
        {"completed_by": 2, "was_cancelled": True, "result": []},
    ],
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose table has the rows r1 to r3."""
    git.git("init", "--quiet", str(tmp_path), root=tmp_path)
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"row_id": ["r1", "r2", "r3"]}), tmp_path / exchange.TABLE)
    return Project(tmp_path)


@pytest.mark.parametrize("form", ["votes.csv", "votes.json"])
def test_what_goes_out_comes_in_as_it_was(project: Project, tmp_path: Path, form: str) -> None:
    """Last votes alone, of people and rules, words and numbers; a second time nothing is new."""
    files.append(project, "anna", [VOTE, replace(VOTE, row="r2", label=3), replace(VOTE, row="r3", label='a, "b"')])
    files.append(project, "anna", [replace(VOTE, label="no", at="2026-01-02T00:00:00.250000Z")])
    files.append(project, "rule:short", [replace(VOTE, by="rule:short", label=True)])
    assert exchange.export(project, tmp_path / form) == 4
    before = {name: files.last(files.read(project, name)) for name in files.names(project)}
    assert exchange.take(project, tmp_path / form, None) == {"anna": 0, "rule:short": 0}
    for name in before:
        (project / files.path(name)).unlink()
    assert exchange.take(project, tmp_path / form, None) == {"anna": 3, "rule:short": 1}
    for name, votes in before.items():
        for row, vote in files.last(files.read(project, name)).items():
            assert (vote.at, vote.by, vote.how) == (votes[row].at, name, "import")
            assert str(vote.label) == str(votes[row].label)


def test_label_studios_own_export_is_read(project: Project, tmp_path: Path) -> None:
    """An address names a person; what was skipped is no vote."""
    (tmp_path / "x.json").write_text(json.dumps([STUDIO]))
    assert exchange.take(project, tmp_path / "x.json", None) == {"ben": 1}
    assert files.read(project, "ben") == [Vote("r1", "yes", "ben", "2026-01-01T00:00:00.500000Z", "import")]


def test_a_file_may_leave_out_who_and_when(project: Project, tmp_path: Path) -> None:
    """--by says who, now is when; a row without a label says nothing, and a rule is a voter like others."""
    (tmp_path / "x.csv").write_text("\ufeffrow_id,label\nr1,yes\nr2,\nr3,no\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"x.csv, line 2: does not say by whom; say it with --by NAME"):
        exchange.take(project, tmp_path / "x.csv", None)
    assert exchange.take(project, tmp_path / "x.csv", "rule:short") == {"rule:short": 2}
    assert exchange.take(project, tmp_path / "x.csv", "rule:short") == {"rule:short": 0}


def test_rows_that_left_the_table_are_left_out(project: Project, tmp_path: Path, capsys) -> None:
    """With a word; where no row is of the table, it is no file of this project's."""
    (tmp_path / "x.csv").write_text("row,label,by\nr1,yes,anna\ngone,no,anna\n")
    assert exchange.take(project, tmp_path / "x.csv", None) == {"anna": 1}
    assert "1 rows are not in data/valid.parquet, and left out, the first 'gone'" in capsys.readouterr().err
    (tmp_path / "x.csv").write_text("row,label,by\ngone,no,anna\n")
    with pytest.raises(ConfigError, match="row 'gone' is not in"):
        exchange.take(project, tmp_path / "x.csv", None)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("x.txt", "", ".csv, or .json"),
        ("x.csv", "row,by\nr1,anna\n", "no column 'label'"),
        ("x.csv", "row,label,by\nr1,yes,anna\nr2,yes\n", "line 3: has another number of fields"),
        ("x.csv", "row,label,by,at\nr1,yes,anna,\nr2,yes,anna,soon\n", "line 3: at: 'soon' is no time"),
        ("x.csv", 'row,label,by\nr1,"yes,anna\n', "line 2"),
        ("x.csv", "row,label,by\nr1,yes,anna\n,yes,anna\n", "line 3: row: must be"),
        ("x.csv", "row,label,by\nr1,yes,???\n", "names no file of votes"),
        ("x.json", "{", "not JSON"),
        ("x.json", "{}", "not a list of tasks"),
        ("x.json", json.dumps([STUDIO, {"data": {}}]), "task 2: needs data.row"),
        (
            "x.json",
            json.dumps([STUDIO | {"annotations": [{"result": [{"value": {"choices": ["a", "b"]}}]}]}]),
            "task 1: 2 choices in one annotation",
        ),
    ],
    ids=["form", "column", "short", "time", "quote", "row", "name", "json", "list", "task", "choices"],
)
def test_what_is_no_vote_is_named_and_nothing_is_written(
    project: Project, tmp_path: Path, name: str, text: str, said: str
) -> None:
    """By its line, or the number of its task."""
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigError, match=said):
        exchange.take(project, tmp_path / name, None)
    assert not (project / "labels").exists()


def test_an_old_vote_comes_in_once(project: Project, tmp_path: Path) -> None:
    """One that a later vote outdoes is kept, and taken again it is not new."""
    files.append(project, "anna", [replace(VOTE, label="no", at="2026-01-02T00:00:00Z")])
    source = tmp_path / "votes.csv"
    source.write_text("row,label,by,at\nr1,yes,anna,2026-01-01T02:00:00+02:00\n")
    assert [exchange.take(project, source, None)["anna"] for _ in range(3)] == [1, 0, 0]
    assert files.last(files.read(project, "anna"))["r1"].label == "no"


def test_no_vote_comes_from_times_to_come(project: Project, tmp_path: Path) -> None:
    """Nothing that is said until then would count."""
    source = tmp_path / "votes.csv"
    source.write_text("row,label,by,at\nr1,yes,anna,2999-01-01T00:00:00Z\n")
    with pytest.raises(ConfigError, match=r"line 2: at: '2999-01-01T00:00:00Z' is yet to come"):
        exchange.take(project, source, None)
    assert not (project / "labels").exists()


def test_a_name_is_that_of_the_page(project: Project, tmp_path: Path) -> None:
    """Whoever labels on the page as ana-maria is nobody else in a file from elsewhere."""
    source = tmp_path / "votes.csv"
    source.write_text("row,label,by\nr1,yes,Ana María\n", encoding="utf-8")
    assert list(exchange.take(project, source, None)) == [people.of_git("Ana María")] == ["ana-maria"]


def test_what_cannot_be_written_is_said_in_a_line(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is not there, or a file where labels/ would be."""
    monkeypatch.chdir(project.root)
    (project / "dvc.yaml").write_text("stages: {}\n")
    (project / "params.yaml").write_text("data: {target: y}\n")
    told = CliRunner().invoke(cli.cli, ["label", "--export", "nowhere/votes.csv"], standalone_mode=False)
    assert isinstance(told.exception, ConfigError), told.exception
    assert re.fullmatch(r"nowhere/votes.csv.partial: No such file or directory.*", str(told.exception))
    (project / "labels").touch()
    (project / "votes.csv").write_text("row,label,by\nr1,yes,anna\n")
    told = CliRunner().invoke(cli.cli, ["label", "--import", "votes.csv"], standalone_mode=False)
    assert isinstance(told.exception, ConfigError), told.exception
