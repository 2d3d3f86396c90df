"""A version in a slot: a Bento served from its folder, or an image by its digest; started, found again and ended."""

import os
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mainline.errors import ToolFailed
from mainline.host import processes
from mainline.host.containers import Containers, Limits
from mainline.host.images import Proof
from mainline.host.model import Release, Slot
from mainline.tools import container, ports, process, unasked

LARGEST_LOG = 8 * 2**20  # bytes
NO_PROCESS = 2**22 + 1  # more than any process id
SERVE = ("bentoml", "serve")


@dataclass(frozen=True)
class Service:
    """What was started in a slot, and how to find it again."""

    slot: Slot
    version: str
    mark: str
    """Carried by the process and all it starts, in the environment; a container's name ends with its end."""
    pid: int
    """Its process; a container is its engine's, and has none here."""
    born: str
    port: int
    since: float
    """When it was started, on the clock of whoever supervises it."""
    edges: str = ""
    """Between which values it counts its predictions, where it was told."""
    engine: str = ""
    """docker or podman, where it is a container."""

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def name(self) -> str:
        """Of its container."""
        return f"mainline-{self.slot}-{self.mark.rpartition(':')[2]}"

    def alive(self, *, answers: bool = False) -> bool:
        """Whether what was started still runs.

        Args:
            answers: it answers now; a container that does is not asked for, so that its engine may be away.

        Raises:
            ToolFailed: its engine does not say.
        """
        if self.engine and self.born:
            return answers or container.runs(self.engine, self.name)
        return bool(self.born) and processes.born(self.pid) == self.born

    def to_json(self) -> dict[str, Any]:
        """For the agent's memory."""
        return asdict(self)


class Slots:
    """The services of one host's folder."""

    def __init__(
        self,
        folder: Path,
        bentos: Path | None,
        say: Callable[[str], None] = lambda _: None,
        limits: Limits | None = None,
        proof: Proof | None = None,
    ) -> None:
        """Make them known.

        Args:
            folder: the slots'.
            bentos: the store, a folder that holds bentos/NAME/VERSION.
            say: who is told of pulls.
            limits: what each container may take.
            proof: what shows that an image may be run; with it, no Bento is.
        """
        self._folder, self._bentos, self._proof = folder, bentos, proof
        self.containers = Containers(folder, say, limits, proof)

    def log(self, slot: Slot) -> Path:
        """Where the services of a slot write; a container's engine keeps what it writes until it has ended."""
        return self._folder / slot / "service.log"

    def records(self, slot: Slot) -> Path:
        """Where a Bento in a slot records; a container's records are in a volume."""
        return self._folder / slot / "records"

    def fetched(self, slot: Slot, release: Release) -> bool:
        """Whether all is here to start a release; an image that is not is on its way from now on.

        Raises:
            ToolFailed: it cannot be had.
        """
        if release.image:
            return self.containers.images.here(slot, release.image)
        if self._proof:
            raise ToolFailed(f"slot {slot}: {release.version} is a Bento, which nobody attests; deploy its image")
        return True

    def start(self, slot: Slot, release: Release, *, before: int | None, edges: str) -> Service:
        """Start a release.

        Args:
            before: the port of the service that stood in the slot; it is taken again if it is free.
            edges: see Service.

        Raises:
            ToolFailed: there is no such Bento, no engine, or no room.
        """
        port, mark = ports.free(before), f"{self._folder}:{uuid.uuid4().hex[:12]}"
        settings = {
            "MODEL_VERSION": release.version,
            "MODEL_COMMIT": release.commit,
            "MODEL_DATA_HASH": release.data_hash,
            "MODEL_GATE_VERDICT": release.gate_verdict,
            "PREDICTION_EDGES": edges,
        }
        settings = {key: value for key, value in settings.items() if value}
        try:
            (self._folder / slot).mkdir(parents=True, exist_ok=True)
            if release.image:
                made = Service(slot, release.version, mark, NO_PROCESS, mark, port, time.time(), edges)
                ran = self.containers.start(slot, release.image, made.name, port=port, settings=settings)
                return replace(made, engine=ran)
            cwd = self._bento(release.bento)
            env = self._environment(slot, self._fresh_home(slot, mark), mark) | settings
            command = [*SERVE, str(cwd), "--host", "127.0.0.1", "--port", str(port)]
            pid = processes.spawn(command, cwd=cwd, env=env, log=self.log(slot))
        except OSError as error:
            raise ToolFailed(
                f"slot {slot}: {release.version} cannot be started ({error.strerror}: {error.filename})"
            ) from None
        return Service(slot, release.version, mark, pid, processes.born(pid), port, time.time(), edges)

    def last_words(self, service: Service) -> str:
        """Why a service ended, as it said itself; a container's log ends with it, so its last lines are kept here."""
        log = self.log(service.slot)
        try:
            if service.engine:
                with log.open("a", encoding="utf-8") as stream, suppress(ToolFailed):
                    stream.write(container.ask(service.engine, "logs", "--tail", "100", service.name))
            with log.open("rb") as stream:
                stream.seek(max(0, log.stat().st_size - 8192))
                return process.reason(stream.read().decode(errors="replace"))
        except OSError:
            return "no log"

    def end(self, service: Service, *, hard: bool) -> None:
        """Ask a service to end, once it has answered what it was asked; or end it, with all that it started.

        Raises:
            ToolFailed: its engine does not do it.
        """
        if hard:
            if service.engine:
                container.remove(service.engine, f"name={service.name}")
            processes.end(processes.marked(service.mark), signal.SIGKILL)
        elif service.alive():
            if service.engine:
                container.terminate(service.engine, service.name)
            else:
                processes.end([service.pid], signal.SIGTERM)

    def sweep(self, known: Iterable[Service]) -> int:
        """End what runs here and nobody remembers, as a crash between a start and its note leaves it."""
        known_as = {service.mark: service.name for service in known}
        lost = [pid for pid, mark in processes.marked(f"{self._folder}:").items() if mark not in known_as]
        processes.end(lost, signal.SIGKILL)
        return len(lost) + self.containers.sweep(known_as.values())

    def shorten_logs(self) -> None:
        """Keep each log under 8 MiB: the older part goes to service.log.1, in place of the one before."""
        for log in self._folder.glob("*/service.log"):
            if log.stat().st_size > LARGEST_LOG:
                with suppress(OSError):  # no room for it: all the more reason to go on
                    shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def _bento(self, tag: str) -> Path:
        name, _, version = tag.partition(":")
        if self._bentos is None:
            raise ToolFailed(f"{tag}: where are the Bentos? Set MAINLINE_BENTOS to the folder that holds bentos/")
        path = self._bentos / "bentos" / name / version
        if not (path / "bento.yaml").exists():
            raise ToolFailed(
                f"{tag}: no such Bento in {self._bentos}; build it with `mainline package`, or copy it there"
            )
        return path.resolve()

    def _environment(self, slot: Slot, home: Path, mark: str) -> dict[str, str]:
        """Two services that share a home destroy each other's metrics; PYTHONPATH would put other code first."""
        return process.environment(
            {
                "BENTOML_HOME": str(home),
                "BENTOML_DO_NOT_TRACK": "True",
                "BENTOML_NO_COLOR": "1",
                "PYTHONPATH": "",
                "RECORDS_FOLDER": str(self.records(slot)),
                **unasked.SETTINGS,
                processes.MARK: mark,
            }
        )

    def _fresh_home(self, slot: Slot, mark: str) -> Path:
        folder = self._folder / slot
        for old in folder.glob("home-*"):
            shutil.rmtree(old, ignore_errors=True)
        home = folder / f"home-{mark.rpartition(':')[2]}"
        home.mkdir(parents=True)
        return home
