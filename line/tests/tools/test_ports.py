"""A server that starts a moment later finds its port still free."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mainline.errors import ToolFailed
from mainline.tools import ports


def server(port: int) -> socket.socket:
    """One that listens, as servers do."""
    return socket.create_server(("127.0.0.1", port))


def test_a_port_is_one_that_the_system_gives_to_no_connection() -> None:
    """Else one made between the choice and the server's start takes it."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert all(ports.free() < lowest for _ in range(50))


def test_the_port_of_before_is_given_again_unless_somebody_has_it() -> None:
    """A service that starts anew stays where its users look for it."""
    before = ports.free()
    assert ports.free(before) == before
    with server(before):
        assert ports.free(before) != before


def test_a_port_is_given_once_while_its_server_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever else chooses one meanwhile, in this process or another, gets another; the server gets this one."""
    port = ports.free()
    monkeypatch.setattr(ports, "RANGE", [port])
    with pytest.raises(ToolFailed, match="is free"):
        ports.free()
    program = f"from mainline.tools import ports; ports.RANGE = [{port}]; ports.free()"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ToolFailed" in other.stderr
    with server(port) as made:
        assert made.getsockname()[1] == port


def test_no_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all are taken."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setattr(ports, "RANGE", [other.getsockname()[1]])
        with pytest.raises(ToolFailed, match=r"no port of 127\.0\.0\.1 is free"):
            ports.free()
