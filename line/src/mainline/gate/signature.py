"""What the challenger's model is about: models/signature.json."""

import json
from typing import Any

from mainline.project import Project

FILE = "models/signature.json"


def read(project: Project) -> dict[str, Any]:
    """The signature of a project's model."""
    return dict(json.loads((project / FILE).read_text(encoding="utf-8")))


def task(project: Project) -> str:
    """The task of a project's model."""
    return str(read(project)["task"])
