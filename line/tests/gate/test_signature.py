"""A branch's signature, tables and figures are read with care: what is none is refused in one line, with its name."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainline import config
from mainline.errors import Refused
from mainline.gate import columns, copies, signature, thresholds
from mainline.project import Project

FINE: dict[str, Any] = {"task": "binary", "target": "y", "classes": ["No", "Yes"]}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with empty folders."""
    for folder in ("models", "metrics", "data/sealed"):
        (tmp_path / folder).mkdir(parents=True)
    return Project(tmp_path)


@pytest.mark.parametrize("classes", [["No", "Yes"], [0, 1, 2], [0.5, 1], None])
def test_a_signature_is_read(project: Project, classes: Any) -> None:
    """With classes of one kind, or none."""
    (project / signature.FILE).write_text(json.dumps(FINE | {"classes": classes}))
    assert signature.read(project)["classes"] == classes


SPOILT = [
    *("no json", "[" * 100_000, "[]", "3", "{}"),
    *(json.dumps(FINE | change) for change in ({"task": "ranking"}, {"task": []}, {"target": 1}, {"classes": 3})),
    *(json.dumps(FINE | {"classes": each}) for each in ([], "No", ["No", 1], ["No", "No"], [[0], [1]], [None, None])),
]


@pytest.mark.parametrize("text", SPOILT, ids=range(len(SPOILT)))
def test_what_is_no_signature_is_refused(project: Project, text: str) -> None:
    """Whatever it is instead."""
    (project / signature.FILE).write_text(text)
    with pytest.raises(Refused, match=r"^models/signature\.json: not as the train stage writes it"):
        signature.read(project)


def test_what_is_no_table_is_refused(project: Project) -> None:
    """A text, a table that is cut off, an id or a cell that is a list."""
    path = project / "data/dev.parquet"
    path.write_text("row_id,y\n")
    with pytest.raises(Refused, match=r"^dev\.parquet: no table that can be read: "):
        columns.ids(path)
    pd.DataFrame({"row_id": ["a", "b"]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(Refused, match=r"^dev\.parquet: no table that can be read: "):
        columns.names(path)
    pq.write_table(pa.table({"row_id": [["a"], ["b"]]}), path)
    with pytest.raises(Refused, match=r"^dev\.parquet: no table that can be read: "):
        columns.ids(path)
    for name in ("data/train.parquet", "data/sealed/features.parquet", "data/sealed/labels.parquet"):
        pq.write_table(pa.table({"row_id": [name], "x": [{"deep": [1]}]}), project / name)
    with pytest.raises(Refused, match=r"parquet: no table that can be read: "):
        copies.refuse_trained_on_sealed(project, project)


@pytest.mark.parametrize("text", ["no json", "[" * 100_000, "[1]"])
def test_what_are_no_figures_is_refused(project: Project, text: str) -> None:
    """A floor is held to numbers, or to nothing."""
    (project / "metrics/dev.json").write_text(text)
    with pytest.raises(Refused, match=r"^metrics/dev\.json: not as the evaluate stage writes it"):
        list(thresholds._floors(project, config.Bars(floor={"accuracy": 0.8})))
