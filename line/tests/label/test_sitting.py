"""`mainline label` as its person meets it in the terminal, and what it makes of the queue."""

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from line.tests.projects import with_origin
from mainline.commands.label import verb
from mainline.errors import ConfigError, MainlineError
from mainline.label import ask, book, files, overlap, sitting, tasks
from mainline.label.files import Vote
from mainline.label.session import Session
from mainline.project import Project
from mainline.tools import process

QUEUED = [  # row_id, how, why, label, answer
    ("a", "queue", "doubted", "cat", "dog"),
    ("b", "blind", "drawn", None, None),
    ("c", "queue", "doubted", "cat", "cat"),
    ("d", "queue", "unsure", None, "dog"),
    ("e", "blind", "tie", None, None),
    ("f", "blind", "drawn", "cat", "dog"),  # what the queue never says; the page would not show it
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose pipeline hands out the queue that lies in it, or says what is wrong."""
    made = with_origin(tmp_path)
    (made / "dvc.yaml").write_text("stages: {}\n")
    (made / "params.yaml").write_text("data: {target: y}\n")
    (made / "data").mkdir()
    pd.DataFrame({"row_id": list("abcdef"), "x": range(6), "y": "cat"}).to_parquet(made / "data/valid.parquet")
    (made / "src/pipeline").mkdir(parents=True)
    (made / "src/pipeline/__init__.py").touch()
    (made / "src/pipeline/__main__.py").write_text(
        "import pathlib, shutil, sys\n"
        "_, count, out, name, *where = sys.argv[1:]\n"
        "if not pathlib.Path('queue.parquet').exists():\n"
        "    sys.exit(f'ERROR: queue {\" \".join([count, out, name, *where])}: data.target: no label is known yet')\n"
        "pathlib.Path('asked').write_text(*where or [''])\n"
        "shutil.copy('queue.parquet', out)\n"
    )
    return made


def queue(root: Path, rows: list[tuple]) -> None:
    """Let the pipeline of a project rank these rows."""
    frame = pd.DataFrame(rows, columns=["row_id", "how", "why", "label", "answer"], dtype="object")
    frame.attrs = {"classes": ["cat", "dog"], "model": "f" * 32, "left": 40}
    frame.to_parquet(root / "queue.parquet")


def test_what_a_person_sees_of_how_a_row_came(root: Path) -> None:
    """The model's answer and the label where the queue lets them; of a blind row neither, whatever else is said."""
    queue(root, QUEUED)
    found = ask.batch(Project(root), "anna", 6)
    assert (found.classes, found.left) == (["cat", "dog"], 40)
    why = {row.row: row.why for row in found.rows}
    assert why["a"] == "The model doubts the label that this row has. It has: cat. The model says: dog."
    assert why["c"].startswith("The model would give this row the label that it has")
    assert why["d"] == "The model is unsure here. The model says: dog."
    assert not [row for row in "bef" if "cat" in why[row] or "dog" in why[row]]
    seen = {row.row: row.seen for row in found.rows}
    assert seen == dict.fromkeys("acd", "f" * 32) | dict.fromkeys("bef")
    assert found.rows[0].cells == {"cells": [("x", "number", "0")]}


@pytest.mark.parametrize("form", ["json", "csv"])
def test_rows_go_out_for_another_tool_to_ask(root: Path, form: str) -> None:
    """With what their columns say and their `row`; never one that is to be asked blind, nor an answer or a label."""
    queue(root, QUEUED)
    out = root / f"rows.{form}"
    assert tasks.write(Project(root), out, "anna", 6) == 3
    if form == "json":
        assert json.loads(out.read_text())[0] == {"data": {"x": "0", "row": "a"}}
    else:
        assert out.read_text().splitlines()[:2] == ["x,row", "0,a"]
    assert not {"cat", "dog", "b", "e", "f"} & set(re.findall(r"\w+", out.read_text()))
    queue(root, [row for row in QUEUED if row[1] == "blind"])
    with pytest.raises(ConfigError, match="are to be asked blind, and the page alone does: mainline label"):
        tasks.write(Project(root), out, "anna", 6)
    with pytest.raises(ConfigError, match=r"--tasks .*rows.txt: .csv, or .json"):
        tasks.write(Project(root), root / "rows.txt", "anna", 6)


def test_skipped_rows_are_not_asked_about_again(root: Path) -> None:
    """In this sitting; where nothing else is left, it says so."""
    queue(root, QUEUED[:3])
    found = ask.batch(Project(root), "anna", 2, {"a"})
    assert [row.row for row in found.rows] == ["b", "c"]
    assert found.left == 39
    with pytest.raises(MainlineError, match=r"every row has your vote.*but for 3 that you skipped"):
        ask.batch(Project(root), "anna", 2, {"a", "b", "c"})


def test_only_rows_that_are_wanted_are_asked_for(root: Path) -> None:
    """The pipeline is told which; of an empty batch it is said which were wanted; without that word it is as ever."""
    with pytest.raises(MainlineError, match=r"^data.target: no label is known yet"):
        ask.batch(Project(root), "anna", 3, where="x > 3: y")
    queue(root, QUEUED)
    assert ask.batch(Project(root), "anna", 3, where="x > 3").rows
    assert (root / "asked").read_text() == "x > 3"
    assert tasks.write(Project(root), root / "rows.csv", "anna", 6, "x > 4")
    assert (root / "asked").read_text() == "x > 4"
    assert ask.batch(Project(root), "anna", 3).rows
    assert (root / "asked").read_text() == ""
    queue(root, [])
    with pytest.raises(MainlineError, match=r"every row has your vote; nothing is left to ask where x > 3$"):
        ask.batch(Project(root), "anna", 3, where="x > 3")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["--where", " "], "--where: says nothing"),
        (["--where", "x > 3", "--export", "votes.csv"], "--where: says which rows are asked about"),
    ],
)
def test_where_goes_with_asking_alone(root: Path, monkeypatch, said: list[str], why: str) -> None:
    """And says something."""
    monkeypatch.chdir(root)
    result = CliRunner().invoke(verb, said)
    assert isinstance(result.exception, ConfigError)
    assert why in str(result.exception)


def test_an_earlier_vote_is_what_undo_goes_back_to(root: Path) -> None:
    """The person's own last one on the row."""
    queue(root, QUEUED)
    files.append(Project(root), "anna", [Vote("c", "dog", "anna", files.now(), "blind")])
    assert {row.row: row.before for row in ask.batch(Project(root), "anna", 3).rows} == {
        "a": None,
        "b": None,
        "c": "dog",
    }


def test_agreement_is_told_of_what_is_not_blind(root: Path) -> None:
    """With each other person by name, and how many shown labels were changed; of blind votes nothing."""
    queue(root, QUEUED)
    project = Project(root)
    for name, labels in {"anna": "dog dog cat", "bert": "dog cat dog"}.items():
        votes = [Vote(*each, name, files.now(), how) for *each, how in zip("abc", labels.split(), HOW, strict=True)]
        files.append(project, name, votes)
    session = Session(lambda *_: None)
    session.begin(ask.batch(project, "anna", 6))
    for at, place in enumerate((1, 1, 0)):
        session.vote(1, at, place)
    assert overlap.told(project, "anna", session) == [
        "Of the 2 labels that were shown, you gave another to 1.",
        "bert and you have labelled 2 rows in common: the same on 1.",
    ]


HOW = ("queue", "blind", "queue")


def test_what_cannot_be_is_one_line(root: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No project, no table, no label, a port that is taken, a page that is open, a file with a line that is none."""
    monkeypatch.setattr("mainline.label.sitting.GRACE", 0.0)
    label = ("label", "--as", "anna", "--no-open")
    monkeypatch.chdir(root)
    said = say(*label)
    assert "no label is known yet" in said
    assert said.startswith("1 ")
    queue(root, [])
    assert "every row has your vote; nothing is left to ask" in say(*label)
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert "in use" in say(*label, "--port", str(other.getsockname()[1]))
    with book.alone(Project(root), "anna"):
        assert "anna has a page open here already" in say(*label)
    (root / "labels").mkdir(exist_ok=True)
    (root / "labels/anna.jsonl").write_text("{\n")
    assert "labels/anna.jsonl, line 1: not JSON" in say(*label)
    (root / "data/valid.parquet").unlink()
    assert "not built yet; first: mainline lock" in say("label", "--as", "bert", "--no-open")
    monkeypatch.chdir(root.parent)
    assert "not in a git repository" in say(*label)


@pytest.mark.slow
def test_ctrl_c_ends_it(root: Path) -> None:
    """With what was written, and exit code 0; the same name may label again at once."""
    queue(root, QUEUED)
    for _ in range(2):
        command = [sys.executable, "-m", "mainline", "label", "--as", "anna", "--no-open"]
        with subprocess.Popen(
            command, cwd=root, env=process.environment(), stdout=subprocess.PIPE, text=True
        ) as running:
            assert "http://127.0.0.1:" in (running.stdout or sys.stdin).readline()
            running.send_signal(signal.SIGINT)
            said, _ = running.communicate(timeout=40)
        assert (running.returncode, "no votes were given" in said) == (0, True), json.dumps(said)


def test_a_broken_file_of_a_colleague_loses_no_vote(root: Path) -> None:
    """The vote is written, the page goes on, and says whose file it is."""
    queue(root, QUEUED[:1])
    (root / "labels").mkdir()
    (root / "labels/ben.jsonl").write_text("<<<<<<< HEAD\n")
    held = sitting.Sitting(Project(root), "anna", 1)
    held.session.begin(ask.batch(Project(root), "anna", 1))
    said = held.serves().told["vote"]({"batch": 1, "at": 0, "label": 1})
    assert said["phase"] == "over"
    assert said["told"] == ["labels/ben.jsonl, line 1: not JSON"]
    assert held.serves().asked["state"]()["told"] == said["told"]
    assert files.read(Project(root), "anna")[0].label == "dog"


def test_a_correction_outlives_what_a_fast_clock_wrote(root: Path) -> None:
    """The page asks anew of a row that a vote of times to come is on, taken back or not; the new one counts."""
    queue(root, QUEUED[:1])
    late = Vote("a", "cat", "anna", "2999-01-01T00:00:00Z", "queue")
    files.append(Project(root), "anna", [late])
    held = sitting.Sitting(Project(root), "anna", 1)
    held.session.begin(ask.batch(Project(root), "anna", 1))
    held.serves().told["vote"]({"batch": 1, "at": 0, "label": 1})
    assert files.last(files.read(Project(root), "anna"))["a"].label == "dog"
