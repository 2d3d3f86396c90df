"""The Bento: what goes in, and that it is the commit's."""

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import pandas as pd
import pytest

from line.tests.projects import commit_all
from mainline.errors import ConfigError, StaleLock, ToolFailed
from mainline.package import bento, serving
from mainline.project import Project
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow


def _content(folder: Path) -> dict[str, tuple[str, int, float]]:
    """Every file of a folder: its hash, mode and time."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
            path.stat().st_mode,
            path.stat().st_mtime,
        )
        for path in folder.rglob("*")
    }


def test_the_same_commit_gives_the_same_bento(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Built in two homes, under two umasks, with and without bytecode, a Bento is the same file by file."""
    first = _content(bento.build(Project(project)).path)
    other = tmp_path / "other"
    git.git("clone", "--quiet", str(project), str(other), root=project)
    shutil.copytree(project / ".dvc/cache", other / ".dvc/cache")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    before = os.umask(0o077)
    try:
        second = _content(bento.build(Project(other)).path)
    finally:
        os.umask(before)
    assert second == first
    assert "bento.yaml" in first


def test_a_bento_says_where_it_comes_from(project: Path) -> None:
    """Its commit, data, lock and verdict stand in a file beside the model, and in the image's Dockerfile."""
    made = bento.build(Project(project), "PASS")
    told = json.loads((made.path / "src/models/provenance.json").read_text())
    assert told["MODEL_COMMIT"] == git.commit_of("HEAD", project)
    assert told["MODEL_VERSION"] == made.tag.partition(":")[2]
    assert told["MODEL_DATA_HASH"] == dvc.md5(project / "data/raw.parquet")
    assert told["MODEL_LOCK_HASH"] == hashlib.sha256((project / "dvc.lock").read_bytes()).hexdigest()
    assert told["MODEL_GATE_VERDICT"] == "PASS"
    dockerfile = (made.path / "env/docker/Dockerfile").read_text()
    assert [name for name, value in told.items() if f'ENV {name}="{value}"' not in dockerfile] == []


def test_another_verdict_is_another_bento(project: Path) -> None:
    """A decision that came after the build makes it anew; asked without one, the Bento that is there will do."""
    assert bento.build(Project(project), "none").built
    again = bento.build(Project(project), "PASS")
    assert again.built
    assert "PASS" in (again.path / "src/models/provenance.json").read_text()
    assert not bento.build(Project(project)).built
    assert not bento.build(Project(project), "PASS").built
    assert {each.name for each in (project / ".mainline").iterdir()} - {"card"} == {"bentoml"}


def test_variables_of_ones_own_go_under_envs(project: Path) -> None:
    """What bentofile.yaml lists under envs stays; docker.env would hide the provenance, and is refused."""
    said = (project / "bentofile.yaml").read_text()
    (project / "bentofile.yaml").write_text(said + "envs:\n  - {name: COLOUR, value: blue}\n")
    commit_all(project, "Set a variable")
    assert 'ENV COLOUR="blue"' in (bento.build(Project(project)).path / "env/docker/Dockerfile").read_text()
    (project / "bentofile.yaml").write_text(said + "  env: {COLOUR: blue}\n")
    commit_all(project, "Set it otherwise")
    with pytest.raises(ConfigError, match=r"docker\.env: list these variables under envs"):
        bento.build(Project(project))


def test_loose_changes_do_not_get_into_a_bento(project: Path) -> None:
    """Files changed since the commit, the model among them, are not packaged."""
    (project / "src/service/predictor.py").write_text("not_committed = True\n")
    wanted = (project / "models/model.skops").read_bytes()
    (project / "models/model.skops").unlink()
    (project / "models/model.skops").write_text("another")
    made = bento.build(Project(project))
    assert (made.path / "src/models/model.skops").read_bytes() == wanted
    assert "not_committed" not in (made.path / "src/service/predictor.py").read_text()


def test_a_served_bento_answers_as_it_was_judged(project: Path, tmp_path: Path) -> None:
    """Over HTTP the answers equal predictions/dev.parquet; bad rows get an error that says why."""
    rows = pd.read_parquet(project / "data/dev.parquet").drop(columns="row_id")
    wanted = pd.read_parquet(project / "predictions/dev.parquet").drop(columns="row_id")
    with serving.serving(bento.build(Project(project)), tmp_path / "log") as address:
        pd.testing.assert_frame_equal(serving.predict(address, rows), wanted, check_exact=True)
        with pytest.raises(ToolFailed, match=r"answered 400: .*'pixel_3_3' is missing"):
            serving.predict(address, rows.drop(columns="pixel_3_3"))
    assert "Traceback" not in (tmp_path / "log").read_text()


class Impatient:
    """A clock by which all patience is over as soon as a log says something."""

    sleep = staticmethod(time.sleep)

    def __init__(self, log: Path, said: str) -> None:
        self.log, self.said = log, said

    def monotonic(self) -> float:
        """Seconds, as they are until then."""
        over = self.log.exists() and self.said in self.log.read_text()
        return time.monotonic() + (serving.READY_WITHIN if over else 0)


def test_a_bento_that_cannot_start_says_why(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that breaks on loading is an error with its reason, not an endless wait."""
    made, log = bento.build(Project(project)), tmp_path / "log"
    (made.path / "src/models/model.skops").write_text("broken")
    monkeypatch.setattr(serving, "time", Impatient(log, "model.skops"))
    with pytest.raises(ToolFailed, match=r"did not become ready: .*model\.skops"), serving.serving(made, log):
        pass


def test_without_a_name_or_a_model_there_is_no_bento(project: Path) -> None:
    """bentofile.yaml must name the Bento, and the commit must pin a model that can be had."""
    shutil.rmtree(project / ".dvc/cache")
    (project / "models/model.skops").unlink()
    with pytest.raises(StaleLock, match="in no cache and no remote"):
        bento.build(Project(project))
    (project / "bentofile.yaml").write_text("service: service:Predictor\n")
    commit_all(project, "No name")
    with pytest.raises(ConfigError, match="no name"):
        bento.build(Project(project))
    git.git("rm", "--quiet", "dvc.lock", root=project)
    commit_all(project, "No model")
    with pytest.raises(StaleLock, match="pins no model"):
        bento.build(Project(project))
