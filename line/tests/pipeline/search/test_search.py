"""A search as it runs: what it tries, names, survives and refuses, on small tables and real processes."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.errors import DataError, ModelError, ParamsError
from pipeline.params import Params
from pipeline.search import found, setup
from pipeline.stages import search
from pipeline.table import tables
from tests.pipeline.conftest import Settings

SRC = Path(__file__).parents[4] / "src"
TREE = {"estimator": "sklearn.tree.DecisionTreeClassifier", "params": {"max_depth": {"low": 1, "high": 8}}}
SLOW = """
import time
from sklearn.tree import DecisionTreeClassifier


class Slow(DecisionTreeClassifier):
    def fit(self, X, y):
        time.sleep(0.05)
        return super().fit(X, y)
"""


@pytest.fixture
def rows(mixed: pd.DataFrame, folder: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    """The table, as split leaves it, in the current folder; what is recorded, is in no record of ours."""
    frame = mixed.drop(columns=["note", "since"])
    tables.write(frame, setup.TRAIN)
    monkeypatch.setattr("pipeline.search.record.trials", lambda *_: "not recorded")
    return frame


def told() -> dict[str, Any]:
    """What the search has kept for its verb."""
    said: dict[str, Any] = json.loads(search.FOUND.read_text())
    return said


def searched(params: Params, trials: str = "-") -> dict[str, Any]:
    """What a search finds."""
    search.run(params, "-", trials)
    return told()


def test_three_are_tried_in_any_case_and_then_the_models(rows: pd.DataFrame, settings: Settings) -> None:
    """A guess, a linear model and today's train come first; the same again adds nothing, more trials go on."""
    params = settings(search={"folds": 2, "trials": 2, "models": [TREE]})
    first = searched(params)
    assert [each["kind"] for each in first["trials"]] == ["dummy", "linear", "today", "", ""]
    assert first["trials"][2]["today"]
    assert first["metric"] == "log_loss"
    assert searched(params) == first
    more = searched(params, "4")
    assert more["trials"][:5] == first["trials"]
    assert len(more["trials"]) == 7


def test_a_small_space_is_tried_once(rows: pd.DataFrame, settings: Settings) -> None:
    """No setting is fitted twice, and where there is no other the search is over."""
    choices = {"estimator": TREE["estimator"], "params": {"max_depth": [1, 2, 3]}}
    found = searched(settings(search={"folds": 2, "trials": 50, "models": [choices]}))
    assert sorted(each["train"]["params"]["max_depth"] for each in found["trials"][3:]) == [1, 2, 3]


def test_after_a_take_the_same_search_goes_on(rows: pd.DataFrame, settings: Settings) -> None:
    """Where today's train becomes a trial's, it is that trial, and no other is tried for it."""
    section = {"folds": 2, "trials": 2, "models": [TREE]}
    first = searched(settings(search=section))
    taken = first["trials"][3]["train"]
    again = searched(settings(search=section, train={"params": taken["params"]}))
    assert again["study"] == first["study"]
    assert len(again["trials"]) == 5
    assert [each["today"] for each in again["trials"]] == [False, False, False, True, False]


@pytest.mark.parametrize(
    ("scores", "seconds", "wanted"),
    [
        ((0.50, 0.52, 0.60), (9.0, 2.0, 1.0), 1),
        ((0.50, 0.58, 0.60), (9.0, 2.0, 1.0), 0),
        ((0.50, 0.52, 0.51), (3.9, 2.0, 2.1), 0),
        ((0.50, 0.52, 0.51), (4.1, 2.0, 2.1), 2),
    ],
)
def test_named_is_the_cheapest_within_one_standard_error_give_or_take_half(
    scores: Sequence[float], seconds: Sequence[float], wanted: int
) -> None:
    """Cheaper ones that are worse by more are not, nor what was faster by chance; either way round of the metric."""
    for sign in (1, -1):
        trials = [
            {"number": at, "score": sign * score, "se": 0.03, "fit_seconds": cost}
            for at, (score, cost) in enumerate(zip(scores, seconds, strict=True))
        ]
        trials.append({"number": 9, "score": None, "se": None, "fit_seconds": 0.0})
        named = found.named(trials, lower=sign == 1)
        assert named is not None
        assert named["number"] == wanted


def test_a_failed_trial_is_a_line(rows: pd.DataFrame, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """It stands there with its reason, and the others are tried."""
    broken = {"estimator": TREE["estimator"], "params": {"max_depth": [-1, 1, 2, 3]}}
    found = searched(settings(search={"folds": 2, "trials": 10, "models": [broken]}))
    failed = [each for each in found["trials"] if each["score"] is None]
    assert [each["train"]["params"]["max_depth"] for each in failed] == [-1]
    assert "max_depth" in failed[0]["reason"]
    assert "DecisionTreeClassifier, failed: " in capsys.readouterr().out


def test_where_all_fail_the_search_fails(rows: pd.DataFrame, settings: Settings) -> None:
    """The baselines do not count: of the models that were asked for, none can be had."""
    broken = {"estimator": TREE["estimator"], "params": {"max_depth": [-1, -2]}}
    with pytest.raises(ModelError, match=r"all 2 trials failed; the first: .*max_depth"):
        searched(settings(search={"folds": 2, "models": [broken]}), "5")


@pytest.mark.parametrize(
    ("section", "why"),
    [
        ({"models": [{"estimator": "sklearn.tree.DecisionTreeClassifer"}]}, "did you mean 'DecisionTreeClassifier'"),
        ({"models": [{**TREE, "params": {"max_deep": [1]}}]}, "no parameter 'max_deep'; did you mean 'max_depth'"),
        ({"models": [{"estimator": "sklearn.linear_model.Ridge"}]}, "is no classifier"),
        ({"models": [{**TREE, "columns": {"nowhere": {"clip": [0.1, 0.9]}}}]}, "nowhere"),
        ({"metric": "rmse"}, "'rmse' is none of the task binary"),
        ({"metric": "acuracy"}, "did you mean 'accuracy'"),
    ],
)
def test_what_cannot_work_is_refused_before_the_first_fit(
    rows: pd.DataFrame, settings: Settings, section: dict[str, Any], why: str
) -> None:
    """An unknown estimator, parameter or column, another task's, a metric that is none; with the nearest name."""
    with pytest.raises(ParamsError, match=why):
        search.run(settings(search={"folds": 2, **section}), "-", "1")
    assert not search.FOUND.exists()


def test_more_folds_than_rows_of_a_class_are_refused(rows: pd.DataFrame, settings: Settings) -> None:
    """The rarest class has a row for each fold, or there is no search."""
    few = pd.concat([rows[rows["label"] == "no"], rows[rows["label"] == "yes"].head(3)])
    tables.write(few, setup.TRAIN)
    with pytest.raises(ParamsError, match=r"'yes' in 3 training rows; take fewer, by search\.folds"):
        search.run(settings(search={"folds": 5}), "-", "1")


def test_other_code_begins_another_search(rows: pd.DataFrame, settings: Settings) -> None:
    """Of the pipeline, which a score hangs on; the service's may change."""
    task = setup.task(settings())
    known = setup.models(task)
    before = setup.name(task, known)
    Path("src/service").mkdir(parents=True)
    Path("src/service/app.py").write_text("x = 1\n")
    assert setup.name(task, known) == before
    Path("src/own.py").write_text("x = 1\n")
    assert setup.name(task, known) != before


@pytest.mark.parametrize("place", ["train", "search"])
def test_another_file_under_the_same_name_begins_another_search(
    place: str, rows: pd.DataFrame, settings: Settings
) -> None:
    """Of what today's train names, and of what the models to try do; the same one under that name does not."""
    named = {"estimator": "pipeline.model.onnx.Onnx", "params": {"file": "net.onnx"}}
    params = settings(**({"train": named} if place == "train" else {"search": {"models": [named]}}))
    task = setup.task(params)
    known = setup.models(task)
    Path("net.onnx").write_bytes(b"a network")
    before = setup.name(task, known)
    Path("net.onnx").write_bytes(b"a network")
    assert setup.name(task, known) == before
    Path("net.onnx").write_bytes(b"another")
    assert setup.name(task, known) != before
    assert setup.files(task, known) == {"net.onnx": setup.md5(Path("net.onnx"))}


def test_where_nothing_is_built_it_says_so(folder: Path, settings: Settings) -> None:
    """There are no rows before `mainline lock`."""
    with pytest.raises(DataError, match="run `mainline lock`"):
        search.run(settings(), "-", "1")


def test_a_damaged_store_says_what_to_do(rows: pd.DataFrame, settings: Settings) -> None:
    """One line, with the file and the way out."""
    Path(".mainline").mkdir()
    Path(".mainline/search.db").write_bytes(b"no database " * 500)
    with pytest.raises(ModelError, match=r"search\.db: cannot be used \(.*\); delete it"):
        search.run(settings(search={"folds": 2}), "-", "1")


def test_every_metric_is_one_that_the_stages_measure(mixed: pd.DataFrame, settings: Settings) -> None:
    """What may be searched by is what metrics/dev.json holds, by task."""
    from pipeline.model import fitting, metrics, predicting

    for task in ("binary", "multiclass", "regression"):
        labels = {"binary": mixed["label"], "multiclass": mixed["city"].fillna("Ulm"), "regression": mixed.index * 1.0}
        frame = mixed.drop(columns=["note", "since"]).assign(label=labels[task])
        kind = "Regressor" if task == "regression" else "Classifier"
        params = settings(train={"estimator": f"sklearn.tree.DecisionTree{kind}"})
        model, about = fitting.fit(frame, params)
        assert about.task == task
        said = metrics.measure(frame["label"], predicting.predict(model, about, frame), about)
        assert set(said) == {*setup.METRICS[task], "rows"}


def written(frame: pd.DataFrame, trials: int) -> None:
    """A folder with rows, a slow estimator of its own, and settings in a file."""
    Path("src").mkdir()
    Path("src/slow.py").write_text(SLOW)
    tables.write(frame, setup.TRAIN)
    model = {"estimator": "slow.Slow", "params": {"max_depth": {"low": 1, "high": 500}}}
    said = {
        "data": {"source": "t", "target": "label"},
        "train": {"estimator": "sklearn.tree.DecisionTreeClassifier"},
        "search": {"folds": 2, "trials": trials, "models": [model]},
    }
    with Path("params.yaml").open("w") as stream:
        YAML().dump(said, stream)


def started(**env: str) -> "subprocess.Popen[str]":
    """`python -m pipeline search`, as a user has it."""
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", "search", "-", "-"],
        env={**os.environ, "PYTHONPATH": f"{SRC}{os.pathsep}src", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def drawn(said: dict[str, Any]) -> list[Any]:
    """What its trials were, in their order."""
    return [each["train"]["params"] for each in said["trials"]]


@pytest.mark.slow
def test_a_search_that_is_killed_goes_on_as_if_it_had_not_been(mixed: pd.DataFrame, folder: Path) -> None:
    """After kill -9 at random moments the trials are the same, each once, and no process is left."""
    written(mixed.drop(columns=["note", "since"]), 8)
    calm = started()
    assert calm.wait(120) == 0
    undisturbed = told()
    for path in (search.FOUND, Path(".mainline/search.db")):
        path.unlink()
    moments = random.Random(5)
    for _ in range(3):
        killed = started()
        for _ in range(moments.randint(1, 3)):  # a line a trial
            assert killed.stdout is not None
            killed.stdout.readline()
        time.sleep(moments.uniform(0, 0.1))
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
    last = started()
    out, _ = last.communicate(timeout=120)
    assert last.returncode == 0, out
    assert drawn(told()) == drawn(undisturbed)
    assert [each["score"] for each in told()["trials"]] == [each["score"] for each in undisturbed["trials"]]
    with sqlite3.connect(".mainline/search.db") as base:
        assert base.execute("select count(*) from trials where state in ('RUNNING', 'WAITING')").fetchone() == (0,)


@pytest.mark.slow
def test_two_searches_at_once_are_refused_and_ctrl_c_ends_in_order(mixed: pd.DataFrame, folder: Path) -> None:
    """The second says so in a line; the first, stopped, says what it found and that the same command goes on."""
    written(mixed.drop(columns=["note", "since"]), 500)
    first = started()
    assert first.stdout is not None
    for _ in range(4):
        first.stdout.readline()
    second = started()
    assert second.wait(60) == 1
    assert second.stdout is not None
    assert "a search runs here already" in second.stdout.read()
    os.killpg(first.pid, signal.SIGINT)
    out, _ = first.communicate(timeout=60)
    assert first.returncode == 130
    assert "the same command goes on" in out
    assert "Traceback" not in out
    assert len(told()["trials"]) >= 4


@pytest.mark.slow
def test_a_process_that_dies_costs_its_trial_alone(mixed: pd.DataFrame, folder: Path) -> None:
    """As where memory runs out: that trial failed, the others did not."""
    written(mixed.drop(columns=["note", "since"]), 4)
    dies = SLOW.replace("time.sleep(0.05)", "self.max_depth > 250 and __import__('os')._exit(9)")
    Path("src/slow.py").write_text(dies)
    search_ = started()
    out, _ = search_.communicate(timeout=120)
    assert search_.returncode == 0, out
    by_depth = {each["train"]["params"].get("max_depth"): each for each in told()["trials"][3:]}
    assert len(by_depth) == 4
    for depth, each in by_depth.items():
        assert ("a process ended" in (each["reason"] or "")) == (depth > 250)


@pytest.mark.slow
def test_mlflow_has_a_run_and_one_below_it_for_each_trial(
    mixed: pd.DataFrame, folder: Path, settings: Settings, mlflow_as_it_was: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each once, also where the search goes on; a server that does not answer costs the record alone."""
    import mlflow

    tables.write(mixed.drop(columns=["note", "since"]), setup.TRAIN)
    params = settings(search={"folds": 2, "trials": 1, "models": [TREE]})
    for trials in ("1", "2"):
        search.run(params, "-", trials)
    runs = mlflow.search_runs(experiment_names=[folder.name], output_format="list")
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert len(parents) == 1
    assert len(children) == 5
    assert len(runs) == 6
    assert all("cv_log_loss" in run.data.metrics for run in children)
    os.environ["MLFLOW_EXPERIMENT_NAME"] = "renamed"  # as where the folder is
    search.run(params, "-", "3")
    assert "recorded in MLflow" in capsys.readouterr().out
    assert len(mlflow.search_runs(experiment_names=["renamed"], output_format="list")) == 7
    os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"
    search.run(params, "-", "4")
    assert "NOT recorded in MLflow at http://127.0.0.1:9" in capsys.readouterr().out
