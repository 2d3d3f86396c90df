"""With labels in another order nothing can be foretold: a model that does it still has them from somewhere else.

A try fits the model to all rows so, then to one half, and asks it of the other. A step that keeps labels from fit to
fit gives itself away, and so does one that looks them up in data/train.parquet: for the try, a folder stands in for
the project's in which that file holds the labels as they are tried, and no other table of the stages is there.

What chance reaches is a permutation test: the same answers, in other orders. It is exact with few rows, rare classes
and outliers, too, as a sound model knows no order of the rows that it is asked of. Answers of several folds of one
order would be no such thing: where a row foretells another one, that one foretells it, and luck counts twice.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.diagnose import scores
from pipeline.diagnose.finding import Check, Finding
from pipeline.diagnose.view import View
from pipeline.model import folds
from pipeline.model.folds import Fold
from pipeline.table import tables

NAME = "shuffled labels"
FOLDS, DRAWN = 2, 20


class Trial(NamedTuple):
    """How often labels change places, how many orders say what chance reaches, and which share of them it may."""

    tries: int
    orders: int
    alarms: float


FIRST, CERTAIN, AGAIN = Trial(4, 500, 0.05), Trial(4, 20_000, 0.00005), Trial(12, 5_000, 0.001)
"""Of sound models one in 10,000 is accused: by the first tries at once, or by others where these looked strange."""
MEND = (
    "; it has the labels from somewhere else than the rows it is fitted to: look in src/pipeline/features.py and in"
    " your own estimator for what is kept from one fit to the next, or read from a file"
)


class Try(NamedTuple):
    """The answers to rows that were held out, and their labels in another order: (held,) each."""

    said: np.ndarray
    labels: np.ndarray


class Judged(NamedTuple):
    """Whether labels leak, the score of each try, the one that stands out most, and what chance makes of that."""

    leaks: bool
    scores: list[float]
    score: float
    bound: float


def look(view: View) -> Finding | None:
    """Fit the model to labels in another order, four times; where that looks like a leak, more often.

    Returns:
        None where labels in another order cannot be shared out.

    Raises:
        ModelError: it cannot be fitted so.
    """
    random = np.random.default_rng([view.params.train.seed, *NAME.encode()])  # not what has drawn the table itself
    tried = _tries(view, random, FIRST)
    if not tried:
        return None
    told = _judged(tried, FIRST, random, numbers=view.numbers)
    if told.leaks:
        told = _judged(tried, CERTAIN, random, numbers=view.numbers)
        if not told.leaks:  # it may be chance, and it may be a small leak: others tell, and they alone
            told = _judged(_tries(view, random, AGAIN) or tried, AGAIN, random, numbers=view.numbers)
    said = f"with labels in another order the model scores {told.score:.3f}, and chance reaches {told.bound:.3f}"
    check = Check(NAME, "failed" if told.leaks else "fine", said + (MEND if told.leaks else ": nothing leaks"))
    return Finding(check, {"scores": told.scores, "score": told.score, "bound": told.bound})


def _judged(tried: list[Try], trial: Trial, random: np.random.Generator, *, numbers: bool) -> Judged:
    """Whether the mean of the tries, or one of few tries alone, is beyond chance, and what is so the most.

    Labels that are kept from the very first fit show in the first try alone.
    """
    found = np.array([scores.score_of(*each, numbers=numbers) for each in tried])
    luck = np.array([scores.by_luck(*each, random, trial.orders, numbers=numbers) for each in tried])
    scored = np.column_stack([found, luck])
    alone = scored if trial.tries == FIRST.tries else scored[:0]
    scored = np.vstack([scored.mean(axis=0), alone])
    middle, spread = scored[:, 1:].mean(axis=1), scored[:, 1:].std(axis=1)
    beyond = (scored - middle[:, None]) / np.maximum(spread, 1e-9)[:, None]
    most, at = beyond.max(axis=0), int(beyond[:, 0].argmax())
    bound = np.sort(most[1:])[-round(trial.alarms * trial.orders)]
    reached = float(middle[at] + bound * spread[at])
    return Judged(bool(most[0] > bound + 1e-6), found.tolist(), float(scored[at, 0]), reached)


def _tries(view: View, random: np.random.Generator, trial: Trial) -> list[Try]:
    rows = _with(view, random.permutation(view.labels))  # an order of its own: halves that none of the tries decides
    shared = folds.most(rows, view.params, view.about, FOLDS)
    found = [_try(view, shared[number % len(shared)], random) for number in range(trial.tries if shared else 0)]
    return [each for each in found if each]


def _try(view: View, fold: Fold, random: np.random.Generator) -> Try | None:
    for _ in range(DRAWN):
        labels = random.permutation(view.labels)
        if all(len(set(labels[places].tolist())) > 1 for places in fold):
            break
    else:
        return None  # a class is so rare that hardly any order has it on both sides
    with _elsewhere(_with(view, labels)):
        view.fit(view.make(), np.arange(len(labels)), labels)
        said = view.says(view.fit(view.make(), fold.learnt, labels), view.features.iloc[fold.held])
    return Try(said, labels[fold.held])


def _with(view: View, labels: np.ndarray) -> pd.DataFrame:
    rows = view.rows.copy()
    rows[view.about.target] = labels
    return rows


@contextmanager
def _elsewhere(rows: pd.DataFrame) -> Iterator[None]:
    """Be in a folder that looks like this one, but for its tables."""
    here = Path.cwd()
    with TemporaryDirectory(prefix="diagnose-") as name:
        there = Path(name)
        (there / "data").mkdir()
        for each in here.iterdir():
            if each.name != "data":
                (there / each.name).symlink_to(each)
        for each in (here / "data").glob("*"):
            if each.suffix != ".parquet" and each.name != "sealed":
                (there / "data" / each.name).symlink_to(each)
        tables.write(rows, there / "data/train.parquet")
        os.chdir(there)
        try:
            yield
        finally:
            os.chdir(here)
