"""`mainline monitor accept`: what production has become is from now on what later days are compared with."""

import datetime

from mainline import ledger
from mainline.errors import ConfigError
from mainline.monitor import reign as reigns
from mainline.project import Project

LONGEST = 500  # letters of a reason


def accept(project: Project, why: str) -> str:
    """Write into the ledger that the version in production is fine as it is, and why; a commit of its branch.

    Returns:
        The version.

    Raises:
        ConfigError: there is no reason, or nothing in production.
        ToolFailed: the ledger cannot be written.
    """
    said = " ".join(why.split())
    if not said or len(said) > LONGEST:
        raise ConfigError(f"--why: say in 1 to {LONGEST} letters why it is fine; the ledger keeps it")
    while True:
        past = ledger.read(project.root)
        found = reigns.reigns(past.entries)
        if not found or found[-1].until is not None:
            raise ConfigError("nothing is in production, by the ledger; there is nothing to accept")
        version = found[-1].version
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        if ledger.append(project.root, past, {"kind": "accepted", "time": now, "version": version, "why": said}):
            return version
