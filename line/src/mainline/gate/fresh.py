"""The rows that judge one retraining: production or the source brought them, and nobody has seen them."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mainline import champion, config
from mainline.champion import Champion
from mainline.errors import Refused
from mainline.gate import answers, budget, columns, comparison, copies, rows, signature, thresholds, trial
from mainline.gate.another_set import FEWEST
from mainline.gate.comparison import Comparison
from mainline.gate.question import DEV, Question
from mainline.gate.retraining import AGAIN
from mainline.project import MODEL, Project
from mainline.prove import proof
from mainline.retraining import A_YEAR, LEVEL, Retraining
from mainline.retraining import asked as prefix


@dataclass(frozen=True)
class Fresh:
    """Rows with their features and labels, as a file."""

    path: Path
    digest: str
    """Of their ids."""
    count: int


@contextmanager
def taken(project: Project, main: Project, turn: int) -> Iterator[Fresh]:
    """The rows that a branch brings for the retraining of this number, for as long as the block runs.

    Rows that main has are none of them: people have looked at those.

    Raises:
        Refused: they are too few to show anything.
    """
    dev = project / rows.DEV
    ids = columns.ids(dev)
    columns.order(dev, ids)  # each names one row
    known = [columns.keys(columns.ids(main / path)) for path in (rows.TRAIN, rows.DEV, rows.LABELS)]
    mine = pc.starts_with(ids, prefix(turn)).to_numpy() & ~np.isin(columns.keys(ids), np.concatenate(known))
    if (count := int(mine.sum())) < FEWEST:
        raise Refused(
            f"{rows.DEV}: {count} rows are for judging retraining {turn} ({prefix(turn)}...) and not main's already, "
            f"and fewer than {FEWEST} show nothing; wait for more labelled rows"
        )
    chosen = sorted(ids.filter(pa.array(mine)).to_pylist())
    with TemporaryDirectory(prefix="mainline-") as folder:
        path = Path(folder, "fresh.parquet")
        pq.write_table(pq.read_table(dev).filter(pa.array(mine)), path)
        yield Fresh(path, hashlib.blake2b("\n".join(chosen).encode(), digest_size=16).hexdigest(), count)


@dataclass(frozen=True)
class Put:
    """What is asked of a retraining."""

    about: dict[str, Any]
    """What the ledger keeps of it, but for its number and verdict."""
    certified: Callable[[float], bool]
    dev: Comparison
    """Both sides' answers for main's dev rows."""
    fallen: tuple[str, ...]
    """The bars that it does not clear."""


@contextmanager
def put(asked: Question, told: Retraining, current: Champion) -> Iterator[Put]:
    """What a number is drawn for, with all its files for as long as the block runs; no label has met an answer yet.

    Raises:
        Refused: the rows are unfit, or too few to see anything; answers are none.
    """
    project, main, terms = asked.project, current.project, asked.terms
    metrics = terms.metrics(signature.task(main))
    with taken(project, main, told.number) as fresh:
        copies.refuse_trained_on(project, fresh.path)
        rows.refuse_unfit(main, metrics, fresh.path)
        with champion.at(asked.base, project, rows=project) as again:
            assert again is not None  # as the same base has `current`
            answers.require_sound_sides(project, main, metrics)
            answers.require_sound(again.project / DEV, signature.read(main), metrics, "main's model: ")
            unit = trial.unit(asked)
            dev = comparison.on_dev_rows(project, main, main, unit)
            dev.require(terms, first=False)
            fallen = thresholds.failed(project, terms, dev, main)
            _refuse_if_blind(fresh.count, trial.spread(terms, dev), terms)
            about = {**_about(asked, told, current), "fresh": [fresh.digest, fresh.count], "dev": _losses(dev, terms)}
            said = (project / DEV, again.project / DEV)
            compared = partial(comparison.read, project, fresh.path, *said, main=main, unit=unit)
            yield Put(about, partial(_certified, compared, terms, fallen), dev, fallen)


def _certified(compared: Callable[[], Comparison], terms: config.Gate, fallen: tuple[str, ...], alpha: float) -> bool:
    """Whether it clears the bars, and the fresh rows show the condition at a level.

    No bar has a figure of the fresh rows. One that falls is an answer to this retraining all the same, and with it the
    number is asked: the rows join the dev rows that all figures tell of.
    """
    if fallen:
        return False
    found = compared()
    return all(found.rejects(metric, terms.condition.margin, alpha) for metric in terms.metrics(found.task))


def _refuse_if_blind(count: int, spread: float | None, terms: config.Gate) -> None:
    smallest = budget.beyond(LEVEL, count, spread, terms)
    if smallest is not None:
        enough = budget.enough(count, smallest, terms)
        raise Refused(
            f"with {count:,} fresh rows one of {A_YEAR} retrainings a year can see gains above {smallest:.3f} only, "
            f"over gate.max_mde ({terms.max_mde:g}); wait for {enough:,} rows, then {AGAIN}"
        )


def _about(asked: Question, told: Retraining, current: Champion) -> dict[str, Any]:
    """What the ledger keeps of it whatever its rows are."""
    return {
        "condition": asked.condition,
        "margin": asked.terms.condition.margin,
        "trigger": {"why": told.trigger.why, "words": told.trigger.words},
        "until": told.until,
        "rows": told.rows,
        "stream": told.stream,
        "challenger": proof.challenger(asked.project),
        "champion": {"commit": current.commit, "model": current.lock.outputs[MODEL]},
        # the champion's answers as main pins them: those for the branch's rows may end otherwise on another machine
        "predictions": [asked.project.lock.outputs.get(DEV), current.lock.outputs.get(DEV)],
    }


def _losses(dev: Comparison, terms: config.Gate) -> dict[str, list[float]]:
    """The mean losses of both sides on main's dev rows, old and new, as shares of the largest."""
    found: dict[str, list[float]] = {}
    for metric in dict.fromkeys(map(dev.as_mean, terms.metrics(dev.task))):
        sides = [dev.loss(metric, side) for side in (dev.old, dev.new)]
        found[metric] = [round(float(np.mean(loss)) / most, 6) for loss, most in sides]
    return found
