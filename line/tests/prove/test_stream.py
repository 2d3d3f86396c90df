"""A model that has learnt from rows of production is proved as any other."""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from line.tests.projects import commit_all
from mainline.commands import lock
from mainline.project import Lock, Project
from mainline.prove import influence, prove
from mainline.tools import dvc, process
from pipeline.sections import Data
from pipeline.table import sources

pytestmark = pytest.mark.slow

IDS = [*(f"stream:{n:032x}" for n in range(60)), *(f"asked:1:{n:032x}" for n in range(60, 100))]


@pytest.fixture
def taken(project: Path) -> Project:
    """The example, with rows that its source leaves out, as production would have brought them."""
    frame = sources.read(Data(source="sklearn:digits", target="target")).iloc[1500:1600].reset_index(drop=True)
    frame.insert(0, "row_id", IDS)
    frame.assign(_day="2026-03-01").to_parquet(project / "in.parquet")
    asked = [sys.executable, "-m", "pipeline", "stream", "in.parquet", "out.parquet"]
    said = process.capture(asked, cwd=project, env={"PYTHONPATH": str(project / "src")})
    assert "100 rows: 100 fit, 0 known already, 0 break a rule" in said
    rows = parquet.read_table(project / "out.parquet").drop_columns(["why"])
    parquet.write_table(rows, project / "data/stream/rows.parquet")
    for name in ("in.parquet", "out.parquet"):
        (project / name).unlink()
    dvc.dvc("add", "--quiet", "data/stream/rows.parquet", root=project)
    lock.refresh(Project(project))
    commit_all(project, "Rows of production")
    return Project(project)


def ids_of(project: Project, side: str) -> set[str]:
    """The rows of a side that production brought."""
    ids = parquet.read_table(project / f"data/{side}.parquet", columns=["row_id"])["row_id"].to_pylist()
    return {each for each in ids if ":" in each}


def test_a_model_of_productions_rows_is_proven(taken: Project, tmp_path: Path) -> None:
    """Each on its side; what training must not see of them is permuted, too, and the model is the same."""
    lock.check(taken)
    train, dev = ids_of(taken, "train"), ids_of(taken, "dev")
    assert train | dev == set(IDS)
    assert dev >= set(IDS[60:])
    assert train <= set(IDS[:60])
    assert ids_of(taken, "sealed/features") == set()
    influence.permute(taken, tmp_path / "raw.parquet")
    before, after = parquet.read_table(taken / "data/raw.parquet"), parquet.read_table(tmp_path / "raw.parquet")
    changed = np.array(before["target"]) != np.array(after["target"])
    differ = set(before.filter(pa.array(changed))["row_id"].to_pylist())
    assert not differ & train
    assert len(differ & dev) > len(dev) // 2
    assert prove.prove(taken, Lock(None), "new").rebuilt
