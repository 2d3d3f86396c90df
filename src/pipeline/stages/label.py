"""Stage 4, label: gives each row the label that people have settled on -> data/labelled.parquet, unlabelled.parquet.

Until somebody votes on a row, the source's label stands. How far people agree, and how right one of them is by the
others, goes to metrics/labels.json: of blind and imported votes on train and dev rows, never of sealed ones.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline.errors import DataError
from pipeline.params import Params
from pipeline.stages import split
from pipeline.table import agreement, tables, votes
from pipeline.table.votes import Settled

METRICS = Path("metrics/labels.json")


def run(params: Params) -> None:
    """Label data/valid.parquet."""
    said, target = votes.read(), params.data.target
    if said.empty and not _blanks(target):  # as most tables: the same bytes, which cost nothing
        shutil.copyfile(tables.VALID, tables.LABELLED)
        empty = pq.read_schema(tables.VALID).empty_table()
        pq.write_table(empty, tables.UNLABELLED)
        rows = pq.read_metadata(tables.VALID).num_rows
        _write({"rows": rows, "labelled": rows, "unlabelled": 0, "people": {}, "agreement": None, "human": None})
        print(f"label: {rows:,} rows have a label, all of the source's")
        return
    frame = tables.read(tables.VALID)
    side = split.assign(frame, params)
    settled = votes.settle(frame, said, side, params)
    known = settled.labels.notna()
    labelled = frame[known].assign(**{target: votes.typed(settled.labels[known])})
    tables.write(labelled, tables.LABELLED)
    tables.write(frame[~known], tables.UNLABELLED)
    _write(_figures(settled, side, said, len(frame)))
    _tell(settled, params, said)
    _require_enough(known, side)


def _require_enough(known: pd.Series, side: pd.Series) -> None:
    """Refuse, once all is written, what split would: here it is said what mends it."""
    for name in split.SIDES:
        if (count := int((known & (side == name)).sum())) < split.FEWEST_ROWS:
            raise DataError(
                f"{known.sum():,} of {len(known):,} rows have a label, and {count} of them fall into {name!r}, where a "
                f"first model needs {split.FEWEST_ROWS}: `mainline label`, then `mainline lock`"
            )


def _blanks(target: str) -> bool:
    """Whether a row has no label."""
    return bool(pq.read_table(tables.VALID, columns=[target])[target].null_count)


def _write(figures: dict[str, Any]) -> None:
    tables.write_text(json.dumps(figures, indent=1) + "\n", METRICS)


def _tell(settled: Settled, params: Params, said: pd.DataFrame) -> None:
    count = int(settled.labels.notna().sum())
    print(f"label: {count:,} rows have a label, {len(settled.labels) - count:,} have none; {len(said):,} votes")
    notes = {
        "votes are on rows that are not in the table": settled.gone,
        "votes do not count: they are not blind, and not on training rows": settled.in_sight,
        "rows wait, as people disagree on them; `mainline label` asks of them first": int(settled.tied.sum()),
    }
    for note, number in notes.items():
        if number:
            print(f"label: {number:,} {note}")
    arbiter = params.labels.arbiter
    if arbiter is not None and arbiter not in set(said["by"]):
        print(f"label: labels.arbiter: {arbiter!r} has not voted yet")


def _figures(settled: Settled, side: pd.Series, said: pd.DataFrame, rows: int) -> dict[str, Any]:
    labelled = int(settled.labels.notna().sum())
    people = {name: {"votes": int(number)} for name, number in votes.last(said)["by"].value_counts(sort=False).items()}
    told: dict[str, Any] = {"rows": rows, "labelled": labelled, "unlabelled": rows - labelled}
    told |= {"ties": int(settled.tied.sum()), "gone": settled.gone, "in_sight": settled.in_sight}
    compared = settled.counted[settled.counted["how"].isin(["blind", "import"])]
    compared = compared[(side.to_numpy() != split.SEALED)[compared["place"].astype(int)]]
    compared = compared[compared["place"].duplicated(keep=False)]
    if compared.empty:
        return told | {"people": people, "agreement": None, "human": None}
    matrix = _matrix(compared["label"])
    several = agreement.Votes(np.unique(compared["place"].astype(int), return_inverse=True)[1], matrix)
    human, right = agreement.level(several)
    for name, of_theirs in pd.Series(right, index=compared["by"]).dropna().groupby(level=0):
        people[str(name)] |= _of_one(of_theirs, classes=matrix.shape[1] > 1)
    return told | {"people": people, "agreement": agreement.alpha(several), "human": human}


def _of_one(right: pd.Series, *, classes: bool) -> dict[str, Any]:
    """How right one person is by the others."""
    if not classes:
        return {"rows": len(right), "mean_absolute_error": round(float(right.mean()), agreement.DIGITS)}
    low, high = agreement.wilson(int(right.sum()), len(right))
    return {"rows": len(right), "accuracy": round(float(right.mean()), agreement.DIGITS), "low": low, "high": high}


def _matrix(labels: pd.Series) -> agreement.Floats:
    """(votes, classes) of 0 and 1, or (votes, 1) of numbers."""
    if pd.api.types.is_float_dtype(labels):
        numbers: agreement.Floats = labels.to_numpy(dtype=np.float64)[:, None]
        return numbers
    codes, known = pd.factorize(labels, sort=True)
    one_hot: agreement.Floats = np.eye(max(len(known), 2))[codes]  # of one class alone, two columns: it is no number
    return one_hot
