"""Measures how long the model takes for one row: `python -m pipeline latency` prints it as JSON."""

import json
import time

import numpy as np

from pipeline.model import fast_path, predicting, saving
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import tables

WARM_UP = 5
MOST_CALLS = 300
FEWEST_CALLS = 50
ENOUGH_SECONDS = 3.0


def run(params: Params) -> None:
    """Time one-row predictions of dev rows: {"p50_ms": ..., "p99_ms": ...}, over 300 calls or 3 seconds of them.

    They are made as the service makes them: the quick way where there is one, else by a table.
    """
    signature = Signature.load()
    fitted = saving.load(trusted=signature.trusted)
    layout, quick = Layout.of(signature), fast_path.of(fitted, signature)
    dev = Inputs.of(signature.conform(tables.read("data/dev.parquet")), layout)
    taken: list[float] = []
    while len(taken) < WARM_UP + MOST_CALLS and (sum(taken) < ENOUGH_SECONDS or len(taken) < WARM_UP + FEWEST_CALLS):
        place = len(taken) % len(dev)
        row = dev[place : place + 1]
        began = time.perf_counter()
        if quick is None:
            predicting.predict(fitted, signature, row.frame(layout))
        else:
            quick.predict(row)
        taken.append(time.perf_counter() - began)
    p50, p99 = np.percentile(taken[WARM_UP:], [50, 99]) * 1000
    print(json.dumps({"p50_ms": round(p50, 3), "p99_ms": round(p99, 3)}))
