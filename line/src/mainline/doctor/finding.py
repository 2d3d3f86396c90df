"""What a check says: one line about one thing, and the command that mends it."""

from dataclasses import dataclass

from mainline.project import Project

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


@dataclass(frozen=True)
class Layout:
    """Where a project keeps its environment, and how its tasks are called."""

    make: str
    venv: str
    pins: str
    """What the environment is made of."""

    @property
    def setup(self) -> str:
        """The command that makes the environment anew, though nothing tells make that it has to."""
        return f"rm -f {self.venv}/.ready && {self.make} setup"


OWN = Layout("make", ".venv", "requirements/dev.txt")
GUEST = Layout("make --file=mainline.mk", ".mainline/venv", "requirements/mainline.txt")
"""What `mainline init` writes beside another project's own files."""


def layout(project: Project) -> Layout:
    """The layout of a project."""
    return GUEST if (project / "mainline.mk").exists() else OWN
