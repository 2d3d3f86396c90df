"""What a model of another sealed set is judged on: what is left of main's sealed rows, by main's labels.

Where nothing is left, it is a first model, and must beat `gate.baseline` on its own sealed rows.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mainline import config
from mainline.champion import Champion
from mainline.errors import Refused
from mainline.gate import answers, columns, comparison, copies, question, rotate, rows, signature, thresholds, trial
from mainline.gate.comparison import Comparison
from mainline.gate.question import DEV, SEALED, Question
from mainline.gate.verdict import ROTATED
from mainline.project import MODEL, Project
from mainline.prove import proof
from mainline.tools import dvc

FEWEST = 10  # rows; with fewer nothing could be shown


@dataclass(frozen=True)
class Put:
    """What is asked of a model of another sealed set."""

    about: dict[str, Any]
    """What the ledger keeps of it, but for its number and verdict."""
    certified: Callable[[float], bool]
    fallen: tuple[str, ...]
    """The bars on its dev rows that it does not clear."""
    asked: str
    judged_on: str


@contextmanager
def put(asked: Question, kind: str, current: Champion | None) -> Iterator[Put]:
    """What is asked of it, with all its files for as long as the block runs; no label has met an answer yet.

    Raises:
        Refused: another change comes with it, or its answers are none.
    """
    if current is None:
        raise Refused(f"{asked.base[:8]} pins no model, so there is no sealed set to leave")
    project, main, terms = asked.project, current.project, asked.terms
    if kind == ROTATED:
        _require_another(project)
    with left(project, main) as there:
        enough = there.count >= FEWEST
        if enough or kind == ROTATED:
            rotate.require_alone(asked, kind)
        answers.require_sound_sides(project, main if enough else None, terms.metrics(signature.task(project)))
        dev = comparison.on_dev_rows(project, project, None)
        fallen = thresholds.failed(project, terms, dev)
        told = f"{there.count:,} of main's {there.total:,} sealed rows are left to judge it on"
        if enough:
            certified = partial(_certified, there, terms)
            words = f"not worse than the champion by {terms.max_mde:g} of the largest loss (gate.max_mde)"
            yield Put(_about(there, asked, current, words), certified, fallen, words, told)
            return
        dev.require(terms, first=True)
        as_first = replace(asked, condition=question.condition(terms, project, against_champion=False))
        with trial.prepared(as_first, None, dev) as first:
            about = {**first.about, "to": list(project.sealed_set)}
            told += ", so it is a first model"
            yield Put(about, first.certified, fallen, as_first.condition, told)


def _require_another(project: Project) -> None:
    """Refuse a generation of a set that production's rows are, whole: they stay what they are as long as the salt does.

    Raises:
        Refused: so it is.
    """
    begins = f"sealed:{project.sealed_set[0]}:"
    if pc.any(pc.starts_with(columns.ids(project / rows.LABELS), begins)).as_py():
        raise Refused(
            "the sealed rows are production's, and the same ones in any generation, so this set is no other; "
            "`mainline gate rotate --stream` or --new-rows makes another"
        )


@dataclass(frozen=True)
class Left:
    """Main's sealed rows that a branch answers, neither trained on nor relabelled, as files."""

    project: Project
    main: Project
    labels: Path
    answers: Path
    count: int
    total: int


@contextmanager
def left(project: Project, main: Project) -> Iterator[Left]:
    """What is left of main's sealed rows, as files for as long as the block runs.

    Raises:
        Refused: row ids stand twice.
    """
    labels = pq.read_table(main / rows.LABELS)
    wanted = columns.ids(main / rows.LABELS)
    old = columns.column(main / rows.LABELS, str(signature.read(main)["target"]))
    kept = np.zeros(len(wanted), bool)
    for path in rows.SIDES.values():  # what the branch has among its dev or sealed rows, it has not trained on
        at = columns.places(project / path, wanted)
        new = columns.taken(columns.column(project / path, str(signature.read(project)["target"])), at)
        kept |= ~rows.relabelled(new, old)
    kept &= ~copies.among_training(project, main)
    with TemporaryDirectory(prefix="mainline-") as folder:
        files = Path(folder, "labels.parquet"), Path(folder, "answers.parquet")
        pq.write_table(labels.filter(pa.array(kept)), files[0])
        said = [pq.read_table(project / path) for path in (DEV, SEALED)]
        pq.write_table(pa.concat_tables(said, promote_options="permissive"), files[1])
        yield Left(project, main, *files, int(kept.sum()), len(kept))


def _about(there: Left, asked: Question, current: Champion, words: str) -> dict[str, Any]:
    """What the ledger keeps of it."""
    said = (there.project / SEALED, there.main / SEALED, there.project / DEV)
    return {
        "condition": f"new rows: {words}",
        "margin": -asked.terms.max_mde,
        "challenger": proof.challenger(there.project),
        "champion": {"commit": current.commit, "model": current.lock.outputs[MODEL]},
        "predictions": [dvc.md5(path) for path in said],
        "rows": [dvc.md5(there.main / rows.LABELS), there.count],
        "to": list(there.project.sealed_set),
    }


def _certified(there: Left, terms: config.Gate, alpha: float) -> bool:
    """Whether the rows show, at a level, that the model is not worse than main's by gate.max_mde."""
    found = comparison.read(there.project, there.labels, there.answers, there.main / SEALED, main=there.main)
    return all(_not_worse(found, metric, terms.max_mde, alpha) for metric in _means(found, terms))


def _means(found: Comparison, terms: config.Gate) -> list[config.Metric]:
    """The metrics, and in place of those that are no mean over rows the usual one: few rows are left for them."""
    return list(dict.fromkeys(map(found.as_mean, terms.metrics(found.task))))


def _not_worse(found: Comparison, metric: config.Metric, share: float, alpha: float) -> bool:
    most = found.loss(metric, found.new)[1]
    return share >= 1 or found.rejects(metric, -share * most, alpha)  # nobody is worse by all there is
