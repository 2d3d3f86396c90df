"""Dev rows, counted: from files as a commit has them."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mainline.monitor import dev_rows
from mainline.project import Project


def tree(folder: Path, rows: int) -> Project:
    """A regression with so many dev rows."""
    for name in ("data", "predictions", "models"):
        (folder / name).mkdir()
    ids = list(range(rows))
    pd.DataFrame({"row_id": ids, "price": [1.0] * rows}).to_parquet(folder / "data/dev.parquet")
    pd.DataFrame({"row_id": ids, "prediction": [1.0] * rows}).to_parquet(folder / "predictions/dev.parquet")
    about = {"task": "regression", "target": "price", "deciles": [0.0, 2.0]}
    (folder / "models/signature.json").write_text(json.dumps(about))
    return Project(folder)


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_dev_rows_measure_nothing(tmp_path: Path, rows: int) -> None:
    """It is said why, and no verdict stands on them."""
    with pytest.raises(ValueError, match=f"there are {rows} of them"):
        dev_rows._counted(tree(tmp_path, rows))


def test_two_dev_rows_are_counted(tmp_path: Path) -> None:
    """Both right, to the last digit."""
    assert dev_rows._counted(tree(tmp_path, 2)).scores.tolist() == [2.0] + [0.0] * 19
