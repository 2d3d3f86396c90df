"""The Bento: what goes in, and that it is the commit's."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from mainline import git, serving
from mainline.errors import ConfigError, StaleLock, ToolFailed
from mainline.package import bento
from tests.mainline.conftest import commit_all

pytestmark = pytest.mark.slow


def test_a_bento_holds_what_serving_needs_and_is_built_once(project: Path) -> None:
    """The Bento has the service, the pipeline and the model, no data; a second build finds the first."""
    made = bento.build(project)
    inside = {str(path.relative_to(made.path / "src")) for path in (made.path / "src").rglob("*") if path.is_file()}
    assert {"models/model.skops", "models/signature.json", "service/predictor.py", "pipeline/model.py"} <= inside
    assert [name for name in inside if name.endswith((".parquet", ".csv", ".lock"))] == []
    assert made.built
    assert not bento.build(project).built


def test_loose_changes_do_not_get_into_a_bento(project: Path) -> None:
    """Files changed since the commit, the model among them, are not packaged."""
    (project / "src/service/predictor.py").write_text("raise SystemExit\n")
    wanted = (project / "models/model.skops").read_bytes()
    (project / "models/model.skops").unlink()
    (project / "models/model.skops").write_text("another")
    made = bento.build(project)
    assert (made.path / "src/models/model.skops").read_bytes() == wanted
    assert "raise SystemExit" not in (made.path / "src/service/predictor.py").read_text()


def test_a_served_bento_answers_as_it_was_judged(project: Path, tmp_path: Path) -> None:
    """Over HTTP the answers equal predictions/dev.parquet; bad rows get an error that says why."""
    rows = pd.read_parquet(project / "data/dev.parquet").drop(columns="row_id")
    wanted = pd.read_parquet(project / "predictions/dev.parquet").drop(columns="row_id")
    with serving.serving(bento.build(project), tmp_path / "log") as address:
        pd.testing.assert_frame_equal(serving.predict(address, rows), wanted, check_exact=True)
        with pytest.raises(ToolFailed, match=r"answered 400: .*'pixel_3_3' is missing"):
            serving.predict(address, rows.drop(columns="pixel_3_3"))
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_bento_that_cannot_start_says_why(project: Path, tmp_path: Path) -> None:
    """A service that breaks on loading is an error with its reason, not an endless wait."""
    made = bento.build(project)
    (made.path / "src/models/model.skops").write_text("broken")
    with pytest.raises(ToolFailed, match="did not become ready"), serving.serving(made, tmp_path / "log"):
        pass


def test_without_a_name_or_a_model_there_is_no_bento(project: Path) -> None:
    """bentofile.yaml must name the Bento, and the commit must pin a model that can be had."""
    shutil.rmtree(project / ".dvc/cache")
    (project / "models/model.skops").unlink()
    with pytest.raises(StaleLock, match="in no cache and no remote"):
        bento.build(project)
    (project / "bentofile.yaml").write_text("service: service:Predictor\n")
    commit_all(project, "No name")
    with pytest.raises(ConfigError, match="no name"):
        bento.build(project)
    git.git("rm", "--quiet", "dvc.lock", root=project)
    commit_all(project, "No model")
    with pytest.raises(StaleLock, match="pins no model"):
        bento.build(project)
