"""Stage 6, train: fits the model on the training rows -> models/model.skops, models/signature.json."""

import hashlib
import json
import time
import warnings
from pathlib import Path

import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.errors import FAILURES, ModelError, brief
from pipeline.model import estimator, saving, signature
from pipeline.model.signature import Signature, Window
from pipeline.params import Params
from pipeline.sections import Kind, Split
from pipeline.table import cells, columns, tables, task
from pipeline.table.tables import ROW_ID

TIMINGS = Path("models/timings.json")
KEPT_TIMINGS = 100


def run(params: Params) -> None:
    """Fit on data/train.parquet, and save."""
    train = tables.read("data/train.parquet")
    began = time.perf_counter()
    fitted, about = fit(train, params)
    saving.save(fitted, trusted=params.train.trusted)
    about.save()
    seconds = time.perf_counter() - began
    _note(seconds)
    name = params.train.estimator.rpartition(".")[2]
    print(f"train: {name} on {len(train):,} rows, {about.task}, in {seconds:.1f} s")


def fit(train: pd.DataFrame, params: Params) -> tuple[Pipeline, Signature]:
    """Fit the model that params.yaml asks for.

    Args:
        train: (rows, row_id + features + target), parsed.

    Raises:
        ModelError: the estimator fails on these rows.
    """
    target = params.data.target
    rules = cells.rules_of(params.clean, params.data, [*map(str, train.columns.drop(ROW_ID))])
    about = signature.describe(
        train,
        target=target,
        task=task.infer(train[target], params.data, rules.get(target)),
        kinds=_kinds(train.drop(columns=[ROW_ID, target]), params),
        estimator=params.train.estimator,
        trusted=params.train.trusted,
        positive=params.data.positive,
        private=tuple(
            dict.fromkeys([*params.service.private, *(name for name in params.data.hashed if name in train)])
        ),
        left_out=[*params.data.left_out, *train.attrs.get(tables.LEFT_OUT, ())],
        missing=params.data.missing,
        dates=train.attrs.get(tables.DATES),
        clean=rules,
        sealed=_sealed(params.split),
    )
    texts = [column.name for column in about.features if column.kind == "text"]
    without_blanks = [name for name in texts if columns.without_blanks(columns.as_text(train[name]).dropna())]
    unfitted = estimator.build(params.train, about, without_blanks)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return unfitted.fit(about.conform(train), train[target].to_numpy()), about
    except FAILURES as error:
        raise ModelError(f"{about.estimator} failed on the training rows: {brief(error)}") from None


def _sealed(split: Split) -> Window:
    _, start, stop = split.edges
    return Window(salt=split.salt, start=start, stop=stop, group=split.group)


def _note(seconds: float) -> None:
    """Keep how long this model took, for the report: by content, as the time is no part of what is versioned."""
    try:
        known = json.loads(TIMINGS.read_text())
    except (OSError, ValueError):
        known = {}
    known[hashlib.md5(saving.PATH.read_bytes(), usedforsecurity=False).hexdigest()] = round(seconds, 3)
    tables.write_text(json.dumps(dict(list(known.items())[-KEPT_TIMINGS:])) + "\n", TIMINGS)


def _kinds(features: pd.DataFrame, params: Params) -> dict[str, Kind]:
    kinds = columns.kinds_of(features, params.data.kinds)
    if params.split.group is not None:
        kinds[params.split.group] = "ignored"  # it says who a row is of: on other sides there are only strangers
    return kinds
