"""What the challenger's model is about: models/signature.json."""

import json
from pathlib import Path
from typing import Any


def read(root: Path) -> dict[str, Any]:
    """The signature of a project's model."""
    return dict(json.loads((root / "models/signature.json").read_text(encoding="utf-8")))


def task(root: Path) -> str:
    """The task of a project's model."""
    return str(read(root)["task"])
