"""Processes that fit a model without one fold each: they live as long as the search, and share the rows."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

import pandas as pd
from threadpoolctl import threadpool_limits

from pipeline.errors import FAILURES, ModelError, PipelineError, brief
from pipeline.model import fitting, folds, metrics
from pipeline.model.folds import Fold
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.search import space
from pipeline.stop import SIGNALS

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Task(NamedTuple):
    """What every trial has in common."""

    rows: pd.DataFrame
    """(rows, row_id + features + target), parsed."""
    folds: tuple[Fold, ...]
    about: Signature
    params: Params
    metric: str


class Score(NamedTuple):
    """What came of one fold: the metric on its rows, and processor seconds to fit and to answer; or why nothing."""

    value: float
    seconds: float
    reason: str = ""


_task: Task
_limits: Any


class Pool:
    """As many processes as there are cores."""

    def __init__(self, task: Task, size: int) -> None:
        for name in THREADS:  # before a process loads what reads them
            os.environ[name] = "1"
        how = "fork" if sys.platform == "linux" else "spawn"  # a fork shares the rows; elsewhere each gets a copy
        context = multiprocessing.get_context(how)
        self._count = len(task.folds)
        self._pool = ProcessPoolExecutor(size, context, _begin, (task, os.getpid()))

    def fit(self, said: dict[str, Any]) -> "Sequence[Future[Score]]":
        """Fit the model of a section `train` without each fold."""
        try:
            return [self._pool.submit(score, said, number) for number in range(self._count)]
        except BrokenProcessPool as error:  # a process has died meanwhile, at another model perhaps
            broken = Future[Score]()
            broken.set_exception(error)
            return [broken]

    def end(self) -> None:
        """End all processes, whatever they are at."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for each in multiprocessing.active_children():
            each.kill()


def score(said: dict[str, Any], number: int) -> Score:
    """Fit without the fold of this number, and measure on it."""
    began = time.process_time()
    try:
        train = space.as_train(said, _task.params)
        about = _task.about.model_copy(update={"estimator": train.estimator})
        fold = _task.folds[number]
        answers, _ = folds.answers(_task.rows, [fold], about, lambda: fitting.unfitted(train, about, _task.rows))
        labels = _task.rows[about.target].iloc[answers.index]
        values = metrics.measure(labels.reset_index(drop=True), answers.reset_index(drop=True), about)
        if _task.metric not in values:
            raise ModelError(f"fold {number + 1} defines no {_task.metric}")
        return Score(values[_task.metric], time.process_time() - began)
    except PipelineError as error:
        return Score(float("nan"), time.process_time() - began, str(error))
    except FAILURES as error:  # what an estimator of one's own may raise when it answers
        return Score(float("nan"), time.process_time() - began, f"{said['estimator']}: {brief(error)}")


def _begin(task: Task, parent: int) -> None:
    global _task, _limits
    _task = task
    _limits = threadpool_limits(1)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the search, which ends its processes
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """No process outlives a search that was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
