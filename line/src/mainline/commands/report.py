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
from mainline.report.verdict import Verdict
from mainline.tools import actions, branches, commits, dvc, git, stages

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
    root = git.root()
    with ui.doing("writing the report"):
        written = write(root, branches.base(root, base))
    actions.summary(written.comment.read_text(encoding="utf-8"))
    ui.good(f"page: {written.page}")
    ui.good(f"comment: {written.comment}")


def write(root: Path, base: str) -> Report:
    """Write report/index.html and report/comment.md about this tree's challenger and the champion of `base`.

    Raises:
        StaleLock: the challenger is not what dvc.lock pins.
    """
    from mainline.report.changes import changes
    from mainline.report.comment import comment
    from mainline.report.page import write_page

    dvc.require_current(root)
    commit = git.commit_of(base, root)
    challenger = _side(root, "challenger", git.commit_of("HEAD", root), root)
    with champion.at(commit, root) as current:
        other = _side(current.root, "champion", current.commit, root) if current else None
    moved = changes(challenger, other, code=git.changed(commit, root, "src", stages.PINNED, "dvc.yaml"))
    verdict = _last_verdict(root, commit)
    page = write_page(challenger, other, verdict=verdict, changes=moved, out=root / FOLDER / "index.html")
    text = root / FOLDER / "comment.md"
    commits.write(text, comment(challenger, other, verdict=verdict, changes=moved).encode())
    return Report(page, text)


def _side(tree: Path, name: str, commit: str, root: Path) -> "Side":
    """A side as the report shows it, with the time its training took where this project knows it."""
    from mainline.gate import thresholds
    from mainline.report.side import read_side

    seconds: dict[str, float] = {}
    for each in (root, tree):
        with contextlib.suppress(OSError, ValueError):
            seconds |= json.loads((each / TIMINGS).read_text())
    taken = seconds.get(dvc.md5(tree / "models/model.skops") or "")
    return read_side(tree, name, commit[:8], fit_seconds=taken, latency_ms=thresholds.latency_ms(tree))


def _last_verdict(root: Path, commit: str) -> Verdict | None:
    """What the gate said, if it was about this very pair."""
    try:
        said = json.loads((root / gate.LAST).read_text())
        about = (said["model"], said["base"])
    except (OSError, ValueError, KeyError):
        return None
    model = dvc.outputs((root / dvc.LOCK).read_text())["models/model.skops"]
    if about != (model, commit):
        return None
    return Verdict(said["passed"], tuple(said["reasons"]), said["condition"], said["used"], said["life"])
