"""What the stage diagnose has found: said after a build, and refused where the model has its labels from elsewhere."""

import json
from typing import Any

from mainline import ui
from mainline.errors import Refused
from mainline.project import Project

PATH = "metrics/diagnosis.json"


def read(project: Project) -> dict[str, Any]:
    """The diagnosis of this tree's model; empty where no stage writes one, or it is not here."""
    try:
        found = json.loads((project / PATH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def warn(project: Project) -> None:
    """Say in a line each what is not fine; where a check has failed, that alone, as others have looked at a leak."""
    for check in _checks(project, "failed") or _checks(project, "warning"):
        ui.warn(f"{check['name']}: {check['said']}")


def require_sound(project: Project) -> None:
    """Refuse a model that a check has failed.

    Raises:
        Refused: which one, and its figures.
    """
    for check in _checks(project, "failed"):
        raise Refused(f"{PATH}: {check['name']}: {check['said']}; then run `mainline lock` and commit")


def _checks(project: Project, *states: str) -> list[dict[str, Any]]:
    found = read(project).get("checks")
    known = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [each for each in known if each.get("state") in states and {"name", "said"} <= each.keys()]
