"""The checks, in the order in which they are shown; each is loaded only where it runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from mainline.doctor.finding import Finding
from mainline.project import Project

ANOTHER_REMOTE = "dvc remote modify NAME url URL  (what opens it: dvc remote modify --local NAME KEY VALUE)"
ANOTHER_SERVER = "export MLFLOW_TRACKING_URI=http://HOST:5000"
ANOTHER_ORIGIN = "git remote set-url origin URL"


@dataclass(frozen=True)
class Check:
    """One thing to look for."""

    name: str
    place: str
    """The module and the function in it."""
    within: float = 10.0
    """Seconds it may take, once it is loaded."""
    mend: str = ""
    """What to do where it comes to no end."""

    def load(self) -> Callable[[Project], Iterator[Finding]]:
        """The function that looks at a project."""
        module, _, function = self.place.partition(":")
        found: Callable[[Project], Iterator[Finding]] = getattr(import_module(f"mainline.doctor.{module}"), function)
        return found


CHECKS = (
    Check("environment", "environment:look"),
    Check("git", "repository:look"),
    Check("git origin", "repository:origin", mend=ANOTHER_ORIGIN),
    Check("requirements", "requirements:look"),
    Check("the model's packages", "loadable:look"),
    Check("locks", "locks:look", within=120.0, mend="mainline lock"),  # it reads all data
    Check("DVC remote", "remote:look", within=20.0, mend=ANOTHER_REMOTE),  # the libraries of both
    Check("backup", "backup:look", within=60.0, mend=ANOTHER_REMOTE),  # it asks for each file
    Check("MLflow", "tracking:look", within=20.0, mend=ANOTHER_SERVER),  # are part of it
    Check("container engine", "machine:containers"),
    Check("router", "machine:router"),
    Check("cluster", "cluster:look"),
    Check("GitHub", "hub:look", mend="gh auth status"),
)
