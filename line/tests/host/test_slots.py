"""A slot's service: how it is started, found again, and ended with all that it started."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from line.tests.host.hosts import Host, patch_serve, release
from mainline.errors import ToolFailed
from mainline.host import probe, processes, slots
from mainline.host.slots import Service, Slots

pytestmark = pytest.mark.slow


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """A store with one Bento."""
    patch_serve(monkeypatch)
    made = Host(tmp_path, (0, 0))
    made.bento("a")
    return made


@pytest.fixture
def made(host: Host) -> Slots:
    """Slots that leave nothing behind."""
    yield (made := Slots(host.folder / "slots", host.folder / "store"))
    made.sweep([])


def ready(service: Service) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + 20
    while not probe.ready(service.address):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def gone(*pids: int) -> bool:
    """Whether processes end within some seconds."""
    deadline = time.monotonic() + 10
    while any(processes.born(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(processes.born(pid) for pid in pids)


def test_a_service_is_told_what_it_is_and_found_again(made: Slots) -> None:
    """It knows its version and edges, has a home of its own, and is known by pid and start time."""
    service = made.start("blue", release("a"), before=None, edges="1,2")
    ready(service)
    said = httpx.get(f"{service.address}/model").json()
    assert (said["MODEL_VERSION"], said["PREDICTION_EDGES"]) == ("a" * 8, "1,2")
    assert Path(said["BENTOML_HOME"]).parent == made.log("blue").parent
    again = Service(**service.to_json())
    assert again.alive()
    assert not Service(**{**service.to_json(), "born": "another"}).alive()
    made.end(again, hard=False)
    assert gone(service.pid)
    assert not again.alive()


def test_keys_are_for_whoever_asks_in_front_of_the_router(made: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the agent's own environment says of keys and limits does not lock the router and the agent out."""
    for name, text in (("SERVICE_API_KEYS", "ab" * 32), ("SERVICE_RATE_LIMIT", "1")):
        monkeypatch.setenv(name, text)
    service = made.start("blue", release("a"), before=None, edges="")
    ready(service)
    said = httpx.get(f"{service.address}/model").json()
    assert (said["SERVICE_API_KEYS"], said["SERVICE_RATE_LIMIT"]) == ("", "")
    made.end(service, hard=True)


def test_the_port_of_before_is_kept_if_it_is_free(made: Slots) -> None:
    """A restarted service answers where the router knows it; a taken port is replaced by a free one."""
    first = made.start("blue", release("a"), before=None, edges="")
    ready(first)
    other = made.start("green", release("a"), before=first.port, edges="")
    assert other.port != first.port
    made.end(first, hard=True)
    assert gone(first.pid)
    assert made.start("blue", release("a"), before=first.port, edges="").port == first.port


def test_a_service_is_ended_with_what_it_started(host: Host, made: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers whose parent was killed are ended, too, and those of others are not."""
    code = f"import subprocess, sys; subprocess.run([*{[sys.executable]}, '-c', 'import time; time.sleep(60)'])"
    monkeypatch.setattr(slots, "SERVE", (sys.executable, "-c", code))
    first, second = (made.start(slot, release("a"), before=None, edges="") for slot in ("blue", "green"))
    deadline = time.monotonic() + 10
    while min(len(processes.marked(each.mark)) for each in (first, second)) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    workers = [pid for pid in processes.marked(first.mark) if pid != first.pid]
    assert workers
    os.kill(first.pid, signal.SIGKILL)
    made.end(first, hard=True)
    assert gone(first.pid, *workers)
    assert second.alive()


def test_what_nobody_remembers_is_ended(made: Slots) -> None:
    """A crash between a start and its note leaves a process; the next agent ends it, and only it."""
    known, lost = (made.start(slot, release("a"), before=None, edges="") for slot in ("blue", "green"))
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    assert made.sweep([known]) == 1
    assert gone(lost.pid)
    assert known.alive()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize(
    ("tag", "store", "said"),
    [
        ("model:missing", True, "no such Bento in .*; build it with `mainline package`"),
        ("model:aaaaaaaa", False, "where are the Bentos"),
    ],
)
def test_a_bento_that_is_not_there_is_one_line(host: Host, tag: str, store: bool, said: str) -> None:
    """It names the Bento and what to do."""
    empty = Slots(host.folder / "slots", host.folder / "store" if store else None)
    with pytest.raises(ToolFailed, match=said):
        empty.start("blue", release("a", bento=tag), before=None, edges="")


def test_logs_stay_small(made: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that grew too long becomes service.log.1; the service goes on writing into the new one."""
    monkeypatch.setattr(slots, "LARGEST_LOG", 10)
    made.log("blue").parent.mkdir(parents=True)
    made.log("blue").write_text("0123456789")
    made.shorten_logs()
    assert made.log("blue").read_text() == "0123456789"
    with made.log("blue").open("a") as stream:
        stream.write("x")
        stream.flush()
        made.shorten_logs()
        stream.write("y")
    assert made.log("blue").read_text() == "y"
    assert made.log("blue").with_suffix(".log.1").read_text() == "0123456789x"


def test_a_full_disk_does_not_keep_a_log_from_being_shortened(made: Slots, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no room for what was said before, it is let go: the log must not fill the disk further."""
    monkeypatch.setattr(slots, "LARGEST_LOG", 10)
    made.log("blue").parent.mkdir(parents=True)
    made.log("blue").write_text("0123456789x")
    made.log("blue").with_suffix(".log.1").mkdir()  # nothing can be copied there
    made.shorten_logs()
    assert made.log("blue").read_text() == ""


def test_without_an_engine_an_image_is_refused(made: Slots, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """docker or podman must be there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    wanted = release("a", bento="", image="m@sha256:" + "0" * 64)
    with pytest.raises(ToolFailed, match="docker or podman"):
        made.fetched("blue", wanted)
    with pytest.raises(ToolFailed, match="docker or podman"):
        made.start("blue", wanted, before=None, edges="")
