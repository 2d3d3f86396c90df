"""Sends the counts of days that are over to the branch: each once, an empty one too, so that a silent host is seen."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from mainline.monitor.profiles import branch, files
from mainline.monitor.profiles.joins import DAY, EPOCH
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.store import Store
from mainline.tools import git

MOST_EMPTY = 400  # days before today on which nothing was counted, and that are said to be empty
SINCE, SENT = "since", "sent"
"""Facts of the database: its first day, and the one on which it was all sent."""


@dataclass
class Sent:
    """What was sent."""

    days: tuple[date, ...] = ()
    problems: list[str] = field(default_factory=list)


def push(store: Store, root: Path, clock: Callable[[], float] = time.time, *, today: bool = False) -> Sent:
    """Send what has changed of days that are over, once a day.

    Args:
        root: a repository whose remote has the branch.
        today: send the counts of today so far, too, and at once.

    Raises:
        ToolFailed: the remote cannot be reached, or does not let this host write; it is tried again.
        MonitorError: the database, or a file of the branch, is not as it was written.
    """
    now = EPOCH + int(clock() * 1e6) // DAY
    with store.transaction():
        if store.fact(SINCE) is None:
            store.note(SINCE, str(now))
        if not today and store.fact(SENT) == str(now):
            return Sent()
        pushed, last = store.pushed(), now if today else now - 1
        empty = range(max(int(store.fact(SINCE) or now), now - MOST_EMPTY), last + 1)
        wanted = {day: store.entries(day) for day in sorted({*store.days(), *empty}) if day <= last}
        plans = {plan.version.name: plan for plan in map(Plan.of, map(json.loads, store.lines().values()))}
    sent = _send(store, root, wanted, plans, pushed)
    if not today:
        with store.transaction():
            store.note(SENT, str(now))
    return sent


def _send(
    store: Store, root: Path, wanted: dict[int, dict[str, Any]], plans: dict[str, Plan], pushed: dict[int, str]
) -> Sent:
    if not wanted:
        return Sent()
    there = branch.tip(root)
    present = branch.days(root, there)  # somebody may have deleted the branch
    strange = {name for name in plans if _differs(root, there, plans[name])}
    sent = Sent(
        problems=[f"{name} is counted otherwise than on {branch.NAME}; its counts stay here" for name in strange]
    )
    texts: dict[str, str] = {}
    digests: dict[int, str] = {}
    named: set[str] = set()
    for day, entries in wanted.items():
        fit = {name: entry for name, entry in entries.items() if name not in strange}
        kept = _fitting(fit)
        text = files.text_of_day(kept)
        digest = hashlib.sha256(text.encode()).hexdigest()
        path = files.path_of_day(date.fromordinal(day), store.host)
        if pushed.get(day) != digest or path not in present:
            texts[path] = text
            digests[day] = digest
            named |= kept.keys()
            sent.problems += [
                f"{date.fromordinal(day)}: too much for one file; {name} stays here" for name in fit if name not in kept
            ]
    if texts:
        sent.days = tuple(map(date.fromordinal, sorted(digests)))
        shared = {files.path_of_version(name): files.text_of(plans[name].version.to_json()) for name in named}
        branch.put(root, texts, f"Profiles up to {sent.days[-1]}", shared)
        with store.transaction():
            store.mark_pushed(digests)
    return sent


def _differs(root: Path, there: str | None, plan: Plan) -> bool:
    """Whether the branch has a version otherwise than this host counts it."""
    text = git.show(there, files.path_of_version(plan.version.name), root) if there else None
    return text is not None and json.loads(text) != plan.version.to_json()


def _fitting(entries: dict[str, Any]) -> dict[str, Any]:
    """Those that fit into a file together; the smallest go first."""
    kept = dict(entries)
    while len(files.text_of_day(kept).encode()) > files.MOST_BYTES:
        del kept[min(kept, key=lambda name: (len(json.dumps(kept[name])), name))]
    return kept
