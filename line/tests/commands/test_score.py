"""`mainline score`, and the model as a function, on a project as a user has it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from line.tests.projects import TOP, edit
from mainline.commands import lock
from mainline.project import Project

pytestmark = pytest.mark.slow


def mainline(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [sys.executable, "-m", "mainline", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def test_the_sets_that_the_pipeline_predicted_are_scored_the_same(project: Path) -> None:
    """Column for column and bit for bit what is in predictions/, from any folder of the project."""
    below = project / "data"
    done = mainline("score", "dev.parquet", "answers.parquet", cwd=below)
    assert (done.returncode, done.stderr) == (0, "")
    answers, expected = pd.read_parquet(below / "answers.parquet"), pd.read_parquet(project / "predictions/dev.parquet")
    pd.testing.assert_frame_equal(answers, expected, check_exact=True)
    again = mainline("score", "dev.parquet", "answers.parquet", cwd=below)
    assert again.returncode == 2
    assert again.stderr == "score: answers.parquet: is there already; --overwrite replaces it\n"
    assert mainline("score", "dev.parquet", "answers.parquet", "--overwrite", cwd=below).returncode == 0
    kept = mainline("score", "dev.parquet", "-o.csv", "--keep", "target", "--strict", cwd=below)
    assert kept.returncode == 2  # an option of that name there is not
    assert mainline("score", "--keep", "target", "--strict", "--", "dev.parquet", "-o.csv", cwd=below).returncode == 0
    assert pd.read_csv(below / "-o.csv").columns.tolist()[:3] == ["row_id", "target", "prediction"]


@pytest.mark.smoke
def test_without_a_model_it_says_how_to_build_one(project: Path) -> None:
    """One line, and nothing is made."""
    (project / "models/model.skops").unlink()
    done = mainline("score", "data/dev.parquet", "answers.csv", cwd=project)
    assert done.returncode == 1
    assert re.fullmatch(r"score: \S*models/model.skops: not here yet; run `mainline lock` to build it\n", done.stderr)
    assert not list(project.glob("answers*"))


def test_a_table_of_ones_own_by_the_command_and_by_the_docs(project: Path) -> None:
    """Text, dates, categories, labels with spaces: files as the pipeline has them; the docs' lines give the same."""
    random, rows = np.random.default_rng(0), 400
    frame = pd.DataFrame(
        {
            "customer": [f"c{i}" for i in range(rows)],
            "age": random.integers(18, 90, rows),
            "city": random.choice(["Ulm", "Bad Ems", "Kiel"], rows),
            "since": pd.to_datetime("2024-01-01") + pd.to_timedelta(random.integers(0, 400, rows), unit="D"),
            "note": [" ".join(words) for words in random.choice(["red", "green", "blue", "old"], (rows, 5))],
        }
    )
    frame["stays"] = np.where(frame["age"] + random.normal(0, 5, rows) > 50, "for sure 😀", "not at all")
    frame.loc[random.choice(rows, 40, replace=False), ["city", "since"]] = None
    (project / "data/source").mkdir(exist_ok=True)
    frame.to_csv(project / "data/source/customers.csv", index=False)
    edit(project, data={"source": "data/source/customers.csv", "rows": None, "target": "stays", "id": "customer"})
    edit(project, validate={"rules": {}}, train={"estimator": "sklearn.linear_model.LogisticRegression", "params": {}})
    lock.refresh(Project(project))
    kinds = {c["name"]: c["kind"] for c in json.loads((project / "models/signature.json").read_text())["columns"]}
    assert set(kinds.values()) == {"numeric", "categorical", "date", "text", "ignored"}
    assert kinds["customer"] == "ignored"

    frame.to_csv(project / "customers.csv", index=False)
    assert mainline("score", "customers.csv", "answers.parquet", cwd=project).returncode == 0
    answers = pd.read_parquet(project / "answers.parquet").set_index("customer")
    expected = pd.read_parquet(project / "predictions/dev.parquet").set_index("row_id").rename_axis("customer")
    pd.testing.assert_frame_equal(answers.loc[expected.index], expected, check_exact=True)

    blocks = re.findall(r"```python\n(.*?)```", (TOP / "docs/service.md").read_text(), re.DOTALL)
    [code] = [block for block in blocks if "predictor(" in block]
    assert len([line for line in code.splitlines() if line]) == 3
    code += "answers.to_parquet('library.parquet')\n"
    subprocess.run([sys.executable, "-c", code], cwd=project, check=True)
    library = pd.read_parquet(project / "library.parquet").set_index(answers.index)
    pd.testing.assert_frame_equal(library, answers, check_exact=True)
