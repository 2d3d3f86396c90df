"""Ports of this machine for servers that are started a moment later."""

import secrets
import socket

from mainline.errors import ToolFailed

# below those that Linux (from 32768) and macOS (from 49152) give to connections: a port that the system gives away
# between the choice and the server's start would leave the server without one
RANGE = range(15_000, 30_000)
TRIES = 1000


def free(before: int | None = None) -> int:
    """Choose a port of 127.0.0.1 that nobody uses.

    Args:
        before: the port to have again if it is free.

    Raises:
        ToolFailed: none was found.
    """
    for port in (*([before] if before else []), *(secrets.choice(RANGE) for _ in range(TRIES))):
        with socket.socket() as probe:
            # as servers set it: a connection that has ended does not keep its port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ToolFailed("no port of 127.0.0.1 is free")
