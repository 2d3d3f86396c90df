"""The page's server answers its own page in this machine's browser, and nobody else."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mainline.errors import MainlineError
from mainline.label.server import Page, Server
from mainline.label.session import Unfit


class Told:
    """What was told to the page's server."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def vote(self, said: dict[str, Any]) -> dict[str, Any]:
        """Refuse one row, fail on another."""
        if said.get("at") == 1:
            raise Unfit("no such row")
        if said.get("at") == 2:
            raise OSError(28, "No space left on device")
        self.said.append(said)
        return {"votes": len(self.said)}


@pytest.fixture
def told() -> Told:
    """Nothing yet."""
    return Told()


@pytest.fixture
def server(told: Told) -> Iterator[Server]:
    """A server that runs."""
    does = {"vote": told.vote, "done": lambda said: {"phase": "done"}}
    made = Server(Page(b"<!doctype html>", "default-src 'none'", {"state": lambda: {"phase": "asking"}}, does))
    made.start()
    yield made
    made.close()


def post(server: Server, path: str = "vote", body: Any = None, **headers: str) -> httpx.Response:
    """As the page itself would, but for the headers that are given; a dash takes one away."""
    mine = {"origin": f"http://127.0.0.1:{server.port}", "content-type": "application/json"} | headers
    mine = {name.replace("_", "-"): value for name, value in mine.items() if value != "-"}
    return httpx.post(server.url + path, content=json.dumps(body or {"at": 0}), headers=mine)


def test_the_page_reads_and_writes(server: Server, told: Told) -> None:
    """At its address, with a policy that lets it ask nobody else; what cannot be done is said in a line."""
    page = httpx.get(server.url)
    assert page.text == "<!doctype html>"
    assert page.headers["content-security-policy"] == "default-src 'none'"
    assert page.headers["cache-control"] == "no-store"
    assert httpx.get(server.url + "state?1").json() == {"phase": "asking"}
    assert post(server).json() == {"votes": 1}
    assert post(server, body={"at": 1}).json() == {"error": "no such row"}
    full = post(server, body={"at": 2})
    assert (full.status_code, full.json()) == (500, {"error": "not written: No space left on device"})
    assert told.said == [{"at": 0}]
    assert httpx.get(server.url + "secrets").status_code == 404
    assert post(server, "state").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "-"},  # a form of old, or no browser at all
        {"host": "evil.example"},  # a name that was made to mean this machine
        {"origin": "http://evil.example", "host": "evil.example"},
        {"content-type": "text/plain"},  # what a form of another page may send unasked
    ],
    ids=["other page", "opaque page", "no page", "other name", "other name and page", "form"],
)
def test_no_other_page_writes(server: Server, told: Told, headers: dict[str, str]) -> None:
    """Nor reads, under another name: even one that knows the address."""
    assert post(server, **headers).status_code == 403
    assert told.said == []


def test_whoever_does_not_know_the_address_gets_nothing(server: Server, told: Told) -> None:
    """Other users of this machine can reach the port."""
    here = f"http://127.0.0.1:{server.port}"
    for path in ("/", f"/{server.token[:-1]}/", "/vote", f"/{server.token}x/state", "//", "/é/"):
        assert httpx.get(here + path).status_code == 403, path
        assert httpx.post(here + path, json={}, headers={"origin": here}).status_code == 403, path
    assert httpx.get(server.url, headers={"host": "evil.example"}).status_code == 403
    assert told.said == []


@pytest.mark.parametrize("body", [b"[1]", b"{", b"[" * 9000, b"x" * 70_000], ids=["list", "cut", "deep", "long"])
def test_what_is_no_object_is_refused(server: Server, told: Told, body: bytes) -> None:
    """Without a traceback, and the server goes on."""
    headers = {"origin": f"http://127.0.0.1:{server.port}", "content-type": "application/json"}
    try:
        assert httpx.post(server.url + "vote", content=body, headers=headers).status_code in (400, 403)
    except httpx.TransportError:  # it does not read what is too long
        assert len(body) > 64_000
    assert post(server).status_code == 200


def test_it_ends_when_its_person_is_done(server: Server) -> None:
    """Once the page has its answer."""
    assert not server.ended.is_set()
    assert post(server, "done").json() == {"phase": "done"}
    assert server.ended.wait(5)


def test_a_port_that_is_taken_is_refused() -> None:
    """In a line that says what to do."""
    page = Page(b"", "", {}, {})
    taken = pytest.raises(MainlineError, match=r"in use.*leave --port out")
    with socket.create_server(("127.0.0.1", 0)) as other, taken:
        Server(page, other.getsockname()[1])
    with pytest.raises(MainlineError, match="no port has this number"):
        Server(page, 70_000)
