"""A model of each other library, from cookiecutter to a container that answers as was judged: the real packages."""

import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from line.tests.networks import trained_elsewhere
from line.tests.projects import edit
from line.tests.template.conftest import Done, call, commit
from line.tests.test_boosted import customers
from mainline.package import image
from mainline.package.pinned import Pinned
from mainline.project import Project
from mainline.tools import container

pytestmark = [pytest.mark.image, pytest.mark.slow]

PACKAGES = ("lightgbm", "xgboost-cpu", "catboost", "onnxruntime")
NETWORK = "models/net.onnx"
MODELS: dict[str, dict[str, Any]] = {
    "lightgbm.LGBMClassifier": {"n_estimators": 10},
    "xgboost.XGBClassifier": {"n_estimators": 10},
    "catboost.CatBoostClassifier": {"iterations": 10},
    "pipeline.model.onnx.Onnx": {"file": NETWORK},
}


def test_each_librarys_model_answers_from_an_image_as_was_judged(
    make: Callable[..., Done], template: Path, tmp_path: Path
) -> None:
    """A new project adds them all; each one's model passes the gate, and its image answers to the last bit.

    The packages of all are one layer, since each installation takes minutes; each model has a Bento of its own.
    It is `mainline package` that asks the running container: that it refuses other answers is tested with the image.
    """
    customers(300).to_csv(tmp_path / "customers.csv", index=False)
    make(template, "--checkout", "v1", table=str(tmp_path / "customers.csv"), target="stays", project_slug="trees")
    root, engine = tmp_path / "trees", container.find()
    home = root / ".venv/bin"

    def typed(*words: str) -> str:
        return call(*words, cwd=root, PATH=f"{home}:{os.environ['PATH']}").said

    typed("make", "setup")
    typed("mainline", "add", *(f"{name}=={version(name)}" for name in PACKAGES))
    typed("dvc", "add", "--quiet", "data/source/customers.csv")
    (root / "params.yaml").write_text((root / "params.yaml").read_text().replace("diagnose: {}", "diagnose: false"))
    commit(root, "Add libraries")
    for path, params in MODELS.items():
        typed("git", "switch", "--quiet", "--create", path, "main")
        edit(root, train={"estimator": path, "params": params})
        if NETWORK in params.values():
            typed("python", "-m", "pipeline", "features", "features.parquet")
            (root / NETWORK).write_bytes(trained_elsewhere(root / "features.parquet", "stays"))
            (root / "features.parquet").unlink()
            typed("dvc", "add", "--quiet", NETWORK)
        typed("mainline", "lock")
        commit(root, "Take a model of another library")
        assert "PASS" in typed("mainline", "gate")
        tag = Pinned.at_head(Project(root)).tag
        try:
            assert f"image {tag}: its answers for" in typed("mainline", "package", "--image")
        finally:
            image.discard(engine, tag, tag)
