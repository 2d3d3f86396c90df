"""A made-up word in private cells is in no file that a project, its remote, its records or its service leave."""

import hmac
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest

from line.tests.hidden import KEY, PLAIN, WORD, about, holding, rows, write
from line.tests.projects import commit_all, edit
from line.tests.service.serving import serving
from mainline.package import bento
from mainline.project import Project
from mainline.tools import dvc, git

pytestmark = pytest.mark.slow


def test_a_private_word_is_nowhere(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a table outside of the project to a served answer: files, objects of git, cache, remote, MLflow, logs."""
    git.git("switch", "--quiet", "main", root=project)
    table, remote, said = tmp_path / "outside/people.csv", tmp_path / "remote", tmp_path / "said"
    said.mkdir()
    monkeypatch.setenv("DATA_KEY", KEY)

    def run(*command: str, typed: str = "", codes: tuple[int, ...] = (0,)) -> None:
        done = subprocess.run(
            command, cwd=project, input=typed, capture_output=True, text=True, check=False, env=dict(os.environ)
        )
        (said / f"{len(list(said.iterdir()))}.log").write_text(done.stdout + done.stderr)
        assert done.returncode in codes, done.stdout + done.stderr

    mainline = (sys.executable, "-m", "mainline")
    write(table, rows())
    edit(project, **about(table))
    edit(project, data={"forget": "data/forget.txt"}, gate={"max_mde": 1, "max_changed": 0.5})
    dvc.dvc("remote", "add", "--quiet", "--default", "storage", str(remote), root=project)
    run(sys.executable, "-m", "pipeline", "forget", "who", typed=f"{WORD}-7\n{WORD}-8\n")
    run(*mainline, "lock")
    commit_all(project, "People")
    run("dvc", "push", "--quiet")
    git.git("switch", "--quiet", "--create", "other", root=project)
    run(sys.executable, "-m", "pipeline", "forget", "who", typed=f"{WORD}-9\n")  # whom main's version knows
    write(table, [each | {"age": "young" if at == 11 else each["age"]} for at, each in enumerate(rows(310))])
    edit(project, train={"params": {"max_depth": 3}})
    run(*mainline, "lock", "--source")
    commit_all(project, "Another model")
    run("dvc", "push", "--quiet")
    run(*mainline, "report", "--base", "main")
    run(*mainline, "doctor", codes=(0, 2))
    packed = bento.build(Project(project)).path
    served = tmp_path / "served"
    served.mkdir()
    with serving(served, project / "models", RECORDS_KEY=KEY) as running:
        asked = [{name: cell for name, cell in each.items() if name != "stays"} for each in rows(20)]
        answer = httpx.post(f"{running.url}/predict", json={"rows": asked}, timeout=30)
        assert answer.is_success, answer.text
        for odd in ({"rows": [{"who": WORD}]}, {"rows": WORD}, {WORD: 1}):
            assert httpx.post(f"{running.url}/predict", json=odd, timeout=30).is_client_error
    records = list((served / "records").glob("*.jsonl"))
    assert PLAIN in "".join(path.read_text() for path in records)

    assert not holding(WORD, project, remote, said, served, packed)
    told = holding(PLAIN, project)
    assert {"data/raw.parquet", "models/signature.json"} <= told
    assert any(name.startswith("mlruns/") for name in told)
    assert holding(PLAIN, remote)
    assert holding(PLAIN, packed)
    kept = pq.read_table(project / "data/raw.parquet")
    assert kept.num_rows == 307
    assert kept.column_names == ["row_id", "ssn", "club", "age", "likes", "stays"]
    assert set(map(len, kept["ssn"].to_pylist())) == {32}
    assert "| `who` | hashed, and names the rows |" in (project / "data/card.md").read_text()

    gone = hmac.new(KEY.encode(), f"who={WORD}-9".encode(), "sha256").hexdigest()[:32]
    places = (project / ".dvc/cache", remote)
    assert gone not in kept["row_id"].to_pylist()
    assert all(holding(gone, place) for place in places)
    run("dvc", "gc", "--workspace", "--cloud", "--force")
    assert not holding(gone, *places, project / "data", project / "predictions") - {"forget.txt"}
    run(*mainline, "lock", "--check")
