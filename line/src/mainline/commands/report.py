"""`mainline report`: reads both sides of a pull request, and writes the page and the comment about them."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mainline import champion, commits, dvc, git, stages, ui
from mainline.gate.decide import Decision
from mainline.pages import FOLDER
from mainline.report.verdict import Verdict

if TYPE_CHECKING:
    from mainline.report.side import Side

LAST = Path(".mainline/decision.json")
TIMINGS = Path("models/timings.json")


@dataclass(frozen=True)
class Report:
    """Where the report lies."""

    page: Path
    comment: Path


def keep(decision: Decision, root: Path) -> None:
    """Keep the gate's last decision for the report that follows."""
    (root / LAST).parent.mkdir(exist_ok=True)
    commits.write(root / LAST, json.dumps(decision.as_dict()).encode())


def announce(decision: Decision) -> None:
    """Say the verdict, what it was about, and how much of the sealed set's life is spent."""
    words = {
        "PASS": f"PASS: {decision.condition}",
        "NOT CERTIFIED": f"NOT CERTIFIED: {decision.condition}",
        "UNCHANGED": "UNCHANGED: this tree's model is the champion; there is nothing to judge",
        "ROTATED": "ROTATED: only the sealed set is new; there is nothing to judge",
    }
    (ui.good if decision.passed else ui.bad)(words[decision.verdict])
    for reason in decision.reasons:
        ui.say(f"  {reason}")
    ui.say(f"  {decision.used} of {decision.life} decisions of the sealed test set are used")


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
    from mainline.gate import bars
    from mainline.report.side import read_side

    seconds: dict[str, float] = {}
    for each in (root, tree):
        with contextlib.suppress(OSError, ValueError):
            seconds |= json.loads((each / TIMINGS).read_text())
    taken = seconds.get(dvc.md5(tree / "models/model.skops") or "")
    return read_side(tree, name, commit[:8], fit_seconds=taken, latency_ms=bars.latency_ms(tree))


def _last_verdict(root: Path, commit: str) -> Verdict | None:
    """What the gate said, if it was about this very pair."""
    try:
        said = json.loads((root / LAST).read_text())
        about = (said["model"], said["base"])
    except (OSError, ValueError, KeyError):
        return None
    model = dvc.outputs((root / dvc.LOCK).read_text())["models/model.skops"]
    if about != (model, commit):
        return None
    return Verdict(said["passed"], tuple(said["reasons"]), said["condition"], said["used"], said["life"])
