"""A router of one's own, and small services to put behind it."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from line.tests.host.hosts import Host, patch_serve, release
from line.tests.host.load import Client
from mainline.host import loop, processes
from mainline.host.router import Router
from mainline.tools import git, ports


def until(holds: Callable[[], bool], what: str, within: float = 10.0) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.02)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """A host with Bentos a, b and c, of which a is wanted in production; it leaves nothing running."""
    patch_serve(monkeypatch)
    made = Host(tmp_path, (ports.free(), ports.free()))
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(made.origin), root=tmp_path)
    for name in "abc":
        made.bento(name)
    made.want(production=release("a"))
    yield made
    if (made.options.folder / "router").exists():
        loop.stop(made.options.folder)
    assert processes.marked(f"{made.options.folder}") == {}


class Backend:
    """A running service."""

    def __init__(self, name: str, port: int) -> None:
        self.name, self.port, self.address = name, port, f"127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        script = str(Path(__file__).with_name("backend.py"))
        self.process = subprocess.Popen([sys.executable, "-S", script, str(self.port), self.name])
        until(self._answers, f"{self.name} answers")

    def _answers(self) -> bool:
        try:
            return Client(self.port).ask("/readyz", method="GET").status == 200
        except OSError:
            return False

    def become(self, **state: Any) -> None:
        """Behave otherwise from now on."""
        assert Client(self.port).ask("/become", state).status == 200

    def seen(self) -> dict[str, list[Any]]:
        """What it was asked."""
        return Client(self.port).ask("/seen", method="GET").content

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self) -> None:
        """Make sure that nothing is left of it."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def backend() -> Iterator[Callable[[str], Backend]]:
    """Makes services."""
    made: list[Backend] = []

    def make(name: str) -> Backend:
        made.append(Backend(name, ports.free()))
        return made[-1]

    yield make
    for each in made:
        each.end()


@pytest.fixture
def port() -> int:
    """Where the router listens."""
    return ports.free()


@pytest.fixture
def router(tmp_path: Path, port: int) -> Iterator[Router]:
    """A router without any slot filled, that gives a slot two seconds to answer, and trusts everyone."""
    made = Router.start(tmp_path / "router", port, metrics=f"127.0.0.1:{ports.free()}", timeout=2, open_to_all=True)
    yield made
    made.stop()


@pytest.fixture
def blue(router: Router, backend: Callable[[str], Backend]) -> Backend:
    """Production, in the slot blue."""
    made = backend("blue")
    router.set_slot("blue", made.address, "old")
    router.route("blue")
    until(lambda: router.stats()["blue"].state == "up", "blue is up")
    return made


@pytest.fixture
def green(router: Router, blue: Backend, backend: Callable[[str], Backend]) -> Backend:
    """A version in the slot green, without traffic so far."""
    made = backend("green")
    router.set_slot("green", made.address, "new")
    return made


@pytest.fixture
def client(port: int, router: Router) -> Iterator[Client]:
    """A client of the router."""
    made = Client(port)
    yield made
    made.close()


def access_log(router: Router) -> list[dict[str, Any]]:
    """The router's own record of requests; other lines are HAProxy's, of a reload."""
    lines = (router.folder / "access.log").read_text().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.fixture(scope="session")
def pushed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two versions in a registry of this machine; a `Pushed`."""
    from line.tests.host.pushed import push

    made = push(built, tmp_path_factory.mktemp("pushed"))
    yield made
    made.drop()
    made.registry.stop()
