"""A whole line to try faults on: a project, its remote, an agent as a process, real Bentos, and users."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from line.tests.host.conftest import until
from line.tests.host.hosts import commit_files
from line.tests.host.load import Client, load
from line.tests.host.users import Users, rows_of
from line.tests.projects import commit_all
from mainline.host import desired, haproxy, loop, processes, state
from mainline.host.model import Release, Slot
from mainline.host.router import Router
from mainline.host.state import Memory
from mainline.package import bento
from mainline.project import Project
from mainline.tools import git, ports

# an agent that gives a service less time to become ready, or to answer, than a real host should
AGENT = """
import sys
from mainline.cli import main
from mainline.host.supervisor import Supervisor
Supervisor.ready_within, Supervisor.hung_after = float(sys.argv[1]), float(sys.argv[2])
main(sys.argv[3:])
"""
NAMES = ("errors", "refusals", "latency", "labels", "drift")
SENT_TWICE = "D-"  # how the router ends a request that it took from a slot which went down, and had answered elsewhere


def terms(**signals: object) -> str:
    """A params.yaml that judges by a few signals, with what a thousand requests on two cores can show.

    The figures themselves are the judge's tests.
    """
    more = {name: signals.pop(name) for name in ("minimum", "timeout", "on_timeout", "strategy") if name in signals}
    watched = {name: signals.get(name, False) for name in NAMES}
    canary = {"share": 0.5, "steps": [0.5, 1.0], "interval": 0.5, "minimum": 1, "baseline": 200, "signals": watched}
    return json.dumps({"canary": canary | more}) + "\n"


class Line:
    """A project, its remote, and an agent as a process."""

    def __init__(self, project: Path, folder: Path) -> None:
        self.project, self.folder, self.origin = project, folder / "state", folder / "origin.git"
        self.port, self.log = ports.free(), folder / "agent.log"
        git.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), root=folder)
        self.command = ["agent", "--state", str(self.folder), "--interval", "0.5", "--remote", str(self.origin)]
        self.command += ["--port", str(self.port), "--metrics", f"127.0.0.1:{ports.free()}", "--open"]
        self.running: subprocess.Popen[bytes] | None = None

    # -- the agent

    def begin(self, *, ready_within: float = 120.0, hung_after: float = 30.0) -> None:
        """Start an agent."""
        with self.log.open("ab") as output:
            self.running = self._agent(ready_within, hung_after, stdout=output, stderr=output)

    def second(self) -> tuple[int, str]:
        """Start another one beside it: how it ended, and what it said."""
        other = self._agent(120, 30, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said, _ = other.communicate(timeout=60)
        return other.returncode, said.decode()

    def _agent(self, *patience: float, **output: Any) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "MAINLINE_BENTOS": str(self.project / bento.HOME)}
        return subprocess.Popen(
            [sys.executable, "-c", AGENT, *map(str, patience), *self.command], env=environment, **output
        )

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Kill it."""
        if self.running:
            self.running.send_signal(number)
            self.running.wait()

    # -- what it is to do

    def build(self, message: str, change: tuple[str, str, str] | None = None) -> Release:
        """Commit and package a version; the change of a file's text, if there is one, is in this version only."""
        (self.project / "README.md").write_text(message)
        path, before, after = change or ("README.md", "", "")
        text = (self.project / path).read_text()
        assert before in text
        (self.project / path).write_text(text.replace(before, after) if before else text)
        commit_all(self.project, message)
        made = bento.build(Project(self.project))
        (self.project / path).write_text(text)
        version = made.tag.rpartition(":")[2]
        return Release(version, git.git("rev-parse", "HEAD", root=self.project), bento=made.tag)

    def want(self, params: str | None = None, **releases: Release | None) -> None:
        """Commit a desired state."""
        files: dict[str, str | None] = {desired.FILES[name]: desired.text_of(each) for name, each in releases.items()}
        commit_files(self.origin, files | ({"params.yaml": params} if params else {}))

    # -- what it does

    @property
    def memory(self) -> Memory:
        """What the agent remembers."""
        return state.load(self.folder)

    @property
    def phase(self) -> str | None:
        """Of what stands beside production."""
        other = self.memory.state.other
        return other.phase if other else None

    def alone(self, release: Release) -> bool:
        """Whether a version is production, and nothing stands beside it."""
        now = self.memory.state
        return bool(now.production and now.production.up and now.production.release == release and not now.other)

    def barred(self, release: Release) -> str:
        """Why a version is not started again, if it is not."""
        return next((bar.why for bar in self.memory.state.barred if bar.version == release.version), "")

    def answers(self) -> bool:
        """Whether a user gets an answer."""
        try:
            return Client(self.port).ask("/model", method="GET").status == 200
        except OSError:
            return False

    def judged(self) -> int:
        """How many of the canary's requests the judge has seen."""
        opinion = self.memory.opinion
        return int(next(iter(opinion["signals"].values()))["canary"][1]) if opinion else 0

    def reason(self, release: Release) -> str:
        """What the judge last said of a version."""
        memory = self.memory
        return str(memory.opinion["reason"]) if memory.opinion and memory.judged.startswith(release.version) else ""

    def points(self) -> int:
        """How often the judge has looked."""
        return len((self.memory.judge or {}).get("points", ()))

    # -- its processes

    @property
    def router(self) -> Router:
        """The router, to look at."""
        return Router.attach(self.folder / "router")

    def master(self) -> int:
        """The process id of the router's master, whose group all of the router is."""
        return haproxy._master(self.folder / "router") or 0

    def service(self, slot: Slot) -> list[int]:
        """The processes of a slot: the one that was started first, then those that it started."""
        service = self.memory.services.get(slot)
        if not service or not service["pid"]:
            return []
        return [service["pid"], *sorted(set(processes.marked(service["mark"])) - {service["pid"]})]

    def worker(self, slot: Slot) -> int:
        """The process of a slot that answers."""
        return next(pid for pid in self.service(slot)[1:] if b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes())

    def settled(self) -> bool:
        """Whether both slots are filled, known to be up, and so for the router, too."""
        now = self.memory.state
        up = now.production and now.production.up and now.other and now.other.up
        return bool(up) and {each.state for each in self.router.stats().values()} == {"up"}

    # -- who uses it

    @contextmanager
    def users(self, *, clients: int = 2, pause: float = 0.01, **how: Any) -> Iterator[Users]:
        """People who ask about the rows of the dev set for as long as the block runs."""
        seen = Users(rows=rows_of(self.project), **how)
        with load(self.port, clients=clients, pause=pause, seen=seen):
            yield seen

    @contextmanager
    def fault(self, name: str, users: Users) -> Iterator[None]:
        """Something goes wrong in the block, and no user notices: they go on asking, and get no error."""
        errors, access, log = len(users.errors), self._size(self._access), self._size(self.log)
        try:
            yield
            users.more(50, within=30)
        except AssertionError as error:
            raise AssertionError(f"{name}: {error}\n{self._told(access, log)}") from None
        seen = users.errors[errors:]
        assert not seen, f"{name}: {len(seen)} errors, such as {seen[:3]}\n{self._told(access, log)}"

    @property
    def _access(self) -> Path:
        return self.folder / "router/access.log"

    @staticmethod
    def _size(path: Path) -> int:
        return path.stat().st_size if path.exists() else 0

    def _told(self, access: int, log: int) -> str:
        """What the router says since of answers that were no success or were cut off, and the agent of that time.

        An answer that was cut off has status 200, too: how it ended tells.
        """
        lines = self._access.read_bytes()[access:].decode().splitlines()
        odd = [
            each
            for each in lines
            if not ('"status":200' in each and ('"end":"--"' in each or f'"end":"{SENT_TWICE}"' in each))
        ]
        return "\n".join([*odd[-40:], self.log.read_bytes()[log:].decode()])

    def end(self) -> None:
        """Leave nothing running."""
        self.kill()
        for slot in ("blue", "green"):  # what was stopped cannot end
            for pid in self.service(slot):  # type: ignore[arg-type]
                os.kill(pid, signal.SIGCONT)
        loop.stop(self.folder)
        assert processes.marked(str(self.folder)) == {}
        assert not haproxy.alive(self.folder / "router")


def fill(line: Line, production: Release, canary: Release) -> None:
    """Have two versions serve, one of them as a canary."""
    line.want(production=production, canary=canary)
    until(lambda: line.phase == "canary" and line.settled(), "a canary stands beside production", 120)
