"""The notebooks run in a project that is built, with the pipeline's own steps; and hold no row when they come."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[3]
NOTEBOOKS = sorted((TOP / "notebooks").glob("*.ipynb"))
JUPYTER = Path(sys.executable).parent / "jupyter"


def execute(notebook: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a notebook as its first cell says, its outputs in it afterwards."""
    command = [JUPYTER, "execute", "--inplace", notebook.relative_to(cwd)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def outputs(notebook: Path) -> list[object]:
    """What a notebook's cells have left in it: outputs and counts."""
    cells = [cell for cell in json.loads(notebook.read_text())["cells"] if cell["cell_type"] == "code"]
    return [each for cell in cells for each in (cell["outputs"], cell["execution_count"]) if each]


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_comes_without_outputs(notebook: Path) -> None:
    """No output and no count of a run is in git."""
    assert outputs(notebook) == []


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs(notebook: Path, built: Path, tmp_path: Path) -> None:
    """Every cell, from the project's folder; and where nothing is built, it ends and names the table."""
    root = tmp_path / "project"
    shutil.copytree(built, root, symlinks=True, ignore=shutil.ignore_patterns(".git", ".dvc", ".mainline"))
    copy = root / "notebooks" / notebook.name
    assert outputs(copy) == []
    done = execute(copy, root)
    assert done.returncode == 0, done.stderr
    assert outputs(copy) != []
    (root / "data/train.parquet").unlink()
    done = execute(copy, copy.parent)
    assert done.returncode != 0
    assert "data/train.parquet" in done.stderr
