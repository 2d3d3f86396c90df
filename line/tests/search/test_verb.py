"""`mainline search` on a built project, from the first trial to params.yaml."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from line.tests.projects import edit
from mainline import cli
from mainline.errors import StaleLock
from mainline.project import Project
from mainline.search import found
from mainline.tools import dvc

MODELS = [{"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": [4, 6, 10]}}]


def asked(*words: str) -> tuple[int, str, str]:
    """The exit code of `mainline search`, what it said, and what went wrong."""
    done = CliRunner().invoke(cli.cli, ["search", *words])
    error = f"{done.exception}" if done.exception else ""
    return getattr(done.exception, "exit_code", done.exit_code), done.output, error


@pytest.mark.slow
def test_a_search_is_told_and_taken(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page and JSON; --take writes the trial into params.yaml and models/search.json, twice the same."""
    monkeypatch.chdir(project)
    edit(project, search={"folds": 2, "models": MODELS})
    code, said, error = asked("--trials", "2", "--json")
    assert code == 0, error
    told = json.loads(said[said.index("{") :])
    assert len(told["trials"]) == 5
    assert told["budget"] == {"minutes": None, "trials": 2}
    assert told["dev"] is not None
    assert told["train_rows"] == dvc.md5(project / "data/train.parquet")
    page = (project / "report/search.html").read_text()
    assert "on the dev rows" in page
    before = (project / "params.yaml").read_text()
    wanted = told["trials"][3]
    code, said, error = asked("--take", "3")
    assert code == 0, error
    assert "mainline lock" in said
    after = (project / "params.yaml").read_text()
    assert [each for each in before.splitlines() if "#" in each and "params" not in each] == [
        each for each in after.splitlines() if "#" in each and "params" not in each
    ]
    kept = json.loads((project / "models/search.json").read_text())
    assert kept["train"] == wanted["train"]
    assert kept["score"] == wanted["score"]
    assert set(kept) == {
        *("date", "metric", "score", "se", "trials", "minutes", "budget", "folds", "train_rows", "models", "train")
    }
    assert asked("--take", "3")[0] == 0
    assert (project / "params.yaml").read_text() == after
    assert asked("--take", "77")[0] == 2


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_found(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that the same command goes on, and the page is there; no process is left."""
    monkeypatch.chdir(project)
    edit(project, search={"folds": 2, "minutes": 5})
    running = subprocess.Popen(
        [sys.executable, "-m", "mainline", "search"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert running.stderr is not None
    while "trial 2" not in running.stderr.readline():
        assert running.poll() is None
    os.kill(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert (project / "report/search.html").exists()
    time.sleep(1)
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)


def test_what_is_not_built_or_searched_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to take without a search, none without rows, and no option beside --take."""
    monkeypatch.chdir(project)
    assert "no search was here yet" in asked("--take")[2]
    assert "searches no further" in asked("--take", "--minutes", "3")[2]
    (project / "dvc.lock").unlink()
    code, _, error = asked("--trials", "1")
    assert code == 2
    assert "nothing is built yet; run `mainline lock`" in error


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"train_rows": "x"}'])
def test_what_a_search_kept_is_refused_where_it_is_damaged(
    project: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Whatever stands there instead; the next search writes it anew."""
    monkeypatch.chdir(project)
    (project / ".mainline").mkdir(exist_ok=True)
    (project / ".mainline/search.json").write_text(text, encoding="utf-8")
    code, _, error = asked("--take")
    assert (code, error) == (2, ".mainline/search.json: damaged; `mainline search` writes it anew")


def test_a_search_of_another_file_than_is_here_is_refused(project: Path) -> None:
    """What a model's parameters name: the trial that is taken would be another model. The same file is fine."""
    net = project / "models/net.onnx"
    net.write_bytes(b"a network")
    said = dict.fromkeys(found.KEYS) | {"train_rows": dvc.md5(project / found.ROWS)}
    (project / ".mainline").mkdir(exist_ok=True)
    (project / found.FOUND).write_text(json.dumps(said | {"files": {"models/net.onnx": dvc.md5(net)}}))
    assert found.read(Project(project))["files"]
    for change in (lambda: net.write_bytes(b"another"), net.unlink):
        change()
        with pytest.raises(StaleLock, match=r"search\.json: of another models/net\.onnx than is here; run `mainline s"):
            found.read(Project(project))


def test_a_folder_where_a_search_keeps_its_file_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do; no traceback."""
    monkeypatch.chdir(project)
    (project / ".mainline/search.json").mkdir(parents=True)
    code, _, error = asked("--take")
    assert code == 2
    assert "search.json: cannot be read (Is a directory); delete it" in error
