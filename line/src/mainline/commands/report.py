"""`mainline report`: reads both sides of a pull request, and writes the page and the comment about them."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainline import champion, ui
from mainline.commands import gate
from mainline.commands.options import base_option
from mainline.pages import FOLDER
from mainline.project import MODEL, Project
from mainline.report.verdict import Verdict
from mainline.tools import actions, branches, commits, dvc, stages

if TYPE_CHECKING:
    from mainline.report.side import Side

TIMINGS = Path("models/timings.json")


@dataclass(frozen=True)
class Report:
    """Where the report lies."""

    page: Path
    comment: Path


@click.command("report")
@base_option
def verb(base: str | None) -> None:
    """Write a page and a comment: champion and challenger on the dev set.

    They are report/index.html and report/comment.md.
    """
    project = Project.here()
    with ui.doing("writing the report"):
        written = write(project, branches.base(project.root, base))
    actions.summary(written.comment.read_text(encoding="utf-8"))
    ui.good(f"page: {written.page}")
    ui.good(f"comment: {written.comment}")


def write(project: Project, base: str) -> Report:
    """Write report/index.html and report/comment.md about this tree's challenger and the champion of `base`.

    Raises:
        StaleLock: the challenger is not what dvc.lock pins.
    """
    from mainline.report.changes import changes
    from mainline.report.comment import comment
    from mainline.report.page import write_page

    project.require_current()
    commit = project.commit_of(base)
    challenger = _side(project, "challenger", project.commit_of("HEAD"), project)
    with champion.at(commit, project, rows=project) as current:
        other = _side(current.project, "champion", current.commit, project) if current else None
    moved = changes(challenger, other, code=project.changed(commit, "src", stages.PINNED, "dvc.yaml"))
    verdict = _last_verdict(project, commit)
    page = write_page(challenger, other, verdict=verdict, changes=moved, out=project / FOLDER / "index.html")
    text = project / FOLDER / "comment.md"
    commits.write(text, comment(challenger, other, verdict=verdict, changes=moved).encode())
    return Report(page, text)


def _side(side: Project, name: str, commit: str, project: Project) -> "Side":
    """A side as the report shows it, with the time its training took where this project knows it."""
    from mainline.gate import thresholds
    from mainline.report.side import read_side

    seconds: dict[str, float] = {}
    for each in (project, side):
        with contextlib.suppress(OSError, ValueError):
            seconds |= json.loads((each / TIMINGS).read_text())
    taken = seconds.get(dvc.md5(side / MODEL) or "")
    return read_side(side, name, commit[:8], fit_seconds=taken, latency_ms=thresholds.latency_ms(side))


def _last_verdict(project: Project, commit: str) -> Verdict | None:
    """What the gate said, if it was about this very pair."""
    try:
        said = json.loads((project / gate.LAST).read_text())
        about = (said["model"], said["base"])
    except (OSError, ValueError, KeyError):
        return None
    if about != (project.lock.model, commit):
        return None
    told = (*said["reasons"], *said.get("notes", ()))
    return Verdict(said["passed"], told, said["condition"], said["used"], said["life"], said.get("retrain"))
