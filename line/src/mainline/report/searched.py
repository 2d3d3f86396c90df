"""What search chose the model, as `mainline search --take` has written it down: models/search.json."""

import json
from collections.abc import Mapping
from typing import Any

from mainline.project import Project

PATH = "models/search.json"
ROWS = "data/train.parquet"


def read(project: Project) -> Mapping[str, Any]:
    """The search whose choice params.yaml still holds; empty where there is none."""
    try:
        found = json.loads((project / PATH).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    chosen = found.get("train") if isinstance(found, dict) else None
    train = project.params.get("train")
    if not isinstance(chosen, dict) or not isinstance(train, dict):
        return {}
    return found if _plain(chosen) == _plain({name: train[name] for name in train if name in chosen}) else {}


def told(found: Mapping[str, Any], rows: str | None) -> list[str]:
    """What there is to say of it.

    Args:
        rows: the hash of the training rows, as dvc.lock has it now.
    """
    budget = found.get("budget") or {}
    bounds = [f"{value:g} {name}" for name, value in budget.items() if isinstance(value, int | float)]
    models = ", ".join(str(each).rpartition(".")[2] for each in found.get("models") or ())
    lines = [
        f"On {found.get('date')}, {found.get('trials')} trials in {found.get('minutes')} minutes"
        + (f" (budget: {' and '.join(bounds)})" if bounds else "")
        + f", by {found.get('metric')} over {found.get('folds')} folds of the training rows: {found.get('score')},"
        f" standard error {found.get('se')}.",
        f"Tried: {models}." if models else "",
        "" if found.get("train_rows") == rows else "The training rows are others since: search again.",
    ]
    return [line for line in lines if line]


def _plain(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)
