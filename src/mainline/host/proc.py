"""Processes that outlive whoever started them: found again by pid and start time, ended with all they started."""

import os
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
MARK = "MAINLINE_SERVICE"


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
    """When a process began, in the kernel's clock since the machine did; empty where it does not run."""
    with suppress(OSError, ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # where it is our child, let it go
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # a name may hold anything
    return "" if fields[0] in "ZX" else f"{_boot()}-{fields[19]}"


def marked(mark: str) -> dict[int, str]:
    """The processes that carry a mark in their environment, or one that begins so, each with its whole mark."""
    found = {}
    wanted = f"{MARK}={mark}".encode()
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            for each in (folder / "environ").read_bytes().split(b"\0"):
                if each.startswith(wanted):
                    found[int(folder.name)] = each.partition(b"=")[2].decode(errors="replace")
    return found


def end(pids: Iterable[int], how: signal.Signals) -> None:
    """Send a signal to processes; those that are gone are gone."""
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, how)


def _boot() -> str:
    """What tells this start of the machine from all others."""
    with suppress(OSError):
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()[:8]
    return ""
