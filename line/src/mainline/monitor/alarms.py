"""The alarms of a verdict: what somebody should look at, each with its words; and their lines in the ledger."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainline import ledger
from mainline.monitor.verdict import BLIND, DRIFTED, SUSPECTED, WORSE
from mainline.project import Project

DRIFT, RISK, LABELS, SILENCE = "drift", "risk", "labels", "silence"
TITLES = {
    RISK: "its errors are larger than allowed",
    DRIFT: "production has drifted",
    LABELS: "labels do not come as they did",
    SILENCE: "no profile comes any more",
}
NEXT = {
    RISK: (
        "Roll back (`mainline rollback`) where an older version did better, or train again on newer rows. "
        "Where it is to be so: `mainline monitor accept --why ...`."
    ),
    DRIFT: (
        "Drift alone is no harm: labels show whether it does any, and this issue closes once they show that it does "
        "not. Where it is to be so: `mainline monitor accept --why ...`."
    ),
    LABELS: "Look at where labels come from; until it is known why, trust nothing that is trained or judged by them.",
    SILENCE: "Look at the agent's log on the host, and whether it may push to `mainline/monitor`.",
}


@dataclass(frozen=True)
class Alarm:
    """Something to look at."""

    kind: str
    version: str
    since: str
    """A day; it stays the same for as long as the alarm lasts."""
    words: tuple[str, ...]

    @property
    def title(self) -> str:
        """In one line."""
        return f"Monitor: {TITLES[self.kind]} ({self.version})"


def of(said: Mapping[str, Any]) -> list[Alarm]:
    """The alarms of what `mainline monitor --json` says, the gravest first."""
    version, word = said["version"], said["verdict"]
    silence = word == BLIND or said["silent"] >= 2
    since = {
        RISK: (said["risk"] or {}).get("since") if word == WORSE else None,
        DRIFT: said["drifted"] if word in (DRIFTED, SUSPECTED, WORSE) else None,
        LABELS: (said["labels"] or {}).get("changed"),
        SILENCE: said["heard"] if silence else None,
    }
    return [Alarm(kind, version, day, tuple(said["sentences"][kind])) for kind, day in since.items() if day]


def record(project: Project, found: Sequence[Alarm]) -> list[Alarm]:
    """Write alarms into the ledger, those that it does not have yet.

    Returns:
        What was written.

    Raises:
        ToolFailed: the ledger cannot be written.
    """
    written = []
    for alarm in found:
        while True:
            past = ledger.read(project.root)
            if any(_same(entry, alarm) for entry in past.entries):
                break
            now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            about = {"version": alarm.version, "alarm": alarm.kind, "since": alarm.since, "why": " ".join(alarm.words)}
            if ledger.append(project.root, past, {"kind": "alarm", "time": now, **about}):
                written.append(alarm)
                break
    return written


def _same(entry: ledger.Entry, alarm: Alarm) -> bool:
    told = [entry.get(name) for name in ("kind", "version", "alarm", "since")]
    return told == ["alarm", alarm.version, alarm.kind, alarm.since]
