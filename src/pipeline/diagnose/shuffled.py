"""With labels in another order nothing can be foretold: a model that does it still has them from somewhere else.

The order is drawn over the whole table, the same for all folds of one try. A step that keeps labels from fit to fit
gives itself away, and so does one that looks them up in data/train.parquet: for the try, a folder stands in for the
project's in which that file holds the labels as they are tried, and no other table of the stages is there.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from pipeline.diagnose import scores
from pipeline.diagnose.view import Check, View
from pipeline.model import folds
from pipeline.table import tables

TRIES, FOLDS = 3, 3
NAME = "shuffled labels"


def look(view: View) -> tuple[Check, dict[str, object]]:
    """Fit the model to labels in another order, three times; where that looks like a leak, three times more.

    Raises:
        ModelError: it cannot be fitted so.
    """
    random = np.random.default_rng(view.params.train.seed)
    chance = scores.chance(view.labels, numbers=view.numbers)
    found: list[float] = []
    luck: list[float] = []
    leaks = True
    while leaks and len(found) < 2 * TRIES:  # a first alarm may be chance's: it is tried as often again
        tried = [_try(view, random.permutation(view.labels)) for _ in range(TRIES)]
        found, luck = found + [score for score, _ in tried], luck + [each for _, each in tried]
        mean, bound = float(np.mean(found)), chance + 3 * float(np.linalg.norm(luck)) / len(luck)
        leaks = mean > bound + 1e-9
    what = f"with labels in another order the model scores {mean:.3f}, and chance {chance:.3f} (at most {bound:.3f})"
    mend = (
        "; it has the labels from somewhere else than the rows it is fitted to: look in src/pipeline/features.py and in"
        " your own estimator for what is kept from one fit to the next, or read from a file"
    )
    said = what + (mend if leaks else ": nothing leaks")
    return Check(NAME, "failed" if leaks else "fine", said), {"scores": found, "bound": bound}


def _try(view: View, labels: np.ndarray) -> tuple[float, float]:
    """The score on labels in another order, and what luck makes of it."""
    rows = view.rows.assign(**{view.about.target: labels})
    said, held = [], []
    with _elsewhere(view, labels):
        for fold in folds.most(rows, view.params, view.about, FOLDS):
            model = view.fit(view.make(), fold.learnt, labels)
            said.append(view.says(model, view.features.iloc[fold.held]))
            held.append(fold.held)
    if not said:
        return scores.chance(labels, numbers=view.numbers), float("inf")
    answers, actual = np.concatenate(said), labels[np.concatenate(held)]
    credits = scores.credit(answers, actual, numbers=view.numbers)
    found = scores.score(credits, actual, numbers=view.numbers)
    return found, scores.by_luck(answers, actual, numbers=view.numbers)


@contextmanager
def _elsewhere(view: View, labels: np.ndarray) -> Iterator[None]:
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
        tables.write(view.rows.assign(**{view.about.target: labels}), there / "data/train.parquet")
        os.chdir(there)
        try:
            yield
        finally:
            os.chdir(here)
