"""What the agent and the git remote tell each other, on a thread of its own: the rest never waits for a network."""

import datetime
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainline import ledger
from mainline.errors import MainlineError
from mainline.host import desired
from mainline.host.desired import Desired
from mainline.host.model import Block, Record
from mainline.host.rounds import Rounds


@dataclass(frozen=True)
class Back:
    """What one round brought back."""

    desired: Desired | None = None
    unreachable: str = ""
    sent: tuple[str, ...] = ()
    """Ids of the events that are in the ledger now."""
    unsent: str = ""
    barred: tuple[Block, ...] = ()
    """Versions that were rolled back, as the ledger knows them; read where main has moved."""


class Sync(Rounds[Back]):
    """Asks the remote what it wants, and brings it the events."""

    def __init__(self, repository: Path, interval: float) -> None:
        """Args: the agent's own repository, prepared; seconds between rounds."""
        super().__init__("sync", interval)
        self._repository = repository
        self._known: Desired | None = None
        self._barred: tuple[Block, ...] = ()
        self.outbox: tuple[dict[str, Any], ...] = ()

    def round(self) -> Back:
        """Ask, and bring."""
        try:
            found = desired.look(self._repository, self._known)
            if found is not self._known:
                self._barred = rolled_back(self._repository)
            self._known = found
        except (MainlineError, OSError) as error:
            return Back(unreachable=f"git: {error}; what was wanted last stays wanted")
        sent: list[str] = []
        try:
            for event in self.outbox:
                deliver(self._repository, event)
                sent.append(event["id"])
        except MainlineError as error:
            unsent = f"events wait for the ledger: {error}"
            return Back(self._known, sent=tuple(sent), unsent=unsent, barred=self._barred)
        return Back(self._known, sent=tuple(sent), barred=self._barred)


def rolled_back(repository: Path) -> tuple[Block, ...]:
    """The blocks that follow from the ledger: a host that is new, or lost its memory, knows what the others learnt.

    Raises:
        ToolFailed: the remote cannot be reached.
        Refused: the ledger is not as it was written.
    """
    known = ledger.read(repository).rolled_back()
    return tuple(Block(version, why, words) for version, (why, words) in known.items())


def entry(record: Record, now: float) -> dict[str, Any]:
    """A record as the ledger has it; its id tells it from the same sent twice. Args: now, the time of day."""
    when = datetime.datetime.fromtimestamp(now, datetime.UTC).isoformat(timespec="seconds")
    return {"kind": "deployment", "id": uuid.uuid4().hex[:16], "time": when, **vars(record)}


def deliver(repository: Path, event: dict[str, Any]) -> None:
    """Write an event into the ledger, if it is not there already.

    Raises:
        ToolFailed: the remote cannot be reached, or does not let this host write.
        Refused: the ledger is not as it was written.
    """
    while True:
        past = ledger.read(repository)
        if any(entry["id"] == event["id"] for entry in past.deployments()):
            return
        if ledger.append(repository, past, event):
            return
