"""The host of `mainline run`: a real agent with its router, watched second by second."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainline import ui
from mainline.errors import MainlineError
from mainline.host import state
from mainline.host.model import SERVING
from mainline.host.router import key_of
from mainline.host.state import Memory
from mainline.run.scratch import Scratch
from mainline.run.users import Users
from mainline.tools import ports, process

STARTS_WITHIN = 120.0
CALM, BUSY = 50.0, 250.0  # requests a second, of all users together; the second while a candidate is judged


@dataclass(frozen=True)
class Sample:
    """What the host did at one moment."""

    time: float
    """Seconds since the host began."""
    production: str
    candidate: str
    share: float


@dataclass
class Host:
    """An agent at work in the scratch clone's name."""

    folder: Path
    port: int
    began: float = field(default_factory=time.time)
    """In seconds since 1970."""
    samples: list[Sample] = field(default_factory=list)
    evidence: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the judge last knew of each candidate."""
    names: dict[str, str] = field(default_factory=dict)
    """What people call the versions."""

    @property
    def key(self) -> str:
        """What labels need here."""
        return key_of(self.folder / "router")

    def look(self) -> Memory:
        """Read the agent's memory, and note what it says."""
        memory = state.load(self.folder)
        production, other = memory.state.production, memory.state.other
        seen = Sample(
            time.time() - self.began,
            production.release.version if production and production.up else "",
            other.release.version if other else "",
            other.gets if other else 0.0,
        )
        self.samples.append(seen)
        if other and memory.judge and memory.judged.startswith(other.release.version):
            self.evidence[other.release.version] = memory.judge
        return memory

    def wait(self, what: str, done: Callable[[Memory], bool], users: Users | None, seconds: float) -> Memory:
        """Watch until something is so, and say how it goes.

        Raises:
            MainlineError: it did not come about in time.
        """
        deadline, shown = time.monotonic() + seconds, ("", 0.0)
        while time.monotonic() < deadline:
            memory = self.look()
            other = memory.state.other
            if users:  # what is built meanwhile has the machine to itself
                users.rate = BUSY if other and other.phase in SERVING else CALM
            step = (other.phase, other.share) if other else ("", 0.0)
            if ui.err.is_terminal or step != shown:
                ui.progress(_line(memory, users))
                shown = step
            if done(memory):
                ui.progress_ends()
                return memory
            time.sleep(0.25)
        ui.progress_ends()
        raise MainlineError(f"{what} did not come about within {seconds:.0f} s; the agent's log: {self.folder}.log")


@contextmanager
def at_work(scratch: Scratch, tolerance: float | None = None) -> Iterator[Host]:
    """Start an agent on free ports; it, its router and its services end with the block.

    Args:
        tolerance: of a regression, how far from the label an answer may be to count as right; see service.settings.
    """
    folder = scratch.folder / "host"
    port, metrics = ports.free(), ports.free()
    command = [sys.executable, "-m", "mainline", "agent", "--state", str(folder), "--interval", "1"]
    options = ["--port", str(port), "--metrics", f"127.0.0.1:{metrics}"]
    ui.command(["mainline", "agent", "--interval", "1", *options])
    env = process.environment(scratch.env | ({} if tolerance is None else {"FEEDBACK_TOLERANCE": repr(tolerance)}))
    with Path(f"{folder}.log").open("wb") as log:
        agent = subprocess.Popen(
            [*command, *options], cwd=scratch.root, env=env, stdout=log, stderr=log, start_new_session=True
        )
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # by way of the block's end, as of Ctrl-C
    try:
        deadline = time.monotonic() + STARTS_WITHIN
        while not (folder / "router").exists() and agent.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        if agent.poll() is not None:
            raise MainlineError(f"the agent ended: {process.reason(Path(f'{folder}.log').read_text())}")
        yield Host(folder, port)
    finally:
        signal.signal(signal.SIGTERM, before)
        if agent.poll() is None:
            os.killpg(agent.pid, signal.SIGTERM)
            agent.wait(60)
        process.attach([*command[:4], "--state", str(folder), "--stop"], cwd=scratch.root, env=scratch.env)


def _line(memory: Memory, users: Users | None) -> str:
    production, other = memory.state.production, memory.state.other
    parts = [f"production {_short(production.release.version) if production else 'none'}"]
    if other:
        parts.append(f"{other.phase} {_short(other.release.version)} {_bar(other.gets)}")
    if users:
        parts.append(f"{users.tally.answered.total():,} answers, {len(users.tally.failed)} failed")
    if other and other.phase in SERVING and memory.opinion and memory.judged.startswith(other.release.version):
        parts.append(str(memory.opinion["reason"]))
    return "  ".join(parts)


def _bar(share: float, width: int = 10) -> str:
    full = round(share * width)
    return f"[{'#' * full}{'.' * (width - full)}] {share:.0%}"


def _short(version: str) -> str:
    return version[:7]
