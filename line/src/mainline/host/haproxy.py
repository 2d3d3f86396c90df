"""HAProxy as a program: how it starts, reloads and stops."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mainline.errors import ToolFailed
from mainline.host import processes
from mainline.host.binary import program
from mainline.host.control import MASTER, WORKER, found
from mainline.tools import process

ACCESS_LOG, OWN_LOG = "access.log", "router.log"
STARTS_WITHIN = 10.0


def start(folder: Path) -> None:
    """Start it on the files in a folder, on its own: it goes on when whoever started it does not.

    Raises:
        ToolFailed: it does not start; the message says why.
    """
    _end_what_is_left(folder)
    command = [program(), "-W", "-S", f"unix@{MASTER},mode,600", "-f", "haproxy.cfg"]
    try:
        begun = _said_so_far(folder)
        with _log_writer(folder) as access, (folder / OWN_LOG).open("ab") as log:
            running = subprocess.Popen(
                command,
                cwd=folder,
                env=process.environment({processes.MARK: _mark(folder)}),
                stdin=subprocess.DEVNULL,
                stdout=access,
                stderr=log,
                start_new_session=True,
            )
    except OSError as error:
        raise ToolFailed(f"router: HAProxy did not start in {folder} ({error.strerror}); make it writable") from None
    if not _until(lambda: running.poll() is not None or _complete(folder)) or running.poll() is not None:
        running.kill()
        running.wait()
        raise ToolFailed(_reason(folder, "start", begun))


@contextmanager
def _log_writer(folder: Path) -> Iterator[IO[bytes]]:
    """Where lines go that are to end in access.log.

    HAProxy would not append, but write where it was before: nobody could shorten the log. So `cat` appends; it ends
    when HAProxy does, and begins again when there is room on a disk that was full.
    """
    appending = ["sh", "-c", f"until cat >> {ACCESS_LOG}; do sleep 1; done"]
    writer = subprocess.Popen(
        appending, cwd=folder, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    assert writer.stdin is not None
    with writer.stdin as pipe:
        yield pipe


def _said_so_far(folder: Path) -> int:
    log = folder / OWN_LOG
    return log.stat().st_size if log.exists() else 0


def _reason(folder: Path, verb: str, begun: int) -> str:
    """Why it would not, from what it said since."""
    log = folder / OWN_LOG
    said = log.read_bytes()[begun:].decode(errors="replace")
    taken = re.search(r"cannot bind socket \(Address already in use\).*?\[([^\[\]]+:\d+)\]", said)
    if taken:
        return f"router: {taken[1]} is taken; stop what listens there, or choose another port"
    alerts = [line.partition(" : ")[2] for line in said.splitlines() if line.startswith("[ALERT]")]
    return f"router: HAProxy did not {verb}: {(alerts or [process.reason(said)])[0][:300]} (all of it: {log})"


def alive(folder: Path) -> bool:
    """Whether it answers."""
    return _worker(folder) is not None


def description(folder: Path) -> str | None:
    """What the configuration that it runs on calls itself."""
    return found(folder / WORKER, "show info", r"^description: (.+)")


def reload(folder: Path) -> None:
    """Have it read its files again; what it has begun it ends as it was.

    Raises:
        ToolFailed: the files are wrong, and it goes on with what it has; or it does not run.
    """
    process.capture([program(), "-q", "-c", "-f", "haproxy.cfg"], cwd=folder)
    begun, before = _said_so_far(folder), _worker(folder)
    if not _signal(folder, signal.SIGUSR2) or not _until(lambda: _worker(folder) != before and _complete(folder)):
        raise ToolFailed(_reason(folder, "reload", begun))


def stop(folder: Path, within: float) -> None:
    """End it: no new connections, and what it has begun gets `within` seconds."""
    if _signal(folder, signal.SIGUSR1):
        _until(lambda: _master(folder) is None, within)
    _end_what_is_left(folder)


def _signal(folder: Path, number: signal.Signals) -> bool:
    """Send the master a signal; answers whether there is one."""
    master = _master(folder)
    if master is None:
        return False
    with suppress(ProcessLookupError):
        # killing is for all of them; their session is theirs alone
        os.killpg(master, number) if number is signal.SIGKILL else os.kill(master, number)
    return True


def _worker(folder: Path) -> str | None:
    return found(folder / WORKER, "show info", r"^Pid: (\d+)")


def _complete(folder: Path) -> bool:
    return alive(folder) and _master(folder) is not None


def _master(folder: Path) -> int | None:
    pid = found(folder / MASTER, "show proc", r"^(\d+)\s+master")
    return int(pid) if pid else None


def _end_what_is_left(folder: Path) -> None:
    """A master may outlive its worker, a worker hang, or both the files of their folder; and they hold the ports."""
    if _signal(folder, signal.SIGKILL):
        _until(lambda: _master(folder) is None)
    if left := processes.marked(_mark(folder)):
        processes.end(left, signal.SIGKILL)
        _until(lambda: not processes.marked(_mark(folder)))


def _mark(folder: Path) -> str:
    return f"{folder}:router"


def _until(holds: Callable[[], bool], within: float | None = None) -> bool:
    deadline = time.monotonic() + (STARTS_WITHIN if within is None else within)
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
