"""A model of LightGBM's through the whole line: its answers are the same wherever they are asked for."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from line.tests.projects import branch_without_model, commit_all, edit, with_package
from mainline.commands import gate, lock, report
from mainline.gate.decide import decide
from mainline.gate.verdict import PASS
from mainline.package import bento, serving
from mainline.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]


def customers(rows: int = 900) -> pd.DataFrame:
    """Numbers, categories and gaps; who stays depends on both."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "customer": [f"c{i}" for i in range(rows)],
            "months": draw.integers(0, 60, rows).astype(float),
            "calls": draw.normal(5, 2, rows).round(2),
            "town": draw.choice(["Ulm", "Bad Ems", "Kiel", "Bonn"], rows),
        }
    )
    table["stays"] = np.where(table["months"] + 20 * (table["town"] == "Ulm") > 30, "for sure", "not at all")
    table.loc[draw.choice(rows, 60, replace=False), "town"] = None
    return table


def test_boosted_trees_go_from_a_table_to_the_same_answers_over_http(
    project: Path, tmp_path: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Built, looked at, certified, reported, scored, packaged and served, with categories split by the trees."""
    customers().to_csv(project / "customers.csv", index=False)
    data = {"source": "customers.csv", "rows": None, "target": "stays", "id": "customer", "positive": "for sure"}
    training = {"estimator": "lightgbm.LGBMClassifier", "params": {"n_estimators": 10}, "categories": "native"}
    edit(project, data=data, validate={"rules": {}}, train=training)
    params = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(params.replace("diagnose: false", "diagnose: { rows: 200 }"))
    with_package(project, "lightgbm")
    lock.refresh(Project(project))
    commit_all(project, "Grow trees")

    looked = json.loads((project / "metrics/diagnosis.json").read_text())
    assert {each["name"]: each["state"] for each in looked["checks"]}["shuffled labels"] == "fine"
    assert [each["name"] for each in looked["simpler"]] == ["dummy", "linear", "small tree"]  # which read no codes
    branch_without_model(project)
    decision = decide(Project(project), "empty")
    assert decision.verdict == PASS
    gate.keep(decision, Project(project))
    assert "PASS" in report.write(Project(project), "empty").page.read_text()

    rows, wanted = (pd.read_parquet(project / f"{name}/dev.parquet") for name in ("data", "predictions"))
    monkeypatch.chdir(project)
    say("score", "data/dev.parquet", "answers.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("answers.parquet"), wanted, check_exact=True)
    (project / "answers.parquet").unlink()
    with serving.serving(bento.build(Project(project)), tmp_path / "log") as address:
        said = serving.predict(address, rows.drop(columns="row_id"))
        pd.testing.assert_frame_equal(said, wanted.drop(columns="row_id"), check_exact=True)
        one = serving.predict(address, rows.drop(columns="row_id").head(1))
        pd.testing.assert_frame_equal(one, wanted.drop(columns="row_id").head(1), check_exact=True)
    assert "Traceback" not in (tmp_path / "log").read_text()
