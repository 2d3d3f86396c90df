"""The one door to the container engine: Docker, or podman, which understands the same commands."""

import os
from dataclasses import dataclass
from pathlib import Path

from mainline import process
from mainline.errors import ToolFailed

NONE = (
    "no container engine answers; install and start Docker or podman (Debian, Ubuntu: apt-get install docker.io), "
    "or point DOCKER_HOST at one"
)
# what each says only where it works
PROBES = {"docker": ("version", "--format", "{{.Server.Version}}"), "podman": ("info", "--format", "{{.Host.Arch}}")}


@dataclass(frozen=True)
class Engine:
    """An engine that answers."""

    program: str
    options: tuple[str, ...] = ()
    """What its `build` must be told so that the image is there afterwards, with its health check."""
    environment: tuple[tuple[str, str], ...] = ()

    def run(self, *arguments: str, check: bool = True) -> str:
        """Run one of its commands and answer what it prints.

        Raises:
            ToolFailed: it ended with an error, and `check` is on.
        """
        return process.capture([self.program, *arguments], cwd=Path.cwd(), env=dict(self.environment), check=check)

    def told(self, *arguments: str) -> tuple[int, list[str]]:
        """Run one of its commands.

        Returns:
            Its exit code, and all its lines, those of errors among them.
        """
        command = [self.program, *arguments]
        return process.stream(command, cwd=Path.cwd(), env=dict(self.environment), shown=lambda _: False)


def find() -> Engine:
    """The engine of this machine.

    Raises:
        ToolFailed: there is none, or none that answers.
    """
    for program, probe in PROBES.items():
        if _works(program, *probe):
            return _podman() if program == "podman" else _docker()
    raise ToolFailed(NONE)


def _docker() -> Engine:
    if _works("docker", "buildx", "version"):
        return Engine("docker", ("--load",))
    # a client without buildx refuses, unless it is told to leave the work to the engine's own builder
    setting = os.environ.get("DOCKER_BUILDKIT", "0")
    return Engine("docker", (), (("DOCKER_BUILDKIT", setting),))


def _podman() -> Engine:
    return Engine("podman", ("--format", "docker"))


def _works(*command: str) -> bool:
    try:
        process.capture(command, cwd=Path.cwd())
    except ToolFailed:
        return False
    return True
