"""A network that was trained elsewhere, through the whole line: the same answers wherever it is asked."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from line.tests.host.conftest import until
from line.tests.host.line import Line, terms
from line.tests.host.load import load
from line.tests.host.users import Users
from line.tests.networks import trained_elsewhere
from line.tests.projects import branch_without_model, commit_all, edit, with_package
from line.tests.test_boosted import customers
from mainline.commands import lock
from mainline.doctor import loadable
from mainline.errors import ConfigError, MainlineError
from mainline.gate.decide import decide
from mainline.gate.verdict import PASS
from mainline.host.model import Release
from mainline.package import bento, serving
from mainline.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]


@pytest.fixture
def line(project: Path, tmp_path: Path) -> Iterator[Line]:
    """A line that leaves nothing running."""
    made = Line(project, tmp_path)
    yield made
    made.end()


def test_a_network_goes_from_a_file_to_the_same_answers_in_production(
    line: Line, tmp_path: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its features are written; it is trained elsewhere, certified, scored, packaged, a canary, and released.

    The file is an input of the stages that fit: another network is another model.
    """
    project = line.project
    monkeypatch.chdir(project)
    customers().to_csv("customers.csv", index=False)
    data = {"source": "customers.csv", "rows": None, "target": "stays", "id": "customer", "positive": "for sure"}
    edit(project, data=data, validate={"rules": {}}, train={"scale": True})
    lock.refresh(Project(project))
    first = line.build("Grow a tree")
    out = tmp_path / "features.parquet"
    subprocess.run([sys.executable, "-m", "pipeline", "features", str(out)], check=True)
    net = Path("models/net.onnx")
    net.write_bytes(trained_elsewhere(out, "stays"))
    subprocess.run(["dvc", "add", "--quiet", str(net)], check=True)
    edit(project, train={"estimator": "pipeline.model.onnx.Onnx", "params": {"file": str(net)}})
    with_package(project, "onnxruntime")
    lock.refresh(Project(project))
    network = line.build("Take a network")
    lock_text = Path("dvc.lock").read_text()
    assert lock_text.count(f"path: {net}") == 2  # train and diagnose

    branch_without_model(project)
    assert decide(Project(project), "empty").verdict == PASS

    rows, wanted = (pd.read_parquet(f"{name}/dev.parquet") for name in ("data", "predictions"))
    say("score", "data/dev.parquet", "answers.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("answers.parquet"), wanted, check_exact=True)
    Path("answers.parquet").unlink()
    answers_over_http(line, first, network, rows, wanted.drop(columns="row_id"))

    net.write_bytes(trained_elsewhere(out, "stays").replace(b"network", b"another"))
    lock.refresh(Project(project))
    assert Path("dvc.lock").read_text() != lock_text
    lists_without_it(project)


def answers_over_http(line: Line, first: Release, network: Release, rows: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """Beside a tree as its canary, then alone, a network answers to the last bit, however many rows come together."""
    asked = rows.drop(columns=["row_id", "stays"])
    line.want(terms(errors={"margin": 0.05}), production=first)
    line.begin()
    until(line.answers, "the tree serves", 90)
    people = Users(rows=[(row, None) for row in json.loads(asked.to_json(orient="records"))])
    with load(line.port, clients=2, pause=0.01, seen=people):
        line.want(canary=network)
        until(lambda: line.phase == "passed", "the judge lets the network pass", 120)
        line.want(production=network)
        until(lambda: line.alone(network), "the network is production, alone", 120)
    assert people.errors == []
    for start, many in ((0, 1), (1, 1), (2, 2), (3, 7), (5, 64), (0, len(asked))):
        part = slice(start, start + many)
        said = serving.predict(f"http://127.0.0.1:{line.port}", asked[part].reset_index(drop=True))
        pd.testing.assert_frame_equal(said, wanted[part].reset_index(drop=True), check_exact=True)
    assert not [path for path in line.folder.rglob("*.log") if b"Traceback" in path.read_bytes()]


def lists_without_it(project: Path) -> None:
    """Where the service does not install the runtime, lock and package refuse by its name, and doctor says so."""
    for end in ("in", "txt"):
        path = project / f"requirements/service.{end}"
        path.write_text(path.read_text().partition("onnxruntime")[0])
    commit_all(project, "Forget the runtime")
    says = "models/signature.json: the model needs onnxruntime, which is not in requirements/service.in"
    assert (says, "mainline add onnxruntime") in [(each.said, each.mend) for each in loadable.look(Project(project))]
    with pytest.raises(ConfigError, match="onnxruntime"):
        lock.refresh(Project(project))
    with pytest.raises(MainlineError, match="onnxruntime"):
        bento.build(Project(project))
