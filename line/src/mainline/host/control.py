"""What HAProxy is told and asked on its sockets while it runs."""

import re
import socket
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.host import processes

WORKER, MASTER = "admin.sock", "master.sock"
ANSWERS_WITHIN = 5.0


def tell(folder: Path, command: str) -> None:
    """Give an order that is answered with nothing, or with what was changed.

    Raises:
        ToolFailed: it said anything else, or nothing at all.
    """
    said = ask(folder, command)
    if said and not re.search(r"changed|no need to change", said):
        raise ToolFailed(f"router: HAProxy would not `{command.splitlines()[0]}`: {said.splitlines()[0]}")


def ask(folder: Path, command: str) -> str:
    """Ask the HAProxy of a folder; raises ToolFailed if it does not answer."""
    try:
        return exchange(folder / WORKER, command)
    except OSError as error:
        raise ToolFailed(f"router: HAProxy of {folder} does not answer ({error})") from None


def exchange(path: Path, command: str) -> str:
    """Send one command to a socket and answer all that comes back; raises OSError if nobody does."""
    with socket.socket(socket.AF_UNIX) as connection, processes.short(path.parent) as folder:
        connection.settimeout(ANSWERS_WITHIN)
        connection.connect(f"{folder}/{path.name}")
        connection.sendall(command.encode() + b"\n")
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode(errors="replace").strip()


def found(path: Path, command: str, pattern: str) -> str | None:
    """The first group of a pattern in what a socket answers to a command; None if it does not."""
    try:
        match = re.search(pattern, exchange(path, command), re.MULTILINE)
    except OSError:
        return None
    return match[1] if match else None
