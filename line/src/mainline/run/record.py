"""What a run has shown, kept for `mainline doctor --score`: `.mainline/run.json`, beside the scratch clone."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from mainline.doctor.score import rehearsal
from mainline.project import Project
from mainline.run import outcome
from mainline.run.outcome import Came, Outcome
from mainline.run.proposals import BROKEN
from mainline.tools import commits

WORSE, LATENCY = "worse-model", "latency"


@dataclass
class Began:
    """How the run began."""

    commit: str
    """The project's, that it played."""
    model: str = ""
    """The champion's content hash, once it is built."""
    answers: int = 0
    """Dev rows whose answers were held to the model's, and were the same."""
    seconds: float = 0.0
    """From nothing until the champion was in production."""


def keep(project: Project, began: Began, told: Sequence[Outcome], came: Came) -> None:
    """Write it down; in place of the run before, whatever that has shown."""
    about = {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": began.commit,
        "model": began.model,
        "answers": began.answers,
        "seconds": round(began.seconds, 1),
        "unmeant": outcome.unmeant(told),
        "shown": dict(shown(told, came)),
    }
    (project / rehearsal.FILE).parent.mkdir(exist_ok=True)
    commits.write(project / rehearsal.FILE, json.dumps(about, indent=1, ensure_ascii=False).encode())


def shown(told: Sequence[Outcome], came: Came) -> Iterator[tuple[str, str]]:
    """Each act that was shown, and how, in a sentence.

    Args:
        told: what came of each step; a release's comes after the gate's word on it, under the same name.
        came: how far the loop came.
    """
    good = {each.name: each for each in told if each.state == "shown"}
    broken = [good[each.name] for each in BROKEN if each.name in good]
    released = next((each for each in good.values() if each.said.startswith("in production as")), None)
    if WORSE in good:
        yield "gate", f"a model that learns nothing: {good[WORSE].said}"
    if released and len(broken) == len(BROKEN):
        yield "canary", f"{released}; {len(broken)} broken releases rolled back"
    if broken:
        yield "rollback", "; ".join(map(str, broken))
    for each in BROKEN:
        if each.signal == LATENCY and each.name in good:
            yield LATENCY, str(good[each.name])
    if came.drifted is not None:
        yield "drift", f"saw on simulated day {came.drifted} that the users' world had changed"
    if came.worse is not None:
        yield "labels", f"showed on simulated day {came.worse} that more answers were wrong"
    if came.retrained:
        yield "retraining", "was due once more answers were wrong, and was proposed"
