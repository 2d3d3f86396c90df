"""Projects without a build, whose model reads what recorded.py records; and a window in which rows are sealed."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from line.tests.monitor.profiles import recorded
from mainline.project import Project

TODAY = recorded.MONDAY.date() + timedelta(days=30)
WINDOW: dict[str, Any] = {"salt": "mainline", "start": 0.15, "stop": 0.5, "group": None}
HEAD = recorded.head(sealed=WINDOW)
ABOUT = {
    "task": "binary",
    "target": "label",
    "classes": ["no", "yes"],
    "columns": [*recorded.COLUMNS, {"name": "serial", "kind": "ignored"}],
}


def day(days: int) -> date:
    """So many days after the first Monday."""
    return recorded.MONDAY.date() + timedelta(days=days)


def project(root: Path, **about: Any) -> Project:
    """A folder with a model's signature, and settings that say nothing."""
    (root / "models").mkdir(parents=True, exist_ok=True)
    (root / "models/signature.json").write_text(json.dumps(ABOUT | about))
    (root / "params.yaml").write_text("{}\n")
    return Project(root)


def rows(count: int, *, first: int = 0) -> list[dict[str, Any]]:
    """Rows of which each is another: two in fifty of one age are of one city."""
    return [recorded.ROW | {"age": float(at % 100), "note": f"car {at}"} for at in range(first, first + count)]
