"""What a host serves, for people: read from the agent's memory, whether an agent works there or not."""

import time
from pathlib import Path

from mainline.host import blocklist, state
from mainline.host.model import SERVING, Placed, Release, State
from mainline.host.state import Memory

HEAD = ("", "version", "slot", "requests", "since")
STOPPED = "production (stopped)"
WORDS = {
    "starting": "starts",
    "warming": "warms up",
    "canary": "is judged",
    "passed": "passed, waits for its release",
    "releasing": "is released",
    "leaving": "leaves",
}


def rows(folder: Path, now: float | None = None) -> list[tuple[str, ...]]:
    """Who serves what, at which share, since when: cells under HEAD.

    Raises:
        MainlineError: the memory cannot be read.
    """
    memory = state.load(folder)
    production, other = memory.state.production, memory.state.other
    now = time.time() if now is None else now
    share = other.gets if other else 0.0
    found = []
    if production:
        word = "production" if production.up else "production (starts)"
        found.append(_row(word if production.slot in memory.services else STOPPED, production, 1 - share, now))
    if other:
        found.append(_row("is paused" if other.paused else WORDS[other.phase], other, share, now))
    return found


def notes(folder: Path) -> list[str]:
    """What else there is to know: the evidence and its limits, what is not started again, what the ledger lacks.

    Raises:
        MainlineError: the memory cannot be read.
    """
    memory = state.load(folder)
    said = [*_evidence(memory), *_pause(memory.state)]
    for block in memory.state.barred:
        if not blocklist.allowed(memory.state, Release(block.version)):
            said.append(f"{block.version} is not started again: {block.why}")
    if memory.outbox:
        said.append(f"events that are not in the ledger yet: {len(memory.outbox)}")
    return said


def _evidence(memory: Memory) -> list[str]:
    other = memory.state.other
    if other is None or other.phase not in SERVING or memory.opinion is None:
        return []
    if not memory.judged.startswith(f"{other.release.version} "):
        return []
    said = [f"judge: {memory.opinion['reason']}"]
    for name, signal in memory.opinion["signals"].items():
        (bad, total), (bad_there, total_there) = signal["canary"], signal["champion"]
        said.append(f"  {name}: canary {bad:,} of {total:,}, production {bad_there:,} of {total_there:,}")
    said += [f"  {note}" for note in memory.opinion.get("notes", [])]
    return said


def _pause(now: State) -> list[str]:
    """What a person can do about a paused candidate, as commits on main."""
    production, other = now.production, now.other
    if not production or not other or not other.paused or other.phase == "leaving":
        return []
    version, releasing = other.release.version, other.phase == "releasing"
    away = f"to take it away without barring it: mainline deploy canary --version {production.release.version} --push"
    back = "to take it back, and bar it: mainline rollback --push"
    name = "production" if releasing else "canary"
    return [
        f"{version} is paused: {other.paused}",
        f"  to let it go on: mainline deploy {name} --version {version} --force --push",
        f"  {back if releasing else away}",
    ]


def _row(name: str, place: Placed, share: float, now: float) -> tuple[str, ...]:
    part = "copies" if place.shadow else f"{100 * share:g}%"
    return (name, place.release.version, place.slot, part, f"{_ago(now - place.since)} ago")


def _ago(seconds: float) -> str:
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
