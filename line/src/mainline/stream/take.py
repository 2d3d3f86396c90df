"""Takes labelled rows into data/stream: what may be learnt from, and what waits to judge; or of a new source."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mainline import ledger, outputs, ui
from mainline.errors import ConfigError
from mainline.gate import signature
from mainline.ledger import Ledger
from mainline.project import Lock, Project
from mainline.stream import files, fitting, forms, ids
from mainline.stream.collect import YOUNG, collect, waited
from mainline.stream.files import Stream
from mainline.stream.fitting import KNOWN
from mainline.stream.forms import DAY, ROW_ID, texts
from mainline.tools import dvc, storage

VALID = "data/valid.parquet"
FEATURES, LABELS = "data/sealed/features.parquet", "data/sealed/labels.parquet"
QUARTERS = {"minimum": 0.0, "quarter": 0.25, "median": 0.5, "three quarters": 0.75, "maximum": 1.0}


@dataclass(frozen=True)
class Taken:
    """What came of it."""

    learnt: int
    """New rows that may be learnt from."""
    waiting: int
    """New rows on the sealed side, whether they wait now or are asked."""
    asked: int
    """Rows that judge the retraining of this number; 0 without a number."""
    out: Mapping[str, int]
    """Rows that were left out, by reason."""
    labels: Mapping[str, float]
    """Of the new rows that may be learnt from: rows by class; of numbers, what cuts them into quarters."""
    until: str
    """The last day of predictions among all rows of the stream; empty where there are none of production."""
    stream: str
    """Of data/stream/rows.parquet, its content hash; empty where there is none."""
    kept: tuple[str, ...]
    """What git has to know of, as paths."""
    words: tuple[str, ...]
    """What else is to be said of the rows."""

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        rows = {"learnt": self.learnt, "waiting": self.waiting, "asked": self.asked}
        said = {"until": self.until, "stream": self.stream, "kept": list(self.kept), "words": list(self.words)}
        return {"in": rows, "out": dict(self.out), "labels": dict(self.labels), **said}


def take(project: Project, places: Sequence[str], *, number: int | None = None, today: date | None = None) -> Taken:
    """Take what records say into data/stream, whole or not at all; what was taken before stays as it was.

    Args:
        project: whose outputs are built, or to be had.
        places: folders and addresses of records; none, and only what waits is looked at.
        number: of a retraining: all rows that wait are to judge it, and become dev rows.
        today: by default the day that it is (UTC).

    Raises:
        ConfigError: a place is none.
        Lacking: the records lack what the model reads, or the split goes by.
        ToolFailed: a remote, or DVC, says no.
        Refused: the ledger is not as it was written.
    """
    past = ledger.read(project.root)
    before, known = fresh(project, past)
    wait = waited(project, past)
    found = collect(project, places, today or datetime.now(UTC).date(), wait=wait, known=before.keys)
    fit, out, words = fitting.fit(project, found.table)
    if YOUNG in found.out:
        words = [*words, f"{YOUNG}: a label has {wait} days to come (monitor.wait)"]
    out[KNOWN] += len(known.difference(texts(found.table, ROW_ID)))
    side = [ids.key(each) in found.sealed for each in texts(fit, ROW_ID)]
    learnt, waiting = forms.where(fit, [not each for each in side]), forms.where(fit, side)
    now = Stream(forms.together(before.rows, learnt), forms.together(before.waiting, waiting))
    now = files.told(now, past)
    asked = 0
    if number is not None:
        now, asked = now.asked(number), len(now.waiting)
    kept = tuple(files.write(project, now))
    labels = label_counts(learnt, signature.read(project))
    content = dvc.md5(project / files.ROWS) or ""
    return Taken(len(learnt), len(waiting), asked, +(found.out + out), labels, _until(now), content, kept, tuple(words))


def fresh(project: Project, past: Ledger) -> tuple[Stream, set[str]]:
    """What has come so far, without rows that wait and that the source has brought since: they are its rows now.

    Args:
        project: whose outputs are built, or to be had.

    Returns:
        It, and the ids of those rows.

    Raises:
        ConfigError: the outputs are in no cache.
    """
    if not outputs.bring(project):
        raise ConfigError("the outputs that dvc.lock pins are in no cache; run `mainline lock`, then this again")
    known = fitting.known(project, files.read(project).waiting)
    return files.latest(project, past, known), known


def from_source(project: Project, base: Lock, number: int) -> int:
    """Let the sealed rows that the source has brought judge a retraining: as dev rows, under ids that say so.

    Where nobody knows which rows of the source judged the last one, they count as its.

    Args:
        project: just built from the source as it is now, with what `take` has taken; to be built again afterwards.
        base: main's lock, whose sealed rows are people's.
        number: of the retraining.

    Returns:
        How many rows there were.

    Raises:
        ConfigError: main's sealed rows are in no cache.
    """
    before = files.read(project)
    theirs = set(_ids(project, base.outputs.get(LABELS, "")))
    judged = {ids.key(each) for each in texts(before.rows, ROW_ID) if ids.judges(each)}
    mine = pq.read_table(project / LABELS, columns=[ROW_ID])[ROW_ID].to_pylist()
    new = {each for each in mine if each not in theirs and each not in judged and not ids.of_stream(each)}
    if new:
        if files.unmerged(project, ledger.read(project.root)) is None:
            ui.warn(f"so none of the {len(new):,} new rows of the source on the sealed side judges this one")
            number -= 1  # the one that may have asked them
        rows = forms.renamed(_sealed(project, new), lambda key: ids.asked(number, key))
        files.write(project, Stream(forms.together(before.rows, rows), before.waiting))
    return len(new)


def _sealed(project: Project, chosen: set[str]) -> pa.Table:
    """The chosen rows of the tree's sealed set, with what production would tell of them: (rows, row_id + ... + _day).

    And with their group, by which the split goes. Columns that no row of the stream tells are none by which split
    compares one with the source's: with a cell more, no row of production would be the source's copy of it any longer.
    """
    about, group = signature.read(project), (project.params.get("split") or {}).get("group")
    target = str(about["target"])
    found, labels = pq.read_table(project / FEATURES), pq.read_table(project / LABELS)
    told = {*forms.features(about), *([str(group)] if group else [])}
    found = found.select([name for name in found.column_names if name == ROW_ID or name in told])
    at = pc.index_in(found[ROW_ID], value_set=labels[ROW_ID].combine_chunks())
    found = found.append_column(target, labels[target].take(at))
    found = found.append_column(DAY, pa.array([""] * len(found), pa.string()))
    return forms.where(found, [each in chosen for each in texts(found, ROW_ID)])


def _ids(project: Project, content: str) -> list[str]:
    """The row ids of a file that a lock pins."""
    if not content:
        return []
    storage.fetch(project.root, [content])
    path = storage.cached(content, project.root)
    if path is None:
        raise ConfigError(f"main's {LABELS} is in no cache and no remote; on main: mainline lock && dvc push")
    return texts(pq.read_table(path, columns=[ROW_ID]), ROW_ID)


def label_counts(rows: pa.Table, about: Mapping[str, Any]) -> dict[str, float]:
    """Rows by class; of numbers, what cuts them into quarters.

    Args:
        rows: with the target, as a stage or the stream has it.
        about: the signature.
    """
    if not len(rows):
        return {}
    labels = rows[about["target"]]
    if about["task"] == "regression":
        return {word: float(pc.quantile(labels, q=part)[0].as_py()) for word, part in QUARTERS.items()}
    return {str(label): count for label, count in sorted(Counter(labels.to_pylist()).items())}


def _until(stream: Stream) -> str:
    return max((*texts(stream.rows, DAY), *texts(stream.waiting, DAY)), default="")
