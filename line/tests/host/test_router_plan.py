"""What the router is to do, as data: routes that make sense, what is refused, and what HAProxy is given to read."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from mainline.errors import MainlineError
from mainline.host import haproxy
from mainline.host.model import Route
from mainline.host.router import Router
from mainline.host.routing import Routing, Server, Settings, prefix, resolved

SETTINGS = Settings("127.0.0.1:3000", "127.0.0.1:8405", "x-user", 30)
BOTH = Routing(SETTINGS, {"blue": Server("127.0.0.1:3001", "v1"), "green": Server("127.0.0.1:3002", "v2")})


@pytest.mark.parametrize(
    ("route", "line"),
    [
        (Route("blue"), "blue:blue:0:-:-"),
        (Route("green", "blue"), "green:blue:0:-:b791a5e66"),
        (Route("blue", "green", 0.1), "blue:green:1000:-:gcb152f95"),
        (Route("blue", "green", 1.0), "blue:green:10000:-:gcb152f95"),
        (Route("blue", "green", 0.00001), "blue:green:1:-:gcb152f95"),
        (Route("blue", "green", shadow=True), "blue:green:0:green:gcb152f95"),
    ],
)
def test_a_route_is_one_line(route: Route, line: str) -> None:
    """Which is why it can be changed at once; a share is never rounded down to nobody."""
    assert BOTH.with_route(route).map()["now"] == line


@pytest.mark.parametrize(
    ("route", "said"),
    [
        (Route("blue", "blue", 0.1), "cannot be production and canary at once"),
        (Route("blue", "green", -0.1), "between 0 and 1"),
        (Route("blue", "green", 1.1), "between 0 and 1"),
        (Route("blue", "green", float("nan")), "between 0 and 1"),
        (Route("blue", None, 0.1), "needs a canary"),
        (Route("blue", None, shadow=True), "needs a canary"),
        (Route("blue", "green", 0.1, shadow=True), "has no share"),
        (Route("red"), "slot red is empty"),  # type: ignore[arg-type]
    ],
)
def test_a_route_that_makes_no_sense_is_refused(route: Route, said: str) -> None:
    """In one line that says why."""
    with pytest.raises(MainlineError, match=f"^router: .*{said}"):
        BOTH.with_route(route)


def test_an_empty_slot_gets_no_traffic() -> None:
    """Neither as production nor as canary."""
    alone = BOTH.with_slot("green", None)
    assert alone.with_route(Route("blue")).named == {"blue", None}
    with pytest.raises(MainlineError, match="slot green is empty; start a version in it"):
        alone.with_route(Route("blue", "green"))


def test_ids_differ_by_slot_and_by_version() -> None:
    """So that a label of a version that is gone is not taken for one of its successor's."""
    names = {prefix("blue", "v1"), prefix("blue", "v2"), prefix("green", "v1")}
    assert len(names) == 3
    assert {name[0] for name in names} == {"b", "g"}
    assert prefix("blue", "v1") == prefix("blue", "v1")


def test_what_is_remembered_is_all_of_it() -> None:
    """Through JSON and back."""
    for each in (Routing(SETTINGS), BOTH, BOTH.with_route(Route("green", "blue", 0.25))):
        assert Routing.from_json(each.to_json()) == each


def test_what_is_remembered_makes_sense_or_is_refused() -> None:
    """A route to a slot that is empty cannot have been written."""
    read = json.loads(BOTH.with_route(Route("green")).to_json())
    del read["slots"]["green"]
    with pytest.raises(MainlineError, match="slot green is empty"):
        Routing.from_json(json.dumps(read))


def test_the_configuration_says_who_is_where() -> None:
    """A restart of HAProxy finds the same servers, weights and last resort that it was told of at run time."""
    text = BOTH.with_route(Route("green")).files()["haproxy.cfg"]
    assert "server blue unix@blue.sock track blue/service weight 0\n" in text
    assert "server green unix@green.sock track green/service weight 1\n" in text
    assert services(text) == ["127.0.0.1:3001 check", "127.0.0.1:3002 check", "127.0.0.1:3002"]
    empty = Routing(SETTINGS).files()["haproxy.cfg"]
    assert "server blue unix@blue.sock track blue/service weight 0 disabled\n" in empty
    assert services(empty) == ["127.0.0.1:1 disabled check", "127.0.0.1:1 disabled check", "127.0.0.1:1 disabled"]


def services(text: str) -> list[str]:
    """Where blue, green and the last resort are, in a configuration."""
    return re.findall(r"^    server service (.+)$", text, re.MULTILINE)


def test_the_fingerprint_is_of_what_needs_a_reload() -> None:
    """Settings do; slots and routes do not."""
    other = Settings("127.0.0.1:3000", "127.0.0.1:8405", "x-user", 31)
    assert BOTH.with_route(Route("blue")).fingerprint == Routing(SETTINGS).fingerprint != Routing(other).fingerprint


@pytest.mark.parametrize(
    "address", ["", "127.0.0.1", ":3001", "127.0.0.1:", "127.0.0.1:0", "a:65536", "a b:1", "::1:x"]
)
def test_an_address_is_host_and_port(address: str) -> None:
    """Nothing else gets into the configuration."""
    with pytest.raises(MainlineError, match=r"is no address; write it like 127\.0\.0\.1:3001"):
        resolved(address)


def test_a_host_is_made_a_number() -> None:
    """As HAProxy asks for at run time; an unknown one is one line."""
    assert resolved("127.0.0.1:3001") == "127.0.0.1:3001"
    assert resolved("[::1]:3001") == "[::1]:3001"
    assert resolved("localhost:3001") in ("127.0.0.1:3001", "[::1]:3001")
    with pytest.raises(MainlineError, match=r"^router: the host of no.such.invalid:1 is unknown here"):
        resolved("no.such.invalid:1")


@pytest.mark.parametrize("name", ["", "x user", "x-user\n    bind *:1", "x:y", "%[uuid]"])
def test_a_header_is_a_name(name: str) -> None:
    """Nothing else gets into the configuration."""
    with pytest.raises(MainlineError, match="is no header's name"):
        Settings("127.0.0.1:3000", "127.0.0.1:8405", name, 30)


def test_a_timeout_is_a_second_at_least(tmp_path: Path) -> None:
    """And nothing is made of a wrong one."""
    with pytest.raises(MainlineError, match="timeout: at least 1 second"):
        Router.start(tmp_path / "router", 3000, timeout=0)
    assert not (tmp_path / "router").exists()


def test_haproxy_takes_the_configuration_without_a_warning(tmp_path: Path) -> None:
    """As it is written for an empty router, for a full one, and for one without Lua."""
    full = BOTH.with_route(Route("blue", "green", 0.5)).files()
    without = {"haproxy.cfg": full["haproxy.cfg"].replace("feature(LUA)", "feature(NONE)"), "shadow.lua": "rubbish"}
    without["second.lua"] = "rubbish"
    for files in (Routing(SETTINGS).files(), full, full | without):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        checked = subprocess.run(
            [haproxy.program(), "-c", "-f", "haproxy.cfg"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (checked.returncode, "WARNING" in checked.stderr, "ALERT" in checked.stderr) == (0, False, False)
