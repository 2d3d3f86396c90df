"""Answers into a store that the service reads first: each row answered alone, as in a request of one row."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.errors import DataError, ModelError, ParamsError, SourceError
from pipeline.model.inputs import Inputs
from service.precomputed import Facts, StoreError, Target, open_target, problem, shown
from service.precomputed.answers import keys_of, packed, version_of
from service.predict.engine import Engine
from service.score.journal import OutputError
from service.score.model import Scorer
from service.score.progress import Progress
from service.score.run import Done, pieces
from service.score.tables import Source, check_encoding, identity_of, open_source

PIECE = 512  # rows at a time
SOME = (2, 3, 7)  # rows beside each other, as requests may have them
FORESTS = ("sklearn.ensemble.RandomForest", "sklearn.ensemble.ExtraTrees")
TREES = ("sklearn.tree.", *FORESTS, "catboost.", "lightgbm.", "xgboost.")
"""Whose answer to a row hangs on that row alone. Others may answer alike today and not tomorrow: kernels of linear
algebra go by where a block lies in memory, too."""


@dataclass(frozen=True)
class Load:
    """What is asked for."""

    input: Path
    to: str
    """The address of a store."""
    models: Path
    strict: bool = False
    encoding: str = "utf-8"


def precompute(load: Load) -> Done:
    """Answer every row of a file, and put the answers into a store; whatever happens, it holds the old ones or the new.

    Raises:
        ParamsError: the options are none.
        SourceError: the input cannot be read, or changed meanwhile.
        DataError: it lacks a column, has no rows, or is not fit with strict.
        ModelError: there is no model, or it fails on a row.
        OutputError: the store cannot be written.
    """
    began, done = time.monotonic(), Done(0, 0, 0.0, Counter())
    check_encoding(load.encoding)
    if wrong := problem(load.to):
        raise ParamsError(f"--to: {wrong}")
    identity, scorer = identity_of(load.input), Scorer(load.models)
    source = open_source(load.input, scorer.wanted, load.encoding)
    scorer.attach(load.input, source, (), strict=load.strict)
    progress = Progress(source.total, 0)
    try:
        target = open_target(load.to, version_of(load.models))
        try:
            together = _fill(target, scorer, source, done, progress)
            if not done.rows:
                raise DataError(f"{load.input}: has no rows; the store is as it was")
            if identity_of(load.input) != identity:
                raise SourceError(f"{load.input}: changed while it was read; run the same command again")
            target.publish(Facts(done.rows, together, time.time()))
        except BaseException:
            target.abandon()
            raise
    except StoreError as error:
        raise OutputError(f"{shown(load.to)}: {error}") from None
    finally:
        progress.clear()
    done.seconds = time.monotonic() - began
    return done


def _fill(target: Target, scorer: Scorer, source: Source, done: Done, progress: Progress) -> bool:
    """Put all answers in; whether the model is one of trees, and answered rows the same alone and in company."""
    engine, tried = scorer.engine(), scorer.sample()
    together = scorer.estimator.startswith(TREES) and _is_same(engine, tried, np.concatenate([*_alone(engine, tried)]))
    for table in pieces(source.batches(scorer.columns, 0), PIECE):
        inputs, unreadable = scorer.inputs(table, done.rows)
        said: list[np.ndarray] = []
        try:
            said.extend(_alone(engine, inputs))
        except ModelError as error:
            raise scorer.failed_at(done.rows + len(said), error) from None
        together = together and _is_same(engine, inputs, np.concatenate(said))
        target.add([(key, packed(key, own)) for key, own in zip(keys_of(inputs), said, strict=True)])
        done.rows += len(inputs)
        done.unreadable.update(unreadable)
        progress.show(done.rows)
    engine.close()
    return together


def _alone(engine: Engine, inputs: Inputs) -> Iterator[np.ndarray]:
    """The answer for each row, (1, classes) or (1,), as for a request of one."""
    for place in range(len(inputs)):
        yield engine.answer(inputs[place : place + 1]).values


def _is_same(engine: Engine, inputs: Inputs, alone: np.ndarray) -> bool:
    """Whether rows beside each other are answered as alone, to the bit."""
    for size in (*SOME, len(inputs)):
        starts = range(0, len(inputs), size)
        beside = np.concatenate([engine.answer(inputs[start : start + size]).values for start in starts])
        if not np.array_equal(beside, alone):
            return False
    return True
