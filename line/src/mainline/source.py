"""The source read again: DVC sees that a file has changed, and not what lies behind an address or in a database."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mainline import inputs, outputs
from mainline.errors import ConfigError, ToolFailed
from mainline.names import RAW, ROW_ID
from mainline.project import Lock, Project
from mainline.stream import ids
from mainline.tools import dvc, storage

if TYPE_CHECKING:
    from pyarrow import Table

STAGE = "ingest"
WATCHED = Path("data/source")


@dataclass(frozen=True)
class Change:
    """What reading the source again has brought."""

    same: bool
    """Whether it says what it said before, cell by cell; what production brought is not asked."""
    new: tuple[str, ...] | None
    """The ids of its new rows; None where the table of before is nowhere to be had."""
    gone: tuple[str, ...] | None
    """Those of the rows that it has no longer."""

    @property
    def words(self) -> str:
        """In one sentence."""
        if self.same:
            return "the source was read again, and says what it said before"
        if self.new is None or self.gone is None:
            return "the source was read again; what it said before is nowhere to be had, to be compared with it"
        if not (self.new or self.gone):
            return "the source was read again: the same rows, with other cells"
        return f"the source was read again: {len(self.new):,} rows are new, {len(self.gone):,} are gone"


def unread(before: Lock, project: Project) -> bool:
    """Whether a lock has left the source unread though it may have changed: DVC cannot see it.

    Args:
        before: dvc.lock as the lock found it.
    """
    try:
        pinned = dvc.pinned_stages(before.text or "").get(STAGE)
    except ConfigError:  # a merge had left it in conflict
        return False
    return bool(before) and pinned == dvc.pinned_stages(project.lock.text or "").get(STAGE) and elsewhere(project)


def read_again(project: Project, *, quiet: bool = False) -> Change:
    """Let the first stage read the source, whatever DVC knows of it; dvc.lock pins what it reads.

    Raises:
        ToolFailed: it cannot be read; the table is what it was, where that is anywhere to be had.
        ConfigError: a table under DVC is nowhere to be had.
    """
    outputs.bring(project)
    storage.require_tables(project.root)
    pinned = project.lock.outputs.get(RAW)
    before = _rows(project / RAW) if pinned and dvc.md5(project / RAW) == pinned else None
    try:
        dvc.repro(project.root, only=STAGE, quiet=quiet)
    except ToolFailed:
        with suppress(ToolFailed):  # the reason is the first failure
            storage.materialise(project.root)
        raise
    now = _rows(project / RAW)
    if before is None:
        return Change(dvc.md5(project / RAW) == pinned, None, None)
    new, old = (set(each[ROW_ID].to_pylist()) for each in (now, before))
    return Change(now.equals(before), tuple(sorted(new - old)), tuple(sorted(old - new)))


def elsewhere(project: Project) -> bool:
    """Whether the source is an address or a database, of which DVC sees no change."""
    source = str((project.params.get("data") or {}).get("source", ""))
    here = inputs.in_project(source)
    return "://" in source and not (here and Path(here).is_relative_to(WATCHED))


def _rows(table: Path) -> "Table":
    """The rows that the source has brought: (rows, row_id as text + its columns)."""
    from pyarrow import array, parquet

    found = parquet.read_table(table)
    names = [str(row) for row in found[ROW_ID].to_pylist()]
    found = found.set_column(found.column_names.index(ROW_ID), ROW_ID, array(names))
    return found.filter(array([not ids.of_stream(row) for row in names]))
