"""Stage 6, train: fits the model on the training rows -> models/model.skops, models/signature.json."""

import hashlib
import json
import time
from pathlib import Path

from pipeline.model import fitting, packages, saving
from pipeline.params import Params
from pipeline.table import tables

TIMINGS = Path("models/timings.json")
KEPT_TIMINGS = 100


def run(params: Params) -> None:
    """Fit on data/train.parquet, and save."""
    estimator = params.train.estimator
    asked = [packages.package_of(estimator), *packages.needed(estimator, None)]
    packages.require_served(asked, "train.estimator")  # before the work, not after
    train = tables.read("data/train.parquet")
    began = time.perf_counter()
    fitted, about = fitting.fit(train, params)
    saving.save(fitted, trusted=params.train.trusted)
    needed = packages.needed(estimator)
    packages.require_served(needed, str(saving.PATH))
    about.model_copy(update={"packages": needed}).save()
    seconds = time.perf_counter() - began
    _note(seconds)
    name = estimator.rpartition(".")[2]
    print(f"train: {name} on {len(train):,} rows, {about.task}, in {seconds:.1f} s")


def _note(seconds: float) -> None:
    """Keep how long this model took, for the report: by content, as the time is no part of what is versioned."""
    try:
        known = json.loads(TIMINGS.read_text())
    except (OSError, ValueError):
        known = {}
    known[hashlib.md5(saving.PATH.read_bytes(), usedforsecurity=False).hexdigest()] = round(seconds, 3)
    tables.write_text(json.dumps(dict(list(known.items())[-KEPT_TIMINGS:])) + "\n", TIMINGS)
