"""The one door to the container engine: Docker, or podman, which understands the same commands.

A build asks an engine that answers (`find`); a host asks whichever client is here (`client`), for one short thing
at a time, and stays with no container.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.tools import process

NONE = (
    "no container engine answers; install and start Docker or podman (Debian, Ubuntu: apt-get install docker.io), "
    "or point DOCKER_HOST at one"
)
# what each says only where it works
PROBES = {"docker": ("version", "--format", "{{.Server.Version}}"), "podman": ("info", "--format", "{{.Host.Arch}}")}


ANSWERS_WITHIN, STARTS_WITHIN = 5.0, 60.0  # seconds


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


def client() -> str:
    """The engine whose client is here.

    Raises:
        ToolFailed: there is none.
    """
    for each in PROBES:
        if shutil.which(each):
            return each
    raise ToolFailed("to run an image there must be docker or podman on PATH")


def ask(engine: str, *arguments: str, within: float = ANSWERS_WITHIN) -> str:
    """Run one command of an engine, and answer all that it prints.

    Raises:
        ToolFailed: it would not, or did not answer in time.
    """
    try:
        done = subprocess.run(
            [engine, *arguments],
            env=process.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=within,
            check=False,
        )
    except OSError as error:
        raise ToolFailed(f"{engine} cannot be started ({error.strerror}); put it on PATH") from None
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"{engine} {arguments[0]}: no answer within {within:g} s; is the engine well?") from None
    printed = done.stdout.decode(errors="replace")
    if done.returncode:
        raise ToolFailed(f"{engine} {arguments[0]}: {process.reason(printed)}")
    return printed


def runs(engine: str, name: str) -> bool:
    """Whether a container runs; raises ToolFailed where the engine does not say."""
    return name in ask(engine, "ps", "--filter", f"name={name}", "--format", "{{.Names}}").split()


def terminate(engine: str, name: str) -> None:
    """Ask a container to end, once it has answered what it was asked; raises ToolFailed if that cannot be done."""
    ask(engine, "kill", "--signal", "TERM", name)


def remove(engine: str, *filters: str, but: frozenset[str] = frozenset()) -> int:
    """End containers at once, and clear them away.

    Args:
        filters: which, as `ps --filter` takes them; those that meet all.
        but: names of those that stay.

    Returns:
        How many there were.

    Raises:
        ToolFailed: the engine does not do it.
    """
    chosen = [part for each in filters for part in ("--filter", each)]
    found = ask(engine, "ps", "--all", *chosen, "--format", "{{.Names}}").split()
    gone = [name for name in found if name not in but]
    if gone:
        ask(engine, "rm", "--force", *gone, within=STARTS_WITHIN)
    return len(gone)
