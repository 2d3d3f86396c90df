"""Processes and sockets, where there is a /proc and where there is none, as on macOS."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mainline.host import control, processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture(params=["/proc", "no /proc"], autouse=True)
def system(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each test runs on both."""
    if request.param == "no /proc":
        monkeypatch.setattr(processes, "PROC", tmp_path / "none")
    return str(request.param)


@pytest.fixture
def sleeping(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that carries a mark."""
    with subprocess.Popen(SLEEP, env={**os.environ, processes.MARK: f"{tmp_path}:one"}) as process:
        yield process
        process.kill()


def test_a_process_has_a_time_of_birth_while_it_runs(sleeping: subprocess.Popen[bytes]) -> None:
    """The same at each look, another one's is another; a stopped one lives, a killed one does not."""
    first = processes.born(sleeping.pid)
    assert first
    assert first == processes.born(sleeping.pid) != processes.born(os.getpid())
    sleeping.send_signal(signal.SIGSTOP)
    assert processes.born(sleeping.pid) == first
    processes.end([sleeping.pid], signal.SIGKILL)
    deadline = time.monotonic() + 10
    while processes.born(sleeping.pid):
        assert time.monotonic() < deadline


def test_a_zombie_does_not_run(tmp_path: Path) -> None:
    """Another's child that has ended and that nobody waits for."""
    code = "import os, time; pid = os.fork() or os._exit(0); print(pid, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        deadline = time.monotonic() + 10
        while processes.born(child):
            assert time.monotonic() < deadline
        assert processes.born(parent.pid)
        parent.kill()


def test_processes_are_found_by_their_mark(sleeping: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """By its whole or its beginning; another mark finds none."""
    deadline = time.monotonic() + 10
    while not (found := processes.marked(f"{tmp_path}:")):  # between fork and exec it has its parent's environment
        assert time.monotonic() < deadline
    assert found == {sleeping.pid: f"{tmp_path}:one"}
    assert processes.marked(f"{tmp_path}:two") == {}


@pytest.mark.parametrize("length", [40, 200])
def test_a_socket_is_reached_however_long_its_folders_name_is(tmp_path: Path, length: int) -> None:
    """The name of a socket has some 100 bytes at most; nothing is left of what goes around that."""
    folder = tmp_path / ("ü" * (length // 2))
    folder.mkdir()
    with processes.short(folder) as name, socket.socket(socket.AF_UNIX) as server:
        assert len(os.fsencode(name)) < processes.LONGEST_SOCKET - 20 or length == 40
        server.bind(f"{name}/{control.WORKER}")
        server.listen()
        thread = threading.Thread(target=_answer, args=(server,))
        thread.start()
        assert control.exchange(folder / control.WORKER, "show info") == "show info"
        thread.join()
    ways = [each / "router" for each in Path("/tmp").iterdir() if (each / "router").is_symlink()]
    assert [way for way in ways if way.readlink() == folder] == []  # other tests' ways come and go


def _answer(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(connection.recv(100))


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Nobody answers there, whatever its name is."""
    for name in ("short", "long" * 50):
        assert control.found(tmp_path / name / control.WORKER, "show info", "(.*)") is None
