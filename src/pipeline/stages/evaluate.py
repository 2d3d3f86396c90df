"""Stage 8, evaluate: how good the model is on the dev set -> metrics/dev.json, plots/, and a run in MLflow.

Of dev rows that judge the newest retraining nothing is told: they are the gate's.
"""

import json
import shutil
from pathlib import Path

import pandas as pd

from pipeline import tracking
from pipeline.errors import DataError
from pipeline.model import metrics
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.table import stream, tables
from pipeline.table.tables import ROW_ID

METRICS, PLOTS = Path("metrics/dev.json"), Path("plots")


def run(params: Params) -> None:
    """Measure the dev predictions, draw their curves, and record the run."""
    signature = Signature.load()
    labels, predictions, left_out = _paired(signature.target)
    values = metrics.measure(labels, predictions, signature)
    tables.write_text(json.dumps(values, indent=1) + "\n", METRICS)
    _write_plots(labels, predictions, signature)
    note = f"; {left_out:,} rows left out, which judge a retraining" if left_out else ""
    print("evaluate: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()) + note)
    print(f"evaluate: {tracking.record(params, signature, values)}")


def _paired(target: str) -> tuple[pd.Series, pd.DataFrame, int]:
    """Labels and predictions of the dev set, row by row, and how many rows are left out."""
    dev, predictions = tables.read("data/dev.parquet"), tables.read("predictions/dev.parquet")
    if not dev[ROW_ID].equals(predictions[ROW_ID]):
        raise DataError("predictions/dev.parquet is not about the rows of data/dev.parquet; run `mainline lock`")
    judging = stream.judging(dev[ROW_ID])
    dev, predictions = (each[~judging].reset_index(drop=True) for each in (dev, predictions))
    return dev[target], predictions, int(judging.sum())


def _write_plots(labels: pd.Series, predictions: pd.DataFrame, signature: Signature) -> None:
    shutil.rmtree(PLOTS, ignore_errors=True)  # another task's curves do not outlive it
    confusion = metrics.confusion(labels, predictions, signature)
    tables.write_text(confusion.to_csv(index=False), PLOTS / "confusion.csv")
    for name, points in metrics.curves(labels, predictions, signature).items():
        tables.write_text(points.to_csv(index=False), PLOTS / "curves" / f"{name}.csv")
