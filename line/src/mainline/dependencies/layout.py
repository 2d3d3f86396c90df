"""Where a project keeps its environment and its lists of packages, and how its tasks are called."""

from dataclasses import dataclass

from mainline.project import Project

SERVICE, PIPELINE = "requirements/service", "requirements/pipeline"
"""What the service installs, and what makes the model: each an .in of names, and a .txt of pins."""


@dataclass(frozen=True)
class Layout:
    """Where a project keeps its environment, and how its tasks are called."""

    make: str
    venv: str
    pins: str
    """What the environment is made of."""
    ranges: str
    """What those pins are compiled from: which versions the project allows."""

    @property
    def setup(self) -> str:
        """The command that makes the environment anew, though nothing tells make that it has to."""
        return f"rm -f {self.venv}/.ready && {self.make} setup"


OWN = Layout("make", ".venv", "requirements/dev.txt", "pyproject.toml")
GUEST = Layout("make --file=mainline.mk", ".mainline/venv", "requirements/mainline.txt", "requirements/mainline.in")
"""What `mainline init` writes beside another project's own files."""


def layout(project: Project) -> Layout:
    """The layout of a project."""
    return GUEST if (project / "mainline.mk").exists() else OWN
