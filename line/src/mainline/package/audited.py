"""What the last `mainline package --audit` found, for whoever asks later: `.mainline/audit.json`."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mainline.package import requirements
from mainline.project import Project
from mainline.tools import commits

FILE = Path(".mainline/audit.json")


@dataclass(frozen=True)
class Audited:
    """An audit of the packages that the image gets."""

    day: date
    pins: str
    """The SHA-256 of requirements/service.txt then."""
    packages: int
    counted: int
    """Known vulnerabilities that nobody had accepted."""


def keep(project: Project, said: Audited) -> None:
    """Write it down."""
    (project / FILE).parent.mkdir(exist_ok=True)
    about = {"day": str(said.day), "pins": said.pins, "packages": said.packages, "counted": said.counted}
    commits.write(project / FILE, json.dumps(about, indent=1).encode())


def read(project: Project) -> Audited | None:
    """The last one; None where there is none, or none that can be read."""
    try:
        said = json.loads((project / FILE).read_bytes())
        return Audited(date.fromisoformat(said.pop("day")), **said)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def pins(project: Project) -> str:
    """The SHA-256 of the tree's requirements/service.txt; empty where there is none."""
    path = project / requirements.FILE
    return digest(path.read_text(encoding="utf-8")) if path.is_file() else ""


def digest(text: str) -> str:
    """Of a requirements file, whatever its last line ends in."""
    return hashlib.sha256(text.rstrip().encode()).hexdigest()
