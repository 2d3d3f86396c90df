"""Other people's tables through the whole line, with params.yaml as the only file that is edited."""

import json
from pathlib import Path

import pytest

from line.tests.projects import TOP, branch_without_model, commit_all, edit
from mainline import card
from mainline.commands import gate, lock, report
from mainline.gate.decide import NOT_CERTIFIED, PASS, decide
from mainline.project import Project
from mainline.tools import dvc, git

SHARED = TOP.parent / "shared/data"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHARED.exists(), reason="the tables of ../shared/data are not on this machine"),
]

LOGISTIC = {"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 500}, "scale": True}
BOOSTED = {"estimator": "sklearn.ensemble.HistGradientBoostingRegressor", "params": {"max_iter": 60}}

TABLES = {
    "telco-churn.csv": ({"target": "Churn", "id": "customerID"}, LOGISTIC, "binary", {"roc_auc": 0.8}),
    "insurance.csv": ({"target": "charges"}, BOOSTED, "regression", {"r2": 0.75}),
    "sms-spam.tsv": ({"target": "label"}, LOGISTIC, "binary", {"accuracy": 0.93, "roc_auc": 0.95}),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_ones_own_needs_params_yaml_only(name: str, project: Path) -> None:
    """Mixed types, free text or a number to predict: built, certified against a dummy, and reported."""
    data, train, task, least = TABLES[name]
    edit(project, data={"source": str(SHARED / name), "rows": None, **data}, validate={"rules": {}}, train=train)
    lock.refresh(Project(project))
    commit_all(project, "A table of our own")

    assert json.loads((project / "models/signature.json").read_text())["task"] == task
    measured = json.loads((project / "metrics/dev.json").read_text())
    assert {metric: measured[metric] >= bar for metric, bar in least.items()} == dict.fromkeys(least, True)
    assert dvc.stale(project) == []
    assert card.changed(lock.refresh(Project(project))) == []

    branch_without_model(project)
    decision = decide(Project(project), "empty")
    assert decision.verdict == PASS
    gate.keep(decision, Project(project))
    written = report.write(Project(project), "empty")
    assert "PASS" in written.page.read_text()
    assert len(written.comment.read_text()) < 60_000


def test_a_dummy_model_of_ones_own_table_is_not_certified(project: Path) -> None:
    """On the same path a model that learns nothing is refused its certificate."""
    dummy = {"estimator": "sklearn.dummy.DummyRegressor", "params": {}}
    edit(
        project,
        data={"source": str(SHARED / "insurance.csv"), "rows": None, "target": "charges"},
        validate={"rules": {}},
    )
    edit(project, train=BOOSTED)
    lock.refresh(Project(project))
    commit_all(project, "A table of our own")
    git.git("branch", "--force", "main", root=project)
    edit(project, train=dummy)
    lock.refresh(Project(project))
    commit_all(project, "Learn nothing")
    assert decide(Project(project), "main").verdict == NOT_CERTIFIED
    report.write(Project(project), "main")
    assert "NOT DECIDED" in (project / "report/index.html").read_text().upper()
