"""What a check says: one line about one thing, and the command that mends it."""

from dataclasses import dataclass

FINE, WARNING, WRONG, NOT_ASKED = "fine", "warning", "wrong", "not asked"


@dataclass(frozen=True)
class Finding:
    """What was found about one thing."""

    check: str
    state: str
    """FINE; WARNING: the line works without; WRONG: it does not; NOT_ASKED: the project has no such thing."""
    said: str
    mend: str = ""
    """The command that mends it, or that would set up what is not there."""
