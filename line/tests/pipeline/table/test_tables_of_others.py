"""Somebody's own table goes through DVC with only params.yaml edited, and a second run does nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from ruamel.yaml import YAML

pytestmark = pytest.mark.slow


class Case(NamedTuple):
    """A table, what is said about it, and what a sensible model reaches."""

    table: str
    data: dict[str, Any]
    train: dict[str, Any]
    kinds: dict[str, str]
    least: dict[str, float]
    most: dict[str, float]


CASES = [
    Case(
        "telco-churn.csv",
        {"target": "Churn", "id": "customerID", "positive": "Yes"},
        {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 1000}},
        {"TotalCharges": "numeric", "tenure": "numeric", "Contract": "categorical"},
        {"accuracy": 0.77, "roc_auc": 0.81, "f1": 0.5},
        {"accuracy": 0.85, "roc_auc": 0.9, "log_loss": 0.47},
    ),
    Case(
        "insurance.csv",
        {"target": "charges"},
        {"estimator": "sklearn.ensemble.GradientBoostingRegressor", "params": {"n_estimators": 100, "max_depth": 3}},
        {"age": "numeric", "smoker": "categorical", "region": "categorical"},
        {"r2": 0.75, "rmse": 3000},
        {"r2": 0.93, "rmse": 6500, "mae": 4000},
    ),
    Case(
        "sms-spam.tsv",
        {"target": "label", "positive": "spam"},
        {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"C": 10}},
        {"message": "text", "length": "numeric"},
        {"accuracy": 0.96, "f1": 0.85, "roc_auc": 0.97},
        {"log_loss": 0.15},
    ),
]


def run(*command: str) -> str:
    """A program of the environment, in the copy; its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path("src").resolve()),
        "DVC_NO_ANALYTICS": "1",
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(params=CASES, ids=lambda case: case.table)
def built(request: pytest.FixtureRequest, root: Path, folder: Path) -> Case:
    """A copy of the project, with another table and params.yaml edited, after `dvc repro`."""
    case: Case = request.param
    table = root.parent / "shared" / "data" / case.table
    if not table.exists():
        pytest.skip(f"{case.table} is not beside this repository")
    for name in ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore"):
        shutil.copy(root / name, name)
    shutil.copytree(root / "src" / "pipeline", "src/pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    Path("data/source").mkdir(parents=True)
    shutil.copy(table, "data/source")
    yaml = YAML()
    params = yaml.load(Path("params.yaml").read_text())
    params["data"] = {"source": f"data/source/{case.table}", **case.data}
    params["validate"] = {}
    params["train"] = {"seed": 0, **case.train}
    yaml.dump(params, Path("params.yaml"))
    run("git", "init", "--quiet")
    run("dvc", "init", "--quiet")
    run("dvc", "repro", "--quiet")
    return case


def test_a_table_goes_through_dvc(built: Case) -> None:
    """A sensible model comes out, no row is lost, the answers stay sealed, and a second run does nothing."""
    measured = json.loads(Path("metrics/dev.json").read_text())
    assert {name: measured[name] for name in built.least if not measured[name] > built.least[name]} == {}
    assert {name: measured[name] for name in built.most if not measured[name] < built.most[name]} == {}
    signature = json.loads(Path("models/signature.json").read_text())
    assert built.kinds.items() <= {column["name"]: column["kind"] for column in signature["columns"]}.items()
    _no_row_is_lost(built)
    assert signature["target"] not in pd.read_parquet("data/sealed/features.parquet")

    assert "up to date" in run("dvc", "status")
    before = Path("dvc.lock").read_bytes()
    assert "Running stage" not in run("dvc", "repro")
    assert Path("dvc.lock").read_bytes() == before
    assert str(measured["rows"]) in run("dvc", "metrics", "show")
    run("dvc", "plots", "show")
    assert Path("dvc_plots/index.html").exists()


def _no_row_is_lost(built: Case) -> None:
    """Every row of the source is fit, or put aside with its reason."""
    raw, valid, aside = (pd.read_parquet(f"data/{name}.parquet") for name in ("raw", "valid", "quarantine"))
    source = pd.read_csv(f"data/source/{built.table}", sep="\t" if built.table.endswith(".tsv") else ",")
    assert len(source) == len(raw) == len(valid) + len(aside)
    assert len(aside) < 0.01 * len(raw)
