"""data/stream: rows.parquet, which the stages read, and waiting.parquet, rows that have judged nothing yet."""

import io
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mainline import retraining, ui
from mainline.errors import ConfigError, Refused
from mainline.ledger import Ledger
from mainline.project import Project
from mainline.stream import forms, ids, paths
from mainline.stream.forms import DAY, NOTHING, ROW_ID, texts
from mainline.tools import commits, dvc, storage

ROWS, WAITING, IGNORE = paths.ROWS, paths.WAITING, paths.IGNORE
KEPT, TOUCHED = paths.KEPT, paths.TOUCHED
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


def latest(project: Project, past: Ledger, known: Collection[str] = ()) -> Stream:
    """What has come so far: in the tree, and in a retraining that was not merged; what was asked is called so.

    Args:
        known: the ids of rows that wait no more, as the table has them otherwise.

    Raises:
        ConfigError: a file is nowhere to be had, or is no table.
        ToolFailed: a remote cannot be reached.
    """
    found, theirs = read(project), unmerged(project, past)
    waiting = forms.without(found.waiting, known, str)
    if theirs is None:
        warn_of_loss(past)
        theirs = NOTHING
    return told(Stream(forms.together(theirs, found.rows), waiting).tidy(), past)


def unmerged(project: Project, past: Ledger) -> pa.Table | None:
    """The rows of the last retraining, where it was not merged; None where they are nowhere to be had.

    Raises:
        ConfigError: they are no table.
        ToolFailed: a remote cannot be reached.
    """
    last = past.retrainings[-1] if past.retrainings else {}
    content = str(last.get("stream") or "")
    if not content or content == dvc.md5(project / ROWS) or _merged(project, content):
        return NOTHING
    storage.fetch(project.root, [content])
    there = storage.cached(content, project.root)
    return _table(there) if there else None


def warn_of_loss(past: Ledger) -> None:
    """Say what it means that the rows of the last retraining are nowhere to be had."""
    ui.warn(
        f"{ROWS} of retraining {past.retrainings[-1]['number']} is in no cache and no remote: which rows of the "
        "source judged it is not known here, and they could judge again; who has it runs `dvc push`"
    )


def _merged(project: Project, content: str) -> bool:
    """Whether a retraining with these rows is among the commits that the tree is built on, so that it has the rows."""
    try:
        return retraining.parsed((project / retraining.FILE).read_bytes()).stream == content
    except (FileNotFoundError, Refused):
        return False


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
        written = [path for path in (ROWS, WAITING) if (project / path).exists()]
        dvc.add(project.root, *(each for each in written if dvc.tracked(project.root, each) != dvc.md5(project / each)))
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
