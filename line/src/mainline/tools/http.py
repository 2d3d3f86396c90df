"""HTTP to other programs, by one client in a process: each of its own would read all certificates anew, for 35 ms."""

from functools import cache

import httpx


@cache
def client() -> httpx.Client:
    """The client; it keeps no connection, as whoever asks whether a server takes them has to make one."""
    return httpx.Client(limits=httpx.Limits(max_keepalive_connections=0))
