"""Records as the service writes them, made without it, for tests of how they are counted."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Line = dict[str, Any]
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DECILES = [float(n) for n in range(10, 100, 10)]
COLUMNS: list[dict[str, Any]] = [
    {"name": "age", "kind": "numeric", "minimum": 0.0, "maximum": 100.0, "deciles": DECILES},
    {"name": "city", "kind": "categorical", "categories": ["Bonn", "Kiel", "Ulm"]},
    {"name": "since", "kind": "date", "minimum": "2020-01-01T00:00:00", "maximum": "2026-01-01T00:00:00"},
    {"name": "note", "kind": "text", "deciles": [4.0, 9.0]},
]
ROW: dict[str, Any] = {"age": 31.0, "city": "Ulm", "since": "2026-02-28T09:30:00.000000", "note": "red car"}


def at(days: float = 0.0) -> datetime:
    """A time, so many days after the first Monday."""
    return MONDAY + timedelta(days=days)


def clock(days: float = 60.0) -> float:
    """The seconds of whoever counts, so many days after the first Monday."""
    return at(days).timestamp()


def head(version: str = "v1", columns: list[dict[str, Any]] | None = None, **more: Any) -> Line:
    """The first line of a file; of a binary model, unless `deciles` are given."""
    answers = {} if "deciles" in more else {"classes": ["no", "yes"]}
    task = "regression" if "deciles" in more else "binary"
    columns = COLUMNS if columns is None else columns
    return {"kind": "columns", "model_version": version, "task": task, **answers, **more, "columns": columns}


def predicted(
    request: str,
    rows: Iterable[Mapping[str, Any]] = (ROW,),
    answers: Iterable[Any] = ("yes",),
    days: float = 0.0,
    **more: Any,
) -> Line:
    """A request's predictions; its probabilities give each answer .9, a number has none."""
    rows, answers = list(rows), list(answers)
    inputs = {name: [row.get(name) for row in rows] for name in {name: 0 for row in rows for name in row}}
    line = {
        "kind": "predictions", "time": at(days).isoformat(timespec="microseconds"), "model_version": "v1",
        "request_id": request, "row": 0, "rows": len(rows), "inputs": inputs, "predictions": answers,
    }  # fmt: skip
    if all(isinstance(each, str) for each in answers):
        line["probabilities"] = {name: [0.9 if each == name else 0.1 for each in answers] for name in ("no", "yes")}
    return line | more


def labelled(request: str, label: Any = "yes", days: float = 1.0, row: int = 0, **more: Any) -> Line:
    """A label that came."""
    line = {"kind": "feedback", "time": at(days).isoformat(timespec="microseconds"), "model_version": "v1"}
    return line | {"request_id": request, "row": row, "label": label, "outcome": "right"} | more


def text(*lines: Line) -> bytes:
    """Lines as they stand in a file."""
    return b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)


def write(folder: Path, name: str, *lines: Line, first: Line | None = None) -> Path:
    """A file of records with its first line."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"records-{name}.jsonl"
    path.write_bytes(text(first or head(), *lines))
    return path
