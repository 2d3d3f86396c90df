"""data/stream: rows.parquet, which the stages read, and waiting.parquet, rows that have judged nothing yet."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mainline import ledger
from mainline.errors import ConfigError
from mainline.ledger import Ledger
from mainline.project import Project
from mainline.stream import forms, ids
from mainline.stream.forms import DAY, ROW_ID, texts
from mainline.tools import commits, dvc, storage

ROWS, WAITING = "data/stream/rows.parquet", "data/stream/waiting.parquet"
IGNORE = "data/stream/.gitignore"
KEPT = (f"{ROWS}.dvc", f"{WAITING}.dvc", IGNORE)
"""What git has of it."""
TOUCHED = (ROWS, WAITING, *KEPT)
IGNORED = "# labelled rows that production brought; `mainline rows` writes them\n*\n!.gitignore\n!*.dvc\n"


@dataclass(frozen=True)
class Stream:
    """Both tables: (rows, row_id + columns + target + _day)."""

    rows: pa.Table
    waiting: pa.Table

    @property
    def keys(self) -> set[str]:
        """Whose rows they are."""
        return _keys(self.rows) | _keys(self.waiting)

    def asked(self, number: int, until: str | None = None) -> "Stream":
        """With waiting rows, up to a day or all of them, as those that a retraining is judged by."""
        chosen = [until is None or day <= until for day in texts(self.waiting, DAY)]
        return self._moved(chosen, lambda each: ids.asked(number, ids.key(each)))

    def sealed(self, salt: str) -> "Stream":
        """With all waiting rows as the sealed set of a salt."""
        return self._moved([True] * len(self.waiting), lambda each: ids.sealed(salt, ids.key(each)))

    def tidy(self) -> "Stream":
        """Each key once: of two rows of one, the one that judges, else the first; waiting rows come last."""
        rows = _once(self.rows)
        return Stream(rows, forms.without(_once(self.waiting), _keys(rows), ids.key))

    def _moved(self, chosen: Sequence[bool], name: Callable[[str], str]) -> "Stream":
        moved = forms.renamed(forms.where(self.waiting, chosen), name)
        return Stream(forms.together(self.rows, moved), forms.where(self.waiting, [not each for each in chosen]))


def latest(project: Project, past: Ledger | None = None) -> Stream:
    """What has come so far: in the tree, and in a retraining that was not merged; what was asked is called so.

    Args:
        past: the ledger, where it is read already.

    Raises:
        ConfigError: a file is nowhere to be had, or is no table.
        ToolFailed: a remote cannot be reached.
    """
    found, past = read(project), past or ledger.read(project.root)
    retrained = past.retrainings
    if retrained and (other := str(retrained[-1].get("stream") or "")) and other != dvc.md5(project / ROWS):
        storage.fetch(project.root, [other])
        if there := storage.cached(other, project.root):
            found = Stream(forms.together(_table(there), found.rows), found.waiting).tidy()
    return told(found, past)


def told(stream: Stream, past: Ledger) -> Stream:
    """With the waiting rows that a retraining has asked already called so: all up to the last day of one."""
    retrained = past.retrainings
    if not retrained:
        return stream
    return stream.asked(int(retrained[-1]["number"]), max(str(each.get("until") or "") for each in retrained))


def read(project: Project) -> Stream:
    """What the tree holds, or pins.

    Raises:
        ConfigError: a file is nowhere to be had, or is no table.
    """
    return Stream(*(_held(project, path) for path in (ROWS, WAITING))).tidy()


def write(project: Project, stream: Stream) -> list[str]:
    """Make it what the tree holds and pins, whole or not at all: the same rows are the same bytes.

    Rows come first: where a crash leaves one file new and the other old, no row is lost, and the next time mends it.

    Returns:
        What git has to know of: the paths whose content is not HEAD's.

    Raises:
        ToolFailed: DVC does not take them; all is as it was.
    """
    with commits.or_as_before(project.root, *TOUCHED, branch=False):
        (project / IGNORE).parent.mkdir(parents=True, exist_ok=True)
        if not (project / IGNORE).exists():
            commits.write(project / IGNORE, IGNORED.encode())
        for path, table in ((ROWS, stream.rows), (WAITING, stream.waiting)):
            _put(project, path, table)
        paths = [path for path in (ROWS, WAITING) if (project / path).exists()]
        dvc.add(project.root, *(each for each in paths if dvc.tracked(project.root, each) != dvc.md5(project / each)))
    return [path for path in project.dirty() if path in KEPT]


def _put(project: Project, path: str, table: pa.Table) -> None:
    if not len(table):
        for each in (project / path, project / f"{path}.dvc"):
            each.unlink(missing_ok=True)
        return
    out = io.BytesIO()
    pq.write_table(forms.together(table).sort_by([(DAY, "ascending"), (ROW_ID, "ascending")]), out)
    if not (project / path).exists() or (project / path).read_bytes() != out.getvalue():
        commits.write(project / path, out.getvalue())


def _held(project: Project, path: str) -> pa.Table:
    """What the tree has of a table and what its .dvc pins: after a crash, or on another branch, they differ."""
    content, there = dvc.tracked(project.root, path), (project / path).exists()
    found = [_table(project / path)] if there else []
    if content and not (there and dvc.md5(project / path) == content):
        storage.fetch(project.root, [content])
        if cached := storage.cached(content, project.root):
            found.append(_table(cached))
        elif not there:
            raise ConfigError(storage.nowhere(project.root, [path]))
    return forms.together(*found)


def _table(path: Path) -> pa.Table:
    try:
        found = pq.read_table(path)
        return found.select([ROW_ID, *(each for each in found.column_names if each not in (ROW_ID, DAY)), DAY])
    except (pa.ArrowException, OSError, KeyError) as error:
        raise ConfigError(f"{path}: not as `mainline rows` writes it: {str(error).splitlines()[0]}") from None


def _keys(table: pa.Table) -> set[str]:
    return {ids.key(each) for each in texts(table, ROW_ID)}


def _once(table: pa.Table) -> pa.Table:
    names, best = texts(table, ROW_ID), dict[str, int]()
    for at, name in enumerate(names):
        other = best.setdefault(ids.key(name), at)
        if ids.judges(name) and not ids.judges(names[other]):
            best[ids.key(name)] = at
    return table.take(pa.array(sorted(best.values()), pa.int64()))
