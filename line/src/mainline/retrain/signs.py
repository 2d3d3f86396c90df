"""What decides beside the rows: what the monitor says, what the ledger has of retrainings, how the champion does."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from mainline import retraining, ui
from mainline.errors import MonitorError
from mainline.gate import comparison
from mainline.ledger import Entry
from mainline.monitor import asked, retrained
from mainline.monitor.reach import HARDLY
from mainline.monitor.verdict import WORSE
from mainline.project import Project
from mainline.retrain.due import Past
from mainline.tools import dvc

LONGEST = 1000  # characters of a sentence


def monitored(project: Project) -> dict[str, Any] | None:
    """What the monitor says; None where nothing is in production, or its counts say nothing.

    Raises:
        ToolFailed: the remote cannot be reached.
    """
    try:
        return asked.ask(project)
    except asked.NothingServed:
        return None
    except MonitorError as error:
        ui.warn(f"the monitor says nothing: {error}")
        return None


def worse(said: dict[str, Any] | None) -> str:
    """Its evidence that the champion is worse than allowed; empty where there is none."""
    if said is None or said["verdict"] != WORSE:
        return ""
    return " ".join(" ".join(said["sentences"]["risk"][:1]).split())[:LONGEST]


def past(entries: Sequence[Entry]) -> tuple[Past, ...]:
    """The retrainings that were judged, in order."""
    found = [entry for entry in entries if entry["kind"] == "retrain"]
    learnt = [int(each["rows"]["in"].get("train", 0)) for each in found]
    return tuple(
        Past(retrained.day(e), e["verdict"], rows, str(e.get("until") or ""))
        for e, rows in zip(found, learnt, strict=True)
    )


def made(project: Project, base: str) -> date:
    """When the model that a commit pins came to be pinned."""
    about = ("log", "-1", "--format=%cI", f"-S{project.lock_at(base).model}", base, "--", dvc.LOCK)
    when = project.git(*about) or project.git("log", "-1", "--format=%cI", base)
    return datetime.fromisoformat(when).date()


def spread(champion: Project) -> float | None:
    """The variance of the champion's losses on its dev rows, as a share of the largest; the widest of its metrics."""
    dev = comparison.on_dev_rows(champion, champion, champion)
    known = [dev.old_losses(dev.as_mean(metric)) for metric in champion.gate.metrics(dev.task)]
    return max((each[1] for each in known if each), default=None)


def against_a_robot(entry: Entry, said: dict[str, Any] | None) -> str:
    """Why a person should merge what passed: labels that are wrong teach and judge alike; empty where nothing says so.

    Args:
        entry: the ledger's line of the retraining.
        said: what the monitor says; None where nothing is in production.
    """
    if lost := retraining.lost(entry["dev"]):
        return lost
    labels = (said or {}).get("labels") or {}
    if labels.get("changed"):
        return f"labels do not come as they did, since {labels['changed']}: `mainline monitor` says more"
    for each in labels.get("answers", ()):
        if each["answered"] >= 1 / HARDLY and each["labelled"] < HARDLY * each["answered"]:
            few = f"{each['labelled']:,} of {each['answered']:,}"
            return f"of the answer {each['answer']} hardly any has a label ({few}), so labels do not tell of all rows"
    return ""
