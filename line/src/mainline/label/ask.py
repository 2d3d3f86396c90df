"""Which rows a person is asked about next, as `python -m pipeline queue` ranks them, and what they see of each."""

from collections.abc import Collection, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq

from mainline.errors import MainlineError, ToolFailed
from mainline.label import files
from mainline.label.session import BLIND, Asked, Batch
from mainline.label.shown import Shown
from mainline.project import Project
from mainline.tools import process, stages

QUEUE = ("python", "-m", "pipeline", "queue")
EMPTY = "every row has your vote; nothing is left to ask"
WHY = {
    "drawn": "Drawn by chance and asked blind: no answer and no earlier label is shown.",
    "tie": "People disagree about this row. No answer and no label is shown.",
    "unsure": "The model is unsure here.",
    "doubted": "The model doubts the label that this row has.",
    "agreed": "The model would give this row the label that it has, but is not sure.",
}


def batch(project: Project, name: str, count: int, skipped: Collection[str] = (), where: str = "") -> Batch:
    """The rows that help most, without those that were skipped.

    Args:
        where: a comparison of columns, which holds for all of them.

    Raises:
        MainlineError: there are none, or nothing is built; in the pipeline's words.
    """
    rows, about = _ranked(project, name, count + len(skipped), where)
    rows = [row for row in rows if row["row_id"] not in skipped][:count]
    if not rows:
        but = f", but for {len(skipped)} that you skipped" if skipped else ""
        raise MainlineError(f"{EMPTY}{f' where {where}' if where else ''}{but}")
    said = files.read(project, name)
    since = {vote.row: vote.at for vote in sorted(said, key=lambda each: files.moment(each.at))}
    before = files.last(said)
    shown = Shown.of(project).rows([row["row_id"] for row in rows])
    asked = [_asked(row, about.get("model"), shown, before, since) for row in rows if row["row_id"] in shown]
    return Batch(asked, about.get("classes"), int(about.get("left") or len(asked)) - len(skipped))


def _asked(
    row: Mapping[str, Any],
    model: str | None,
    shown: Mapping[str, Any],
    before: Mapping[str, Any],
    since: Mapping[str, str],
) -> Asked:
    blind = row["how"] == BLIND
    answer, label = (None if blind else row.get(what) for what in ("answer", "label"))
    why = "agreed" if row["why"] == "doubted" and answer == label else row["why"]
    said = [WHY.get(why, ""), f"It has: {label}." if label is not None else ""]
    said += [f"The model says: {answer}."] if answer is not None else []
    mine = before.get(row["row_id"])
    return Asked(
        row=row["row_id"],
        how=row["how"],
        seen=model if answer is not None else None,
        why=" ".join(filter(None, said)),
        cells=shown[row["row_id"]],
        before=mine.label if mine else None,
        since=since.get(row["row_id"]),
        had=label,
    )


def _ranked(project: Project, name: str, count: int, where: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows in their order, and what the pipeline says of all of them."""
    with TemporaryDirectory(prefix="mainline-") as folder:
        out = Path(folder, "queue.parquet")
        words = [str(count), str(out), name, *([where] if where else [])]
        try:
            env = {"PYTHONPATH": stages.python_path(project.root)}
            process.capture([*QUEUE, *words], cwd=project.root, env=env)
        except ToolFailed as error:
            raise MainlineError(str(error).rpartition(f"{' '.join(words)}: ")[2]) from None
        table = pq.read_table(out)
        return table.to_pylist(), dict((table.schema.pandas_metadata or {}).get("attributes") or {})
