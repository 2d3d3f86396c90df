"""The container engine and the router of this machine."""

from pathlib import Path

import pytest

from mainline.doctor import machine
from mainline.doctor.finding import FINE, WARNING, WRONG, Finding
from mainline.host import binary
from mainline.project import Project
from mainline.tools import process

GOOD = "echo 'HAProxy version 2.8.1'; echo 'Feature list : +LUA'; echo 'Available services : +PROMEX'"


def only(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> Path:
    """A PATH that holds these programs of sh, and no other; no HAProxy came with the packages."""
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setattr(process, "environment", lambda extra=None: {"PATH": str(folder), **(extra or {})})
    monkeypatch.setattr(binary, "_carried", lambda: None)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.mark.parametrize(
    ("scripts", "wanted"),
    [
        ({"docker": "exit 0"}, Finding("container engine", FINE, "docker answers")),
        ({"docker": "exit 1", "podman": "exit 0"}, Finding("container engine", FINE, "podman answers")),
        ({}, Finding("container engine", WARNING, machine.NO_ENGINE, "apt-get install docker.io")),
        (
            {"docker": "exit 1"},
            Finding(
                "container engine",
                WARNING,
                "docker: no answer; the client is here, its engine does not run",
                "systemctl start docker",
            ),
        ),
    ],
    ids=["docker", "podman", "none", "silent"],
)
def test_an_engine_answers_or_is_named(
    scripts: dict[str, str], wanted: Finding, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None at all, or one that does not run, is something to know: Bentos need none."""
    assert list(machine.containers(Project(only(tmp_path, monkeypatch, **scripts)))) == [wanted]


@pytest.mark.parametrize(
    ("scripts", "state", "said"),
    [
        ({"haproxy": GOOD}, FINE, "HAProxy 2.8.1: {}"),
        ({"haproxy": GOOD.replace("+LUA", "-LUA")}, WARNING, "HAProxy 2.8.1: {}; built without Lua, it cannot shadow"),
        ({"haproxy": GOOD.replace("2.8", "2.6")}, WRONG, f"no HAProxy {binary.WANTED}; not {{}}: it is 2.6.1"),
        ({}, WRONG, f"no HAProxy {binary.WANTED}"),
    ],
    ids=["new enough", "without Lua", "too old", "none"],
)
def test_a_router_is_new_enough_or_wrong(
    scripts: dict[str, str], state: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HAProxy is found with its place; one that cannot do what is needed counts as none."""
    (finding,) = machine.router(Project(only(tmp_path, monkeypatch, **scripts)))
    mend = {FINE: "", WARNING: machine.NO_LUA, WRONG: binary.how_to_get()}[state]
    assert finding == Finding("router", state, said.format(tmp_path / "haproxy"), mend)


def test_a_router_that_is_passed_over_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one on PATH is too old, so that of the packages is taken: both stand there."""
    only(tmp_path, monkeypatch, haproxy=GOOD.replace("2.8", "2.6"), carried=GOOD)
    monkeypatch.setattr(binary, "_carried", lambda: str(tmp_path / "carried"))
    (finding,) = machine.router(Project(tmp_path))
    said = f"HAProxy 2.8.1: {tmp_path}/carried; not {tmp_path}/haproxy: it is 2.6.1"
    assert finding == Finding("router", FINE, said)
