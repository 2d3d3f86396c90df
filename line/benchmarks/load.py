"""A load generator: callers that each keep one connection and ask again as soon as they are answered."""

import json
import selectors
import socket
import time
from dataclasses import dataclass, field
from typing import Any

HOST = "127.0.0.1"
MOST_BYTES = 16 * 1024**2


@dataclass
class Caller:
    """One connection to a server of this machine."""

    connection: socket.socket
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        """Send the request."""
        self.received.clear()
        self.asked = time.perf_counter()
        self.connection.sendall(request)

    def answered(self) -> bool:
        """Read what has come; whether that is the whole answer."""
        part = self.connection.recv(1 << 20)
        if not part:
            raise ConnectionError(f"the server closed the connection; it said {bytes(self.received[:300])!r}")
        self.received += part
        head, mark, _ = self.received.partition(b"\r\n\r\n")
        if not mark:
            return False
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return len(self.received) >= len(head) + 4 + length


@dataclass(frozen=True)
class Result:
    """What a load found: seconds, sorted, and how many answers were not 200."""

    seconds: tuple[float, ...]
    errors: int
    elapsed: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.seconds) / self.elapsed

    def milliseconds(self, share: float) -> float:
        """The time within which this share of the requests is answered."""
        return 1000 * self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def request(path: str, content: Any) -> bytes:
    """A POST of JSON as it goes over the wire."""
    body = json.dumps(content).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(port: int, data: bytes, *, callers: int, seconds: float) -> Result:
    """Ask for so many seconds."""
    selector, taken, errors = selectors.DefaultSelector(), [], 0
    connections = []
    for _ in range(callers):
        connection = socket.create_connection((HOST, port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections.append(connection)
        caller = Caller(connection)
        selector.register(connection, selectors.EVENT_READ, caller)
        caller.ask(data)
    began = time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        for key, _ in selector.select(1.0):
            caller = key.data
            if caller.answered():
                taken.append(time.perf_counter() - caller.asked)
                errors += not caller.received.startswith(b"HTTP/1.1 200")
                caller.ask(data)
    for connection in connections:
        connection.close()
    return Result(tuple(sorted(taken)) or (seconds,), errors, now - began)
