"""Makes the running HAProxy do what a routing says, step by step so that no request is lost, and counts what it did."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mainline.canary import routed
from mainline.canary.routed import Routed
from mainline.errors import ToolFailed
from mainline.host.control import ask, tell
from mainline.host.model import SLOTS, Slot
from mainline.host.routing import Routing, Server, split


@dataclass(frozen=True)
class Stats:
    """How a slot does. Counts are since HAProxy started, or was reloaded."""

    state: Literal["up", "down", "draining", "empty"]
    sessions: int
    """Requests that it is answering now."""
    queue: int
    """Requests that wait for it."""
    requests: int
    errors: int
    """Answers of 500 and above, passed on."""
    failures: int
    """Requests that it refused or left unanswered; those were sent to the other slot."""


def apply(folder: Path, routing: Routing) -> None:
    """Tell HAProxy all of it; what it knows already changes nothing.

    Who is to get traffic must be able to before the map says so, and who no longer is must be until after.
    """
    for slot in SLOTS:
        if slot in routing.named:
            _set_server(folder, slot, routing.slots[slot], weight=1)
    _set_server(folder, "last", routing.last, weight=1)
    _set_map(folder, routing.map())
    for slot in SLOTS:
        if slot not in routing.named:
            _set_server(folder, slot, routing.slots.get(slot), weight=0)


def _set_server(folder: Path, name: str, placed: Server | None, *, weight: int) -> None:
    server, service = f"set server slots/{name}", f"set server {name}/service"
    if placed:
        host, port = split(placed.address)
        tell(folder, f"{service} addr {host} port {port}")
        tell(folder, f"{service} state ready")
    tell(folder, f"{server} weight {weight}")
    tell(folder, f"{server} state {'ready' if placed else 'maint'}")
    if not placed:
        tell(folder, f"{service} state maint")


def _set_map(folder: Path, entries: dict[str, str]) -> None:
    """All entries at once: no request sees half of them."""
    version = ask(folder, "prepare map route.map").rpartition(" ")[2]
    lines = "".join(f"{key} {value}\n" for key, value in entries.items())
    tell(folder, f"add map @{version} route.map <<\n{lines}")
    tell(folder, f"commit map @{version} route.map")


def stats(folder: Path, routing: Routing) -> dict[Slot, Stats]:
    """How the slots do."""
    rows = csv.DictReader(ask(folder, "show stat slots 4 -1").removeprefix("# ").splitlines())
    found = {row["svname"]: row for row in rows}
    return {slot: _stats(slot, found[slot], routing) for slot in SLOTS}


def _stats(slot: Slot, row: dict[str, str], routing: Routing) -> Stats:
    counts = [int(row[name] or 0) for name in ("scur", "qcur", "stot", "hrsp_5xx", "wredis")]
    if slot not in routing.slots:
        return Stats("empty", *counts)
    if row["status"].startswith("DOWN"):
        return Stats("down", *counts)
    return Stats("up" if slot in routing.named else "draining", *counts)


def shadow_stats(folder: Path) -> dict[str, int]:
    """What became of the copies."""
    said = ask(folder, "show shadow").split()
    return dict(zip(said[::2], map(int, said[1::2]), strict=True))


def told(folder: Path) -> Routed | None:
    """What it knows of users; None where it has no Lua to know it by.

    Raises:
        ToolFailed: it does not answer, or says what is none of it.
    """
    said = ask(folder, "show second")
    try:
        found = routed.of_text(said)
    except ValueError as error:
        raise ToolFailed(f"router: {error}") from None
    return found if found.life else None
