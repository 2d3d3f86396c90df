"""Which container engine and which router are on this machine?"""

import shutil
from collections.abc import Iterator

from mainline.dependencies.layout import layout
from mainline.doctor.finding import FINE, WARNING, WRONG, Finding
from mainline.errors import ToolFailed
from mainline.host import binary
from mainline.project import Project
from mainline.tools import container, process

START = {"docker": "systemctl start docker", "podman": "podman system migrate"}
NO_LUA = "an HAProxy with Lua, for the strategy shadow alone"
NO_ENGINE = "neither docker nor podman is here: `mainline package --image` and hosts that run images need one"


def containers(project: Project) -> Iterator[Finding]:
    """The container engine: the first that answers."""
    clients = [each for each in container.PROBES if shutil.which(each, path=process.environment()["PATH"])]
    if not clients:
        yield Finding("container engine", WARNING, NO_ENGINE, "apt-get install docker.io")
        return
    try:
        yield Finding("container engine", FINE, f"{container.find().program} answers")
    except ToolFailed:
        said = f"{' and '.join(clients)}: no answer; the client is here, its engine does not run"
        yield Finding("container engine", WARNING, said, START[clients[0]])


def router(project: Project) -> Iterator[Finding]:
    """HAProxy: the one on PATH, or the one that comes with the packages; and why one that is here is not taken."""
    passed = "".join(f"; not {each.path}: it {each.flaw}" for each in binary.candidates() if each.flaw)
    try:
        found = binary.taken()
    except ToolFailed:
        yield Finding("router", WRONG, f"no HAProxy {binary.WANTED}{passed}", binary.how_to_get(layout(project).make))
        return
    said = f"HAProxy {found.version}: {found.path}{passed}"
    if found.shadows:
        yield Finding("router", FINE, said)
    else:
        yield Finding("router", WARNING, f"{said}; built without Lua, it cannot shadow", NO_LUA)
