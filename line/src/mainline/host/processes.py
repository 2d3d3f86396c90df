"""Processes that outlive whoever started them: found again by pid and start time, ended with all they started.

All that asks for /proc is here, and goes without where there is none, as on macOS.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

PROC = Path("/proc")
MARK = "MAINLINE_SERVICE"
LONGEST_SOCKET = 103  # bytes of a socket's path; Linux has room for 107


def spawn(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> int:
    """Start a program in a session of its own, its output at the end of a log file.

    Returns:
        Its process id, which is its group's, too.

    Raises:
        OSError: there is no such program, or no room for the log.
    """
    with log.open("ab") as output:
        started = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started.returncode = 0  # it is not ours to wait for: `born` sees when it is gone
    return started.pid


def born(pid: int) -> str:
    """When a process began: another text for each process of a number; empty where it does not run."""
    with suppress(OSError, ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # where it is our child, let it go
    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return ""
        return _ticks(pid) or f"{process.create_time():.2f}"
    except psutil.Error:
        return ""


def marked(mark: str) -> dict[int, str]:
    """The processes that carry a mark in their environment, or one that begins so, each with its whole mark."""
    found = {}
    for pid in psutil.pids():
        with suppress(psutil.Error, OSError):
            carried = psutil.Process(pid).environ().get(MARK, "")
            if carried.startswith(mark):
                found[pid] = carried
    return found


def end(pids: Iterable[int], how: signal.Signals) -> None:
    """Send a signal to processes; those that are gone are gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, how)


@contextmanager
def short(folder: Path) -> Iterator[str]:
    """Another name of a folder, where its own is too long for that of a socket in it.

    Raises:
        OSError: there is no such folder.
    """
    if len(os.fsencode(folder)) < LONGEST_SOCKET - 20:  # of the socket's own name
        yield str(folder)
    elif (PROC / "self/fd").exists():  # a full disk has no room for a link
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield f"{PROC}/self/fd/{handle}"
        finally:
            os.close(handle)
    else:
        with tempfile.TemporaryDirectory(dir="/tmp") as links:  # TMPDIR may be as long again
            link = Path(links, "router")
            link.symlink_to(folder.absolute())
            yield str(link)


def _ticks(pid: int) -> str:
    """When a process began, in the kernel's clock since the machine did: no change of the time of day moves it."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    return f"{boot}-{text.rpartition(')')[2].split()[19]}"  # a name may hold anything
