"""A network that was trained elsewhere, through the whole line: the same answers wherever it is asked."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from line.tests.networks import trained_elsewhere
from line.tests.projects import branch_without_model, commit_all, edit, with_package
from line.tests.test_boosted import customers
from mainline.commands import lock
from mainline.gate.decide import decide
from mainline.gate.verdict import PASS
from mainline.package import bento, serving
from mainline.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]


def test_a_network_goes_from_a_file_to_the_same_answers_over_http(
    project: Path, tmp_path: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its features are written, it is trained elsewhere, versioned, certified, scored, packaged and served.

    The file is an input of the stages that fit: another network is another model.
    """
    monkeypatch.chdir(project)
    customers().to_csv("customers.csv", index=False)
    data = {"source": "customers.csv", "rows": None, "target": "stays", "id": "customer", "positive": "for sure"}
    edit(project, data=data, validate={"rules": {}}, train={"scale": True})
    lock.refresh(Project(project))
    out = tmp_path / "features.parquet"
    subprocess.run([sys.executable, "-m", "pipeline", "features", str(out)], check=True)
    net = Path("models/net.onnx")
    net.write_bytes(trained_elsewhere(out, "stays"))
    subprocess.run(["dvc", "add", "--quiet", str(net)], check=True)
    edit(project, train={"estimator": "pipeline.model.onnx.Onnx", "params": {"file": str(net)}})
    with_package(project, "onnxruntime")
    lock.refresh(Project(project))
    commit_all(project, "Take a network")
    lock_text = Path("dvc.lock").read_text()
    assert lock_text.count(f"path: {net}") == 2  # train and diagnose

    branch_without_model(project)
    assert decide(Project(project), "empty").verdict == PASS

    rows, wanted = (pd.read_parquet(f"{name}/dev.parquet") for name in ("data", "predictions"))
    say("score", "data/dev.parquet", "answers.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("answers.parquet"), wanted, check_exact=True)
    Path("answers.parquet").unlink()
    with serving.serving(bento.build(Project(project)), tmp_path / "log") as address:
        asked, answers = (table.drop(columns="row_id") for table in (rows, wanted))
        for start, many in ((0, 1), (1, 1), (2, 2), (3, 7), (5, 64), (0, len(asked))):
            part = slice(start, start + many)
            said = serving.predict(address, asked[part].reset_index(drop=True))
            pd.testing.assert_frame_equal(said, answers[part].reset_index(drop=True), check_exact=True)
    assert "Traceback" not in (tmp_path / "log").read_text()

    net.write_bytes(trained_elsewhere(out, "stays").replace(b"network", b"another"))
    lock.refresh(Project(project))
    assert Path("dvc.lock").read_text() != lock_text
