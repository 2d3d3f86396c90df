"""What search chose the model, as `mainline search --take` has written it down: models/search.json."""

import json
from collections.abc import Mapping
from typing import Any

from mainline.project import Project

PATH = "models/search.json"
ROWS = "data/train.parquet"
USUAL: Mapping[str, Any] = {"estimator": None, "params": {}, "scale": True, "categories": "onehot", "columns": {}}
"""The keys of `train` that a search chooses, and what holds where one is left out."""


def read(project: Project) -> dict[str, Any]:
    """The last search that was taken; empty where there is none, or the file cannot be read."""
    try:
        found = json.loads((project / PATH).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def chose(found: Mapping[str, Any], project: Project) -> bool:
    """Whether params.yaml's `train` is what a search has taken; the seed is free, as none is better than another."""
    taken, now = found.get("train"), project.params.get("train")
    return isinstance(taken, dict) and isinstance(now, dict) and bool(taken) and _whole(taken) == _whole(now)


def _whole(train: Mapping[str, Any]) -> Any:
    """With what is left out, in JSON's words: its keys are text."""
    return json.loads(json.dumps({key: train.get(key, usual) for key, usual in USUAL.items()}, default=str))


def told(found: Mapping[str, Any], rows: str | None) -> list[str]:
    """What there is to say of it.

    Args:
        rows: the hash of the training rows, as dvc.lock has it now.
    """
    budget, tried = found.get("budget"), found.get("models")
    budget = budget if isinstance(budget, dict) else {}  # a file that people may edit
    bounds = [f"{value:g} {name}" for name, value in budget.items() if isinstance(value, int | float)]
    models = ", ".join(str(each).rpartition(".")[2] for each in tried) if isinstance(tried, list) else ""
    lines = [
        f"On {found.get('date')}, {found.get('trials')} trials in {found.get('minutes')} minutes"
        + (f" (budget: {' and '.join(bounds)})" if bounds else "")
        + f", by {found.get('metric')} over {found.get('folds')} folds of the training rows: {found.get('score')},"
        f" standard error {found.get('se')}.",
        f"Tried: {models}." if models else "",
        "" if found.get("train_rows") == rows else "The training rows are others since: search again.",
    ]
    return [line for line in lines if line]
