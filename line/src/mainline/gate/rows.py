"""The rows that a challenger is judged on: main's, with main's labels; and whether a branch has left them alone.

Nothing here looks at an answer, so that what it refuses may be said.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mainline import config
from mainline.champion import Champion
from mainline.errors import Refused
from mainline.gate import columns, signature
from mainline.gate.tests.asymptotic import ENOUGH
from mainline.project import Project
from mainline.tools import dvc

TRAIN, DEV = "data/train.parquet", "data/dev.parquet"
FEATURES, LABELS = "data/sealed/features.parquet", "data/sealed/labels.parquet"
QUARANTINE, REASON = "data/quarantine.parquet", "quarantine_reason"
SIDES = {"sealed": LABELS, "dev": DEV}
OF_EACH_CLASS = ("roc_auc", "f1", "f1_macro")


@dataclass(frozen=True)
class Changes:
    """What a branch has done to one side of main's rows."""

    side: str
    total: int
    """How many rows main has there."""
    gone: int
    moved: int
    """Those that the branch has on another side."""
    relabelled: int
    added: int
    """How many the branch has there and main has not."""
    aside: str = ""
    """What put rows aside that are gone, as far as the branch's quarantine knows."""


def require_kept(project: Project, current: Champion, most: float) -> tuple[str, ...]:
    """Refuse a branch that took rows of main's test away, moved them, or gave them other labels.

    Args:
        most: the share of either side that may be changed.

    Returns:
        Which rows join main's, as sentences: they judge the branches after this one.

    Raises:
        Refused: more are; of labels no count is said, as it would tell how many of somebody's guesses are right.
    """
    for path in SIDES.values():
        if dvc.md5(current.project / path) != current.lock.outputs.get(path):
            raise Refused(f"{path} of {current.commit[:8]}, built again, is another; its rows are the test: `dvc pull`")
    found = [changes(side, project, current.project) for side in SIDES]
    for each in found:
        if each.gone + each.moved + each.relabelled > most * each.total:
            raise Refused(_refusal(each, most))
    return tuple(_joining(found))


def _refusal(found: Changes, most: float) -> str:
    told = f"of main's {found.total:,} {found.side} rows {found.gone:,} are gone{found.aside}, "
    told += f"{found.moved:,} on another side"
    if found.gone + found.moved <= most * found.total:
        told += ", and with those labelled otherwise it is"
    return (
        f"{told}: more than gate.max_changed ({most:.0%}); they are the test, so leave them as they are, "
        "merge a larger bound before, or another set by itself: `mainline gate rotate --new-rows`"
    )


def _joining(found: Sequence[Changes]) -> Iterator[str]:
    for each in (each for each in found if each.added):
        yield f"{each.added:,} rows join main's {each.total:,} {each.side} rows; they judge the branches after this one"


def changes(side: str, project: Project, main: Project) -> Changes:
    """What a project has done to a side of main's rows, by row id and by what a label means."""
    mine, theirs = project / SIDES[side], main / SIDES[side]
    wanted = columns.ids(theirs)
    at = columns.places(mine, wanted)
    kept = np.ones(len(wanted), bool) if at is None else at != columns.ABSENT
    lost = columns.keys(wanted.filter(pa.array(~kept)))
    elsewhere = [TRAIN, *(path for name, path in SIDES.items() if name != side)]
    moved = sum(int(np.isin(lost, columns.keys(columns.ids(project / path))).sum()) for path in elsewhere if len(lost))
    new = columns.taken(columns.column(mine, _target(project)), at)
    old = columns.column(theirs, _target(main))
    return Changes(
        side,
        total=len(wanted),
        gone=len(lost) - moved,
        moved=moved,
        relabelled=int((relabelled(new, old) & kept).sum()),
        added=pq.read_metadata(mine).num_rows - int(kept.sum()),
        aside=_put_aside(project, lost),
    )


def _put_aside(project: Project, lost: columns.Keys) -> str:
    """How many of these rows a branch has in quarantine, and the rule that most of them break; of labels, none."""
    path = project / QUARANTINE
    if not len(lost) or not path.exists():
        return ""
    said = columns.column(path, REASON).filter(pa.array(np.isin(columns.keys(columns.ids(path)), lost)))
    rules = Counter(rule for reason in said.to_pylist() for rule in set(reason.split("; ")))
    known = [pair for pair in rules.most_common() if not pair[0].startswith(f"{_target(project)}: ")]
    return f" ({len(said):,} put aside, most often by {known[0][0]!r}: {known[0][1]:,})" if known else ""


def relabelled(new: pa.ChunkedArray, old: pa.ChunkedArray) -> np.ndarray:
    """Which labels mean something else, (n,) of bool; one that is missing does."""
    try:
        found: np.ndarray = pc.not_equal(new, old).fill_null(True).to_numpy()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # numbers and text have no label in common
        return np.ones(len(old), bool)
    return found


def _target(project: Project) -> str:
    return str(signature.read(project)["target"])


def count(main: Project) -> int:
    """How many sealed rows there are."""
    return int(pq.read_metadata(main / LABELS).num_rows)


def refuse_unfit(main: Project, metrics: Sequence[config.Metric], path: Path | None = None) -> None:
    """Refuse metrics whose test promises nothing on so few rows.

    Args:
        path: a table with the rows' labels; by default main's sealed rows.

    Raises:
        Refused: naming the class, and how many rows of it there are.
    """
    about, labels = signature.read(main), columns.column(path or main / LABELS, _target(main))
    counts = {pair["values"]: pair["counts"] for pair in pc.value_counts(labels).to_pylist()}
    if about["task"] == "binary":
        counts = {label: 0 for label in about["classes"]} | counts
    needs = "the asymptotic guarantee needs at least"
    for metric in metrics:
        told = f"{metric} cannot be tested on these rows"
        few = [(label, count) for label, count in counts.items() if count < ENOUGH]
        if metric in OF_EACH_CLASS and few and about["task"] != "regression":
            raise Refused(f"{told}: {few[0][1]} rows of class {few[0][0]!r}: {needs} {ENOUGH} rows of each class")
        if metric == "rmse" and len(labels) < ENOUGH:
            raise Refused(f"{told}: {len(labels)} rows: {needs} {ENOUGH}")
