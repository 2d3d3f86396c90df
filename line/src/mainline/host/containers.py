"""Versions in containers: closed, found again by what the engine knows of them, told from those of other hosts.

A container outlives the agent. It ends with its engine, unless docker's daemon.json says {"live-restore": true}.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from mainline.errors import ToolFailed
from mainline.host.images import Images, Proof
from mainline.host.model import Slot
from mainline.tools import container, unasked

INSIDE = 3000  # the port in a container
RECORDS = "/records"
COPIES_WITHIN = 300.0  # seconds
HOST, SLOT = "mainline.host", "mainline.slot"  # labels
# it may do nothing but answer, and what it logs stays small
CLOSED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")  # noqa: S108
LOGS = ("--log-driver", "json-file", "--log-opt", "max-size=8m")


@dataclass(frozen=True)
class Limits:
    """What one container may take of the machine: one that leaks or spins takes nobody along. 0 is no limit."""

    memory: str
    """As the engine writes it: 2g. What takes more is ended, and its like is not."""
    pids: int
    """Processes and threads."""
    cpus: float

    @classmethod
    def usual(cls) -> "Limits":
        """So that two of them, the router and the agent fit on this machine."""
        processors = psutil.cpu_count() or 1
        return cls(f"{psutil.virtual_memory().total * 2 // 5}b", 512 + 64 * processors, max(1.0, 0.75 * processors))

    def options(self) -> list[str]:
        """As the engine is told; swap would only make a leak slow."""
        memory = [] if self.memory == "0" else ["--memory", self.memory, "--memory-swap", self.memory]
        pids = ["--pids-limit", str(self.pids)] if self.pids else []
        return [*memory, *pids, *(["--cpus", f"{self.cpus:g}"] if self.cpus else [])]


class Containers:
    """The containers of one host's folder."""

    def __init__(
        self, folder: Path, say: Callable[[str], None], limits: Limits | None = None, proof: Proof | None = None
    ) -> None:
        """Args: the slots' folder; who is told of a pull; what each container may take; what shows it may be run."""
        self._known_as, self._limits = folder / "id", limits or Limits.usual()
        self.images = Images(folder, say, proof)

    def start(self, slot: Slot, image: str, name: str, *, port: int, settings: dict[str, str]) -> str:
        """Start an image that is here, in place of whatever the slot has left behind.

        What it records goes to a volume of the slot, not to a folder: the engine gives that to the image's user, and
        an agent in a container of its own knows no folder of the machine.

        Returns:
            The engine that runs it.

        Raises:
            ToolFailed: it does not start, or the engine does not answer.
            OSError: there is no room.
        """
        program, host = container.client(), self._identity()
        container.remove(program, f"label={HOST}={host}", f"label={SLOT}={slot}")
        called = ("--name", name, "--label", f"{HOST}={host}", "--label", f"{SLOT}={slot}")
        kept = ("--volume", f"mainline-{host}-{slot}:{RECORDS}", "--publish", f"127.0.0.1:{port}:{INSIDE}")
        told = [f"--env={key}={value}" for key, value in {**settings, "RECORDS_FOLDER": RECORDS}.items()]
        told.append(f"--env={unasked.PUBLISHED}")
        options = ("--detach", "--pull", "never", *called, *CLOSED, *self._limits.options(), *LOGS, *kept, *told)
        container.ask(program, "run", *options, image, within=container.STARTS_WITHIN)
        return program

    def sweep(self, known: Iterable[str]) -> int:
        """End the containers of this host but those with names that are known; answers how many there were."""
        gone = 0
        for program in filter(shutil.which, container.PROBES if self._known_as.exists() else ()):
            with suppress(ToolFailed):  # it is away; the next start in that slot clears it
                gone += container.remove(program, f"label={HOST}={self._identity()}", but=frozenset(known))
        return gone

    @contextmanager
    def records(self, program: str, slot: Slot, name: str) -> Iterator[Path]:
        """What a container has recorded, for as long as the block runs: its volume where it may be read, else a copy.

        Raises:
            ToolFailed: the engine gives neither.
        """
        volume = f"mainline-{self._identity()}-{slot}"
        place = Path(container.ask(program, "volume", "inspect", "--format", "{{.Mountpoint}}", volume).strip())
        if os.access(place, os.R_OK | os.X_OK) and all(os.access(each, os.R_OK) for each in place.iterdir()):
            yield place
            return
        with tempfile.TemporaryDirectory(prefix="records-", dir=self._known_as.parent) as folder:
            container.ask(program, "cp", f"{name}:{RECORDS}/.", folder, within=COPIES_WITHIN)
            yield Path(folder)

    def _identity(self) -> str:
        """What this host is called to the engine: two agents may both have their folder at /state."""
        if not self._known_as.exists():
            self._known_as.parent.mkdir(parents=True, exist_ok=True)
            partial = self._known_as.with_suffix(".partial")
            partial.write_text(uuid.uuid4().hex[:8])
            os.replace(partial, self._known_as)
        return self._known_as.read_text()
