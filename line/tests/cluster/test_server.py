"""The server's bounds: whoever is in the cluster may connect."""

import re
import socket
import time

import httpx
import pytest

from line.tests.cluster.stage import Stage
from line.tests.host.conftest import until
from mainline.cluster import server
from mainline.errors import MainlineError


def test_who_sends_nothing_keeps_nobody_out_for_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are so many places; one is free again once a request is too late."""
    monkeypatch.setattr(server._Handler, "timeout", 0.3)
    service = stage.judge(read=False)
    port = service.server.port
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(server.AT_ONCE)]
    time.sleep(0.1)
    assert httpx.get(f"{stage.address(service)}/healthz").status_code == 503
    time.sleep(0.5)
    assert httpx.get(f"{stage.address(service)}/healthz").status_code == 200
    for each in idle:
        each.close()


def test_who_sends_a_byte_now_and_then_is_too_late_as_well(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request has to arrive as a whole."""
    monkeypatch.setattr(server._Handler, "timeout", 0.3)
    service = stage.judge(read=False)
    with socket.create_connection(("127.0.0.1", service.server.port)) as connection:
        connection.settimeout(0.1)

        def ended() -> bool:
            try:
                connection.send(b"G")
                return connection.recv(64) == b""
            except TimeoutError:
                return False
            except OSError:
                return True

        until(ended, "it is hung up on", 5)


@pytest.mark.parametrize(
    "request_", [b"GET " + b"/" * 70_000, b"GET / HTTP/1.0\r\n" + b"A: b\r\n" * 200 + b"\r\n", b"\xff\xfe\r\n\r\n"]
)
def test_what_is_no_request_ends_that_connection_alone(request_: bytes, stage: Stage) -> None:
    """A line or headers without end, or no HTTP."""
    service = stage.judge(read=False)
    with socket.create_connection(("127.0.0.1", service.server.port)) as connection:
        connection.sendall(request_ + b"\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert re.search(rb"\b4\d\d\b", connection.recv(4096))
    assert httpx.get(f"{stage.address(service)}/healthz").status_code == 200


def test_an_address_that_is_taken_is_one_line(stage: Stage) -> None:
    """Which, and why."""
    service = stage.judge(read=False)
    with pytest.raises(MainlineError, match=rf"--serve 127.0.0.1:{service.server.port}: cannot be had \(Address"):
        server.Server(("127.0.0.1", service.server.port), service.answers, "shop", dict, lambda: 0.1)


def test_without_a_host_it_listens_everywhere(stage: Stage) -> None:
    """IPv4 and IPv6."""
    service = stage.judge(read=False)
    made = server.Server(("", 0), service.answers, "shop", dict, lambda: 0.1)
    for host in ("127.0.0.1", "[::1]") if socket.has_dualstack_ipv6() else ("127.0.0.1",):
        assert httpx.get(f"http://{host}:{made.port}/healthz").status_code == 200
    made.close()
