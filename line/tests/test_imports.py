"""What a person waits for is not the start of libraries that the command does not need."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pandas as pd
import pytest

from mainline.tools import git

TOP = Path(__file__).parents[2]
ON_A_HOST = """\
import contextlib, importlib, pkgutil, sys
sys.modules.update(dict.fromkeys(sys.argv[1:]))
from mainline import cli, cluster, host
for room in (host, cluster):
    for each in pkgutil.iter_modules(room.__path__, f"{room.__name__}."):
        importlib.import_module(each.name)
for verb in ("agent", "judge"):
    with contextlib.suppress(SystemExit):
        cli.main([verb, "--help"])
"""
HEAVY = ("pandas", "sklearn", "scipy.stats", "mlflow", "bentoml", "pandera", "matplotlib")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a sealed set and no stage, so that the commands have something to say."""
    git.git("init", "--quiet", "--initial-branch=main", str(tmp_path), root=tmp_path)
    for name, text in {
        ".dvc/config": "",
        "dvc.yaml": "stages: {}",
        "dvc.lock": "schema: '2.0'",
        "params.yaml": "gate: {life: 4}",
        "models/signature.json": '{"task": "binary"}',
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "data/sealed").mkdir(parents=True)
    pd.DataFrame({"row_id": ["a"], "target": [1]}).to_parquet(tmp_path / "data/sealed/labels.parquet")
    git.git("add", "--all", root=tmp_path)
    git.git(*git.IDENTITY, "commit", "--quiet", "--no-verify", "--message", "Begin", root=tmp_path)
    return tmp_path


def imported(project: Path, *command: str) -> tuple[int, str, set[str]]:
    """Run a command; answer its exit code, what it says, and the modules it has imported."""
    words = [sys.executable, "-X", "importtime", "-m", *command]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    said = done.stdout + "\n".join(line for line in done.stderr.splitlines() if not line.startswith("import time:"))
    return done.returncode, said, {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("pipeline --help", 0, "stages, in order"),
        ("pipeline nosuch", 2, "no such stage"),
        ("mainline --help", 0, "Usage: mainline"),
        *(
            (f"mainline {verb} --help", 0, "Usage: mainline")
            for verb in ("package", "register", "outputs save", "status")
        ),
        ("mainline status --base main", 0, "0 of 4 decisions"),
        ("mainline gate --base nosuch", 2, "no such branch"),
    ],
)
def test_a_quick_command_imports_no_heavy_library(project: Path, command: str, code: int, said: str) -> None:
    """Help, status and a refusal that needs no row start without tables, models or MLflow."""
    found, printed, modules = imported(project, *command.split())
    assert (found, [name for name in HEAVY if name in modules]) == (code, [])
    assert said in printed


def test_a_heavy_library_would_be_seen(project: Path) -> None:
    """The list of imports is the real one: a stage that reads a table is found to import pandas."""
    assert "pandas" in imported(project, "pipeline.table.tables")[2]


def start_of_an_agent(pinned: str) -> subprocess.CompletedProcess[str]:
    """Load its room and the cluster's, and let both verbs speak, where no other packages are than those pinned."""
    there = {name.lower() for name in re.findall(r"^([A-Za-z0-9_.-]+)==", pinned, re.MULTILINE)} | {"mainline"}
    absent = [
        module
        for module, packages in packages_distributions().items()
        if module.isidentifier() and not there & {re.sub(r"[-_.]+", "-", package.lower()) for package in packages}
    ]
    command = [sys.executable, "-c", ON_A_HOST, *absent]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


def test_an_agent_needs_what_is_pinned_for_hosts_and_no_more() -> None:
    """Its image has the packages of requirements/host.txt alone: neither DVC nor what comes with it."""
    pinned = (TOP / "requirements/host.txt").read_text()
    done = start_of_an_agent(pinned)
    assert done.returncode == 0, done.stderr
    assert all(f"Usage: mainline {verb}" in done.stdout for verb in ("agent", "judge"))
    without = start_of_an_agent(pinned.replace("psutil==", "# "))
    assert (without.returncode, "import of psutil halted" in without.stderr) == (1, True)
