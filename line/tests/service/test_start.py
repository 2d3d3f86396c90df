"""A service that cannot start says why in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from line.tests.service.serving import TOP, until

pytestmark = pytest.mark.slow
WRONG = "no hash"
COMMAND = [sys.executable, "-m", "bentoml", "serve", "service:Predictor", "--host", "127.0.0.1", "--port", "0"]


@pytest.fixture
def folder(tmp_path: Path, folders: dict[str, Path]) -> Path:
    """Laid out like a Bento."""
    for package in ("service", "pipeline"):
        shutil.copytree(TOP / "src" / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(folders["people"], tmp_path / "models")
    return tmp_path


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """For a service of its own."""
    own = {"BENTOML_HOME": str(folder / "home"), "BENTOML_DO_NOT_TRACK": "True", "PYTHONWARNINGS": "ignore"}
    return os.environ | own | {"PYTHONPATH": "", "RECORDS_FOLDER": str(folder / "records")} | extra


def said(folder: Path, *options: str, **extra: str) -> tuple[int, str]:
    """The exit code and output of a service that ends at once; of an option given twice the last holds."""
    done = subprocess.run(
        [*COMMAND, *options], cwd=folder, env=environment(folder, **extra), capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr


def test_a_wrong_setting_ends_it_at_once(folder: Path) -> None:
    """The one line names the variable."""
    assert said(folder, SERVICE_MAX_ROWS="many") == (
        1,
        "SERVICE_MAX_ROWS: must be a whole number from 1 on (got 'many')\n",
    )


def test_strangers_reach_no_service_that_does_not_say_whom_it_answers(folder: Path) -> None:
    """Every address but this machine's own needs keys, or that it is said to be open; what is no hash is no key."""
    line = (
        'host 0.0.0.0: others than this machine could ask the model; set SERVICE_API_KEYS (docs/service.md, "Who may '
        'ask"), listen on 127.0.0.1, or say SERVICE_OPEN=1\n'
    )
    assert said(folder, "--host", "0.0.0.0") == (1, line)
    assert said(folder, "--host", "0.0.0.0", SERVICE_API_KEYS=WRONG) == (
        1, "SERVICE_API_KEYS: must hold SHA-256 hashes of keys, 64 hex digits each (number 1 is none)\n",
    )  # fmt: skip


def test_a_folder_without_a_model_ends_it_at_once(folder: Path) -> None:
    """The one line says what to do."""
    shutil.rmtree(folder / "models")
    code, line = said(folder)
    assert code == 1
    assert line == "models/signature.json: not here yet; run `mainline lock` to build the model\n"


def test_a_damaged_model_is_a_line_not_a_traceback(folder: Path) -> None:
    """BentoML tries again and again; each time the log says why."""
    (folder / "models/model.skops").write_text("broken")
    log = folder / "log"
    with log.open("wb") as output:
        running = subprocess.Popen(COMMAND, cwd=folder, env=environment(folder), stdout=output, stderr=output)
    try:
        assert until(lambda: "models/model.skops: damaged" in log.read_text(), 60)
    finally:
        running.terminate()
        running.wait(30)
    assert "Traceback" not in log.read_text()
