"""Packages that make the model are a dep of the stages; those of the line are not."""

from pathlib import Path

import pytest

from mainline.tools import dvc

pytestmark = pytest.mark.slow


def test_an_upgrade_of_the_line_builds_nothing_and_one_of_the_models_packages_does(project: Path) -> None:
    """Its wheel, what pins it, and all other packages may change; another scikit-learn is another model."""
    (project / "vendor").mkdir(exist_ok=True)
    (project / "vendor/mainline-9-py3-none-any.whl").write_bytes(b"newer")
    for name in ("line.txt", "dev.txt", "service.txt"):
        (project / "requirements" / name).write_text("mlflow==99\n")
    assert dvc.stale(project) == []
    path = project / "requirements/pipeline.txt"
    assert "\nscikit-learn==" in path.read_text()
    path.write_text(path.read_text().replace("\nscikit-learn==", "\nscikit-learn==9", 1))
    assert {each.partition(" ")[0] for each in dvc.stale(project)} >= {"train", "predict", "evaluate"}
