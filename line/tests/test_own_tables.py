"""Other people's tables through the whole line, with params.yaml as the only file that is edited."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest

from line.tests.projects import TOP, branch_without_model, commit_all, edit
from mainline import card
from mainline.commands import gate, lock, report
from mainline.gate.decide import decide
from mainline.gate.verdict import NOT_CERTIFIED, PASS
from mainline.project import Project
from mainline.tools import dvc, git

SHARED = TOP.parent / "shared/data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the tables of ../shared/data are not on this machine"),
    pytest.mark.usefixtures("one_cache"),
]


class Case(NamedTuple):
    """A table, what is said about it, and what a sensible model reaches."""

    table: str
    data: dict[str, Any]
    train: dict[str, Any]
    task: str
    kinds: dict[str, str]
    least: dict[str, float]
    most: dict[str, float]


TELCO = Case(
    "telco-churn.csv",
    {"target": "Churn", "id": "customerID", "positive": "Yes"},
    {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 1000}},
    "binary",
    {"TotalCharges": "numeric", "tenure": "numeric", "Contract": "categorical"},
    {"accuracy": 0.77, "roc_auc": 0.81, "f1": 0.5},
    {"accuracy": 0.85, "roc_auc": 0.9, "log_loss": 0.47},
)
INSURANCE = Case(
    "insurance.csv",
    {"target": "charges"},
    {"estimator": "sklearn.ensemble.GradientBoostingRegressor", "params": {"n_estimators": 100, "max_depth": 3}},
    "regression",
    {"age": "numeric", "smoker": "categorical", "region": "categorical"},
    {"r2": 0.75, "rmse": 3000},
    {"r2": 0.93, "rmse": 6500, "mae": 4000},
)
SMS = Case(
    "sms-spam.tsv",
    {"target": "label", "positive": "spam"},
    {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"C": 10}},
    "binary",
    {"message": "text", "length": "numeric"},
    {"accuracy": 0.96, "f1": 0.85, "roc_auc": 0.97},
    {"log_loss": 0.15},
)


def of(case: Case, project: Path) -> Path:
    """The project, with the table built and committed."""
    data = {"source": str(SHARED / case.table), "rows": None, **case.data}
    edit(project, data=data, validate={"rules": {}}, train={"scale": True, **case.train})
    lock.refresh(Project(project))
    commit_all(project, "A table of our own")
    return project


@pytest.mark.parametrize("case", [TELCO, INSURANCE, SMS], ids=lambda case: case.table)
def test_a_table_of_ones_own_needs_params_yaml_only(case: Case, project: Path) -> None:
    """Mixed types, free text or a number to predict: built, certified against a dummy, and reported."""
    of(case, project)
    signature = json.loads((project / "models/signature.json").read_text())
    assert signature["task"] == case.task
    assert case.kinds.items() <= {column["name"]: column["kind"] for column in signature["columns"]}.items()
    measured = json.loads((project / "metrics/dev.json").read_text())
    assert {name: measured[name] for name in case.least if not measured[name] > case.least[name]} == {}
    assert {name: measured[name] for name in case.most if not measured[name] < case.most[name]} == {}
    assert case.data["target"] not in pd.read_parquet(project / "data/sealed/features.parquet")
    _no_row_is_lost(case, project)
    _a_second_run_does_nothing(project, rows=measured["rows"])

    branch_without_model(project)
    decision = decide(Project(project), "empty")
    assert decision.verdict == PASS
    gate.keep(decision, Project(project))
    written = report.write(Project(project), "empty")
    assert "PASS" in written.page.read_text()
    assert len(written.comment.read_text()) < 60_000


def _no_row_is_lost(case: Case, project: Path) -> None:
    """Every row of the source is fit, or put aside with its reason."""
    raw, valid, aside = (pd.read_parquet(project / f"data/{name}.parquet") for name in ("raw", "valid", "quarantine"))
    source = pd.read_csv(SHARED / case.table, sep="\t" if case.table.endswith(".tsv") else ",")
    assert len(source) == len(raw) == len(valid) + len(aside)
    assert len(aside) < 0.01 * len(raw)


def _a_second_run_does_nothing(project: Path, rows: int) -> None:
    """By the line, and by DVC's own commands, which show figures and curves, too."""
    assert dvc.stale(project) == []
    assert card.changed(lock.refresh(Project(project))) == []
    before = (project / "dvc.lock").read_bytes()
    assert "up to date" in dvc.dvc("status", root=project)
    assert "Running stage" not in dvc.dvc("repro", root=project)
    assert (project / "dvc.lock").read_bytes() == before
    assert str(rows) in dvc.dvc("metrics", "show", root=project)
    dvc.dvc("plots", "show", root=project)
    assert (project / "dvc_plots/index.html").exists()


def test_a_dummy_model_of_ones_own_table_is_not_certified(project: Path) -> None:
    """On the same path a model that learns nothing is refused its certificate."""
    of(INSURANCE, project)
    git.git("branch", "--force", "main", root=project)
    edit(project, train={"estimator": "sklearn.dummy.DummyRegressor", "params": {}})
    lock.refresh(Project(project))
    commit_all(project, "Learn nothing")
    assert decide(Project(project), "main").verdict == NOT_CERTIFIED
    report.write(Project(project), "main")
    assert "NOT DECIDED" in (project / "report/index.html").read_text().upper()
