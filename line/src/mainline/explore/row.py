"""One row through every stage: as the source wrote it, cleaned, parsed, labelled, and which side it is on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import parquet

from mainline import retraining
from mainline.errors import ConfigError, Refused
from mainline.project import Project

ROW_ID, REASON = "row_id", "quarantine_reason"
STEPS = {"source": "raw", "cleaned": "clean", "parsed": "valid", "labelled": "labelled"}
"""What is shown, and the file in data/ that holds it."""
SIDES = ("train", "dev")


@dataclass(frozen=True)
class Row:
    """What became of a row; cells by column and step, of rows that people may look at."""

    id: str
    side: str
    said: str
    cells: dict[str, dict[str, Any]]


def follow(project: Project, row_id: str) -> Row:
    """A row of the train or dev side with its cells; of one in quarantine or without a label, where it is.

    Raises:
        ConfigError: there is no such row.
        Refused: it is sealed, or judges a retraining.
    """
    for side in SIDES:
        if _find(project, side, row_id) is not None:
            if side == "dev" and row_id in _judging(project):
                raise Refused(f"row {row_id} judges the newest retraining; nobody looks at it before the gate has")
            return Row(row_id, side, f"is a {side} row", _cells(project, row_id))
    put_aside = _find(project, "quarantine", row_id)
    if put_aside is not None:
        return Row(row_id, "", f"is in quarantine: {put_aside[REASON]}; its cells are in data/quarantine.parquet", {})
    if _find(project, "unlabelled", row_id) is not None:
        return Row(row_id, "", "has no label yet, and so no side", {})
    if _find(project, "raw", row_id) is None:
        raise ConfigError(f"no row is called {row_id!r}; row_id in data/train.parquet and data/dev.parquet names them")
    raise Refused(f"row {row_id} is sealed, or left out beside one that is; nobody looks at it, only the gate does")


def _cells(project: Project, row_id: str) -> dict[str, dict[str, Any]]:
    steps = {step: _find(project, name, row_id) for step, name in STEPS.items()}
    names = dict.fromkeys(str(name) for found in steps.values() if found is not None for name in found.index)
    names.pop(ROW_ID)
    return {name: {step: None if found is None else found.get(name) for step, found in steps.items()} for name in names}


def _find(project: Project, name: str, row_id: str) -> "pd.Series[Any] | None":
    """The row of a table in data/, by its id; only rows of that id are kept in memory."""
    path = Path(project / f"data/{name}.parquet")
    if not path.exists():
        return None
    found = parquet.read_table(path, filters=[(ROW_ID, "=", row_id)]).to_pandas()
    return found.iloc[0] if len(found) else None


def _judging(project: Project) -> set[str]:
    ids = parquet.read_table(project / "data/dev.parquet", columns=[ROW_ID])[ROW_ID].to_pylist()
    return {each for each, judges in zip(ids, retraining.judging(map(str, ids)), strict=True) if judges}
