"""The checks, in the order in which they are shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mainline.doctor import environment, hub, locks, machine, remote, repository, requirements, tracking
from mainline.doctor.finding import Finding


@dataclass(frozen=True)
class Check:
    """A room to look into."""

    name: str
    look: Callable[[Path], Iterator[Finding]]
    within: float = 10.0
    """Seconds it may take: those that wait on a network give up then."""
    mend: str = ""
    """What to do where it comes to no end."""


CHECKS = (
    Check("environment", environment.look),
    Check("git", repository.look),
    Check("git origin", repository.origin, mend="git remote set-url origin URL"),
    Check("requirements", requirements.look),
    Check("locks", locks.look, within=120.0, mend="mainline lock"),  # it reads all data
    Check(remote.NAME, remote.look, within=20.0, mend=remote.MEND),
    Check(tracking.NAME, tracking.look, within=20.0, mend=tracking.MEND),
    Check("container engine", machine.containers),
    Check("router", machine.router),
    Check("GitHub", hub.look, mend="gh auth status"),
)
