"""A run is recorded in MLflow, wherever that is; where it is not, the run goes on."""

import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from pipeline import tracking
from pipeline.model import predicting
from pipeline.model.signature import Signature
from pipeline.stages import predict, split, train
from pipeline.table import tables

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("mlflow_as_it_was")]  # it takes seconds to import

VALUES = {"accuracy": 0.75, "rows": 40.0}


@pytest.fixture
def built(mixed, settings, folder: Path):
    """The settings of a model that is trained in this folder, from a database with a password."""
    params = settings(source="postgresql://me:secret@host/db", data={"id": "id", "query": "SELECT 1"})
    tables.write(mixed, tables.LABELLED)
    for stage in (split, train, predict):
        stage.run(params)
    return params


def only_run():
    """The latest run at the place that is set."""
    import mlflow

    return mlflow.search_runs(search_all_experiments=True, output_format="list")[0]


def test_a_server_gets_the_whole_run(built, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters, metrics, dataset, git commit, and a model that predicts the same."""
    import mlflow

    subprocess.run(["git", "init", "--quiet"], check=True)
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    subprocess.run(["git", *identity, "commit", "--quiet", "--allow-empty", "--message", "first"], check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "churn")
    signature = Signature.load()
    assert tracking.record(built, signature, VALUES).startswith(f"recorded in MLflow at {sqlite} as ")
    run = only_run()
    assert mlflow.get_experiment(run.info.experiment_id).name == "churn"
    assert run.data.params["train.estimator"] == "sklearn.tree.DecisionTreeClassifier"
    assert run.data.params["data.target"] == "label"
    assert run.data.metrics == {"dev_accuracy": 0.75, "dev_rows": 40.0}
    assert run.data.tags["mlflow.source.git.commit"] == commit
    assert run.data.tags["git.dirty"] == "True"
    (dataset,) = run.inputs.dataset_inputs
    assert '"num_rows": ' + str(signature.rows) in dataset.dataset.profile
    loaded = mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/model")
    dev = tables.read("data/dev.parquet")
    said = predicting.predict(loaded, signature, dev)
    assert said.equals(tables.read("predictions/dev.parquet"))


def test_no_password_is_recorded(built, sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source's password is neither among the parameters nor in the dataset."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", sqlite)
    tracking.record(built, Signature.load(), VALUES)
    run = only_run()
    assert run.data.params["data.source"] == "postgresql://me:***@host/db"
    assert "secret" not in str(run.to_dictionary())


def test_by_default_it_is_a_file_of_the_project(built) -> None:
    """Without MLFLOW_TRACKING_URI the record is in mlflow.db, also for a bundled source and without git."""
    params = built.model_copy(update={"data": built.data.model_copy(update={"source": "sklearn:digits"})})
    assert "recorded in MLflow at sqlite:///mlflow.db as" in tracking.record(params, Signature.load(), VALUES)
    assert Path("mlflow.db").exists()
    assert only_run().data.params["data.source"] == "sklearn:digits"
    assert not Path("mlruns").exists() or not list(Path("mlruns").rglob("meta.yaml"))


def test_rules_for_many_odd_columns_are_recorded(built) -> None:
    """More parameters than one request takes, under names that MLflow would refuse."""
    rules = {f'naïve 🚀 [{i}] "x"': {"minimum": 0} for i in range(150)}
    params = built.model_validate(built.model_dump(by_alias=True) | {"validate": {"rules": rules}})
    assert tracking.record(params, Signature.load(), VALUES).startswith("recorded in MLflow")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://me:secret@no-such-host.invalid", "http://me:***@no-such-host.invalid"),  # pragma: allowlist secret
        # pragma: allowlist nextline secret
        ("postgresql+psycopg://me:secret@127.0.0.1:9/db", "postgresql+psycopg://me:***@127.0.0.1:9/db"),
        ("bogus://x", "bogus://x"),
        ("mysql://me@127.0.0.1/db", "mysql://me@127.0.0.1/db"),  # its driver is not installed
    ],
)
def test_an_unreachable_server_costs_one_line(built, uri: str, shown: str, monkeypatch, capfd) -> None:
    """The record is missed, said so in one line, without the password, and nothing else is printed."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    capfd.readouterr()
    line = tracking.record(built, Signature.load(), VALUES)
    assert line.startswith(f"NOT recorded in MLflow at {shown}: ")
    assert "\n" not in line
    assert "secret" not in line
    assert capfd.readouterr() == ("", "")


def test_a_silent_server_is_given_up(built, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection and never answers costs seconds; the bound is the environment's, if set."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        assert tracking.record(built, Signature.load(), VALUES).startswith("NOT recorded")
    assert time.monotonic() - began < 30
    assert int(os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"]) <= 1


@pytest.mark.smoke
def test_without_git_the_run_is_recorded(built, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no git loses the commit, not the record."""
    monkeypatch.setenv("PATH", "")
    assert tracking.record(built, Signature.load(), VALUES).startswith("recorded in MLflow")
    assert "git.dirty" not in only_run().data.tags
