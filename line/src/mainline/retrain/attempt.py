"""The champion's tree beside the person's: the source read again, production's rows in it, and how many rows are new.

Nothing of it is left unless it becomes a branch.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from mainline import champion, inputs, retraining, source, ui
from mainline.errors import ConfigError, ToolFailed
from mainline.gate import signature
from mainline.names import RAW, ROW_ID
from mainline.project import Lock, Project
from mainline.retrain import signs
from mainline.source import Change
from mainline.stream import forms, ids
from mainline.stream.collect import Lacking
from mainline.stream.files import ROWS
from mainline.stream.take import Taken, from_source, label_counts, take
from mainline.tools import dvc, warm

TRAIN, DEV = "data/train.parquet", "data/dev.parquet"
SPLIT = "split"
SAME = Change(True, (), ())
BEFORE = "PIPELINE_SOURCE_BEFORE"
"""Names to the first stage a table whose rows of the source it takes in place of the source."""


@dataclass(frozen=True)
class Attempt:
    """A tree in which all is ready to train again."""

    tree: Project
    base: str
    """The champion's commit."""
    theirs: Lock
    number: int
    trained: int
    """The champion's training rows."""
    spread: float | None
    """As signs.spread says."""
    taken: Taken
    source: Change
    new: frozenset[str]
    """The ids of the training rows that the champion did not see."""
    dev: int
    """New dev rows, without those that judge this one."""
    fresh: int
    """Rows that would judge this one."""
    labels: Mapping[str, float]
    """Of the new training and dev rows, without those that judge it: what take.label_counts says."""

    @property
    def of_source(self) -> int:
        """How many of the new training rows are the source's."""
        return sum(not ids.of_stream(each) for each in self.new)

    def told(self, why: str, words: str, today: date) -> retraining.Retraining:
        """What its branch says of itself.

        Args:
            why: one of retraining.TRIGGERS.
            words: the evidence.
        """
        came, gone = (len(each or ()) for each in (self.source.new, self.source.gone))
        return retraining.Retraining(
            number=self.number,
            date=str(today),
            base=self.base,
            trigger=retraining.Trigger(why, retraining.sayable(words)),
            until=self.taken.until,
            rows={
                "in": {"train": len(self.new), "dev": self.dev, "asked": self.fresh},
                "source": {"new": came, "gone": gone},
                "out": retraining.counted(self.taken.out),
            },
            labels=retraining.counted(self.labels),
            level=retraining.LEVEL,
            stream=dvc.md5(self.tree / ROWS) or "",  # with what the source has brought to it
        )


@contextmanager
def begun(project: Project, base: str, places: Sequence[str], number: int, today: date) -> Iterator[Attempt]:
    """Bring all new rows into a tree of the champion, for as long as the block runs.

    Args:
        base: the commit that pins the champion.
        places: of records.
        number: of the retraining that it would be.

    Raises:
        ConfigError: there is no champion, or a table is nowhere to be had.
        ToolFailed: a stage, DVC or a remote says no.
    """
    with champion.at(base, project) as current, ExitStack() as stack:
        if current is None:
            raise ConfigError(f"{project.trunk} pins no model yet, so there is none to be trained again")
        tree, theirs = current.project, current.lock
        inputs.bring(project, tree)
        stack.enter_context(warm.stages(tree.root, dvc.environment(tree.root)))  # for all that is built in it
        spread, before = signs.spread(tree), [_ids(tree, path) for path in (TRAIN, DEV)]
        read, env = _read_again(tree)
        with ui.doing("taking the rows that production brought"):
            taken = _taken(tree, places, number, today)
        dvc.repro(tree.root, to=SPLIT, quiet=True, env=env)
        if read.new and from_source(tree.again(), theirs, number):
            dvc.repro(tree.root, to=SPLIT, quiet=True)
        learn, dev = (_ids(tree, path) - known for path, known in zip((TRAIN, DEV), before, strict=True))
        fresh = {each for each in dev if each.startswith(retraining.asked(number))}
        yield Attempt(
            tree=tree.again(),
            base=current.commit,
            theirs=theirs,
            number=number,
            trained=len(before[0]),
            spread=spread,
            taken=taken,
            source=read,
            new=frozenset(learn),
            dev=len(dev - fresh),
            fresh=len(fresh),
            labels=_labels(tree, learn | (dev - fresh)),
        )


def _read_again(tree: Project) -> tuple[Change, dict[str, str]]:
    """Read the source again; where it cannot be read, its rows are those of before, which the first stage is told."""
    before = Path(shutil.copy2(tree / RAW, tree.root.parent / "before.parquet"))
    try:
        with ui.doing("reading the source again"):
            read = source.read_again(tree, quiet=True)
    except ToolFailed as error:
        ui.warn(f"the source cannot be read ({error}); its rows are those of before")
        return SAME, {BEFORE: str(before)}
    return read, {}


def _labels(tree: Project, chosen: Set[str]) -> dict[str, float]:
    about = signature.read(tree)
    names = [ROW_ID, str(about["target"])]
    rows = pa.concat_tables(parquet.read_table(tree / path, columns=names) for path in (TRAIN, DEV))
    return label_counts(forms.where(rows, [each in chosen for each in forms.texts(rows, ROW_ID)]), about)


def _taken(tree: Project, places: Sequence[str], number: int, today: date) -> Taken:
    """Take what production brought; where its records lack a column, what waits already, and the source's rows do."""
    try:
        return take(tree, places, number=number, today=today)
    except Lacking as error:
        ui.warn(f"no row of production is taken: {error}")
        return take(tree, (), number=number, today=today)


def _ids(tree: Project, path: str) -> set[str]:
    return set(map(str, parquet.read_table(tree / path, columns=[ROW_ID])[ROW_ID].to_pylist()))
