"""Which container engine and which router are on this machine?"""

import shutil
from collections.abc import Iterator
from pathlib import Path

from mainline import process
from mainline.doctor.finding import FINE, WARNING, WRONG, Finding, layout
from mainline.errors import ToolFailed
from mainline.host import haproxy
from mainline.package import engine

START = {"docker": "systemctl start docker", "podman": "podman system migrate"}
NO_ENGINE = "neither docker nor podman is here: `mainline package --image` and hosts that run images need one"


def containers(root: Path) -> Iterator[Finding]:
    """The container engine: the first that answers."""
    clients = [each for each in engine.PROBES if shutil.which(each, path=process.environment()["PATH"])]
    if not clients:
        yield Finding("container engine", WARNING, NO_ENGINE, "apt-get install docker.io")
        return
    try:
        yield Finding("container engine", FINE, f"{engine.find().program} answers")
    except ToolFailed:
        said = f"{' and '.join(clients)}: no answer; the client is here, its engine does not run"
        yield Finding("container engine", WARNING, said, START[clients[0]])


def router(root: Path) -> Iterator[Finding]:
    """HAProxy: the one on PATH, or the one that comes with the packages."""
    try:
        newer = ".".join(map(str, haproxy.OLDEST))
        yield Finding("router", FINE, f"HAProxy {newer} or newer, with Lua: {haproxy.program()}")
    except ToolFailed as error:
        yield Finding("router", WRONG, str(error).removeprefix("router: "), f"{layout(root).make} setup")
