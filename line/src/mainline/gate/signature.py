"""What the challenger's model is about: models/signature.json."""

import json
from typing import Any

from mainline.errors import Refused
from mainline.project import Project

FILE = "models/signature.json"
TASKS = ("binary", "multiclass", "regression")


def read(project: Project) -> dict[str, Any]:
    """The signature of a project's model.

    Raises:
        Refused: it is none.
    """
    try:
        said: dict[str, Any] = json.loads((project / FILE).read_text(encoding="utf-8"))
        fits = said["task"] in TASKS and isinstance(said["target"], str) and _are_labels(said.get("classes"))
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        raise Refused(f"{FILE}: not as the train stage writes it; run `mainline lock`")
    return said


def _are_labels(classes: Any) -> bool:
    """Whether classes are none at all, or each another one of one kind."""
    if classes is None:
        return True
    kinds = {isinstance(label, str) for label in classes}
    plain = isinstance(classes, list) and all(isinstance(label, str | int | float) for label in classes)
    return plain and len(kinds) == 1 and len(set(classes)) == len(classes)


def task(project: Project) -> str:
    """The task of a project's model."""
    return str(read(project)["task"])
