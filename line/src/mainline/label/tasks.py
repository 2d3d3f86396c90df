"""Rows for another tool to ask about: the next batch of the queue, as Label Studio's tasks or as CSV."""

import csv
import io
import json
from pathlib import Path

from mainline.errors import ConfigError
from mainline.label import ask
from mainline.label.session import BLIND
from mainline.label.shown import Shown
from mainline.project import Project
from mainline.tools import commits


def write(project: Project, out: Path, name: str, count: int, where: str = "") -> int:
    """Write the rows that help most, without answers or labels, each with `row`, by which its votes come in again.

    Those to be asked blind are not among them: a vote that comes in counts on training rows alone.

    Args:
        name: who is to be asked: of rows with their vote nobody asks again.
        where: a comparison of columns, which holds for all of them.

    Returns:
        How many.

    Raises:
        ConfigError: the file is of another form, or the page alone can ask about these rows.
        MainlineError: nothing is left to ask, or nothing is built.
    """
    if out.suffix not in (".csv", ".json"):
        raise ConfigError(f"--tasks {out}: .csv, or .json for Label Studio's")
    if Shown.of(project).picture:
        raise ConfigError("--tasks: the rows are pictures, which the page alone draws: mainline label")
    asked = [each for each in ask.batch(project, name, count, where=where).rows if each.how != BLIND]
    if not asked:
        raise ConfigError("--tasks: the next rows are to be asked blind, and the page alone does: mainline label")
    rows = [{**{column: said for column, _, said in each.cells["cells"]}, "row": each.row} for each in asked]
    if out.suffix == ".json":
        content = json.dumps([{"data": row} for row in rows], ensure_ascii=False, indent=1) + "\n"
    else:
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        content = text.getvalue()
    commits.write(out, content.encode())
    return len(rows)
