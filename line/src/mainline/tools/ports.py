"""Ports of this machine for servers that are started a moment later."""

import secrets
import socket

from mainline.errors import ToolFailed

# below those that Linux (from 32768) and macOS (from 49152) give to connections: a port that the system gives away
# between the choice and the server's start would leave the server without one
RANGE = range(15_000, 30_000)
TRIES = 1000


def free(before: int | None = None) -> int:
    """Choose a port of 127.0.0.1 that nobody uses, nor was given here within the last minute, by any process.

    Args:
        before: the port to have again if it is free.

    Raises:
        ToolFailed: none was found.
    """
    if before and _again(before):
        return before
    for port in (secrets.choice(RANGE) for _ in range(TRIES)):
        if _reserve(port):
            return port
    raise ToolFailed("no port of 127.0.0.1 is free")


def _again(port: int) -> bool:
    """Whether a server can have it, as servers ask: a connection that has ended does not keep its port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _reserve(port: int) -> bool:
    """Take a port for a minute from all who choose one here, while its server, who asks as above, can have it.

    The system keeps the port of the side that ended a connection first (TIME_WAIT), so one is made and ended.
    """
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # not before: what others hold would pass
            probe.listen(1)
            with socket.create_connection(("127.0.0.1", port)) as caller:
                called, _ = probe.accept()
                called.close()
                caller.recv(1)
        except OSError:
            return False
        return True
