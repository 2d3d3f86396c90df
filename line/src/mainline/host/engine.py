"""The container engine of this machine, asked for one short thing at a time; its client stays with no container."""

import shutil
import subprocess

from mainline import process
from mainline.errors import ToolFailed

ENGINES = ("docker", "podman")
ANSWERS_WITHIN, STARTS_WITHIN = 5.0, 60.0  # seconds


def find() -> str:
    """The engine whose client is here.

    Raises:
        ToolFailed: there is none.
    """
    for each in ENGINES:
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
