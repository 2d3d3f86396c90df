"""What happens at a bad moment: a port that somebody else takes, a disk without room, a model that is slow to warm."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from line.tests.host.conftest import Backend, until
from line.tests.host.hosts import STAND_IN, Host
from line.tests.host.load import Client
from mainline.canary import scrape
from mainline.host import desired, probe, sync
from mainline.host.router import Router
from mainline.tools import ports

pytestmark = pytest.mark.slow


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[int]:
    """Another host's service; its port."""
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger/behaviour.json").write_text("{}")
    port = ports.free()
    command = [*STAND_IN, str(tmp_path / "stranger"), "--host", "127.0.0.1", "--port", str(port)]
    running = subprocess.Popen(command, env={**os.environ, "MODEL_VERSION": "zzzzzzzz"})
    until(lambda: probe.ready(f"http://127.0.0.1:{port}"), "the stranger answers")
    yield port
    running.kill()
    running.wait()


def test_a_stranger_on_the_chosen_port_is_not_taken_for_the_version(
    host: Host, stranger: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else took the port before the service did: it gets no user, and the version another port."""
    free, chosen = ports.free, iter([stranger])
    monkeypatch.setattr(ports, "free", lambda before: next(chosen, None) or free(before))
    host.bento("a", starts_after=1.5)
    agent = host.agent()
    host.until(agent, lambda: host.serving(agent, "a"), 30)
    assert sum("is answered by 'zzzzzzzz'" in line for line in host.said) == 1
    assert agent.supervisor.services["blue"].port != stranger


def test_a_slow_model_is_warm_after_fewer_predictions(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """All others wait while one is warmed up, so that takes a bounded time."""
    monkeypatch.setattr(probe, "WARM_AFTER", 0.5)
    host.bento("a", takes=0.2)
    agent = host.agent()
    host.until(agent, lambda: agent.memory.state.production is not None)
    told = scrape.of_text(httpx.get(f"{agent.supervisor.services['blue'].address}/metrics").text)
    assert 2 <= told.requests <= 4 < probe.PREDICTIONS


def test_a_router_is_told_without_room_for_a_file(
    router: Router, blue: Backend, green: Backend, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's folder for temporary files may be full, or gone: a rollback needs none of it."""
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    router.route("blue", "green", 1.0)
    assert Client(port).ask().slot == "green"
    router.route("blue")
    assert Client(port).ask().slot == "blue"


def test_errands_go_on_when_the_machine_is_short_of_something(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """No memory or process for git this time is one line, and the next round is gone on."""
    desired.prepare(host.folder / "repo.git", str(host.origin))
    real, failures = desired.look, iter([OSError(11, "Resource temporarily unavailable")])

    def look(*arguments: object) -> desired.Desired:
        for each in failures:
            raise each
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desired, "look", look)
    going = sync.Sync(host.folder / "repo.git", 1.0)
    assert "Resource temporarily unavailable" in going.round().unreachable
    assert going.round().desired
