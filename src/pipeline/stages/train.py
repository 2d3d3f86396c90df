"""Stage 6, train: fits the model on the training rows -> models/model.skops, models/signature.json."""

import hashlib
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline.model import fitting, packages, saving
from pipeline.params import Params
from pipeline.table import keys, tables
from pipeline.table.lazy import Lazy
from pipeline.table.tables import ROW_ID

TRAIN = "data/train.parquet"
SALT = "train.rows"  # another than split.salt: by that one, the training rows have the largest hashes
TIMINGS = Path("models/timings.json")
KEPT_TIMINGS = 100


def run(params: Params) -> None:
    """Fit on data/train.parquet, and save."""
    estimator = params.train.estimator
    asked = [packages.package_of(estimator), *packages.needed(estimator, None)]
    packages.require_served(asked, "train.estimator")  # before the work, not after
    train = sampled(tables.table(TRAIN), params.train.rows)
    began = time.perf_counter()
    fitted, about = fitting.fit(train, params)
    saving.save(fitted, trusted=params.train.trusted)
    needed = packages.needed(estimator)
    packages.require_served(needed, str(saving.PATH))
    about.model_copy(update={"packages": needed}).save()
    seconds = time.perf_counter() - began
    _note(seconds)
    name = estimator.rpartition(".")[2]
    more = pq.read_metadata(TRAIN).num_rows - len(train)
    of_all = f" (train.rows; {more:,} more are there)" if more else ""
    print(f"train: {name} on {len(train):,} rows{of_all}, {about.task}, in {seconds:.1f} s")


def sampled(frame: pd.DataFrame, rows: int | None) -> pd.DataFrame:
    """So many rows in memory, or all: those whose ids have the smallest hashes, so that more rows hold fewer.

    Args:
        frame: (rows, row_id + features + target).
    """
    if rows is None or rows >= len(frame):
        return frame.copy() if isinstance(frame, Lazy) else frame
    at = keys.positions(frame[ROW_ID].astype("str"), SALT)
    chosen = np.zeros(len(frame), dtype=bool)
    chosen[np.argsort(at, kind="stable")[:rows]] = True
    few = frame[chosen]
    return few.copy() if isinstance(few, Lazy) else few.reset_index(drop=True)


def _note(seconds: float) -> None:
    """Keep how long this model took, for the report: by content, as the time is no part of what is versioned."""
    try:
        known = json.loads(TIMINGS.read_text())
    except (OSError, ValueError):
        known = {}
    known[hashlib.md5(saving.PATH.read_bytes(), usedforsecurity=False).hexdigest()] = round(seconds, 3)
    tables.write_text(json.dumps(dict(list(known.items())[-KEPT_TIMINGS:])) + "\n", TIMINGS)
