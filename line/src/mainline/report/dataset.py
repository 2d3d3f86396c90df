"""What is known of the table that a project is built from: names, kinds and counts, never a cell."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import types

from mainline import config
from mainline.project import Project

RAW, QUARANTINE, SIGNATURE, LABELS = (
    *("data/raw.parquet", "data/quarantine.parquet"),
    *("models/signature.json", "metrics/labels.json"),
)
COUNTED = {
    "fit": "data/valid.parquet",
    "in quarantine": QUARANTINE,
    "with a label": "data/labelled.parquet",
    "waiting for a label": "data/unlabelled.parquet",
    "to train on": "data/train.parquet",
    "dev": "data/dev.parquet",
    "sealed": "data/sealed/labels.parquet",
}
ROW_ID, REASON = "row_id", "quarantine_reason"
NOT_KEPT = {"drop": "dropped", "hash": "hashed, and names the rows"}
BROUGHT = r"^(stream:|asked:|sealed:)"


@dataclass(frozen=True)
class Field:
    """A column."""

    name: str
    type: str
    """What its cells are: text, a number, a whole number, a truth value, a date."""
    kind: str
    """What it is to the model: a kind of feature, the target, or nothing."""
    private: str = ""
    """How it is kept from everybody: hashed or dropped."""


@dataclass(frozen=True)
class Dataset:
    """All that the cards say."""

    words: config.Dataset
    source: str
    content: str
    """MD5 of data/raw.parquet, as dvc.lock pins it."""
    names: str
    """What names a row."""
    target: str
    rows: Mapping[str, int]
    reasons: Mapping[str, int]
    """Why rows are in quarantine, the commonest first."""
    fields: tuple[Field, ...]
    labels: Mapping[str, Any]
    """metrics/labels.json."""
    left: Mapping[str, str]
    """What else leaves rows out: whose, and how old."""


def read(project: Project) -> Dataset:
    """What the tree's files say; what of them is not there is left out."""
    data = project.params.get("data") or {}
    private = {str(name): str(way) for name, way in (data.get("private") or {}).items()}
    return Dataset(
        words=project.dataset,
        source=_without_password(str(data.get("source", ""))),
        content=project.lock.outputs.get(RAW, ""),
        names=_names(data.get("id"), private),
        target=str(data.get("target", "")),
        rows=_rows(project),
        reasons=_reasons(project / QUARANTINE),
        fields=tuple(_fields(project, private)),
        labels=_json(project / LABELS),
        left=_left(data),
    )


def _without_password(source: str) -> str:
    """An address fit to be read by anybody."""
    source = re.sub(r"://([^:/@\s]*):\S*@", r"://\1:***@", source)
    return re.sub(r"(?i)\b(\w*(?:password|pwd|token|secret|sig|signature|key)=)[^&;\s]+", r"\1***", source)


def _names(column: Any, private: Mapping[str, str]) -> str:
    if column is None:
        return "a hash of its content"
    return f"{column}, hashed" if str(column) in private else str(column)


def _rows(project: Project) -> dict[str, int]:
    counts = {}
    if (project / RAW).is_file():
        brought = pc.sum(pc.match_substring_regex(_text(project / RAW, ROW_ID), BROUGHT)).as_py() or 0
        counts["from the source"] = pq.read_metadata(project / RAW).num_rows - brought
        counts |= {"from production": brought} if brought else {}
    present = {name: project / path for name, path in COUNTED.items() if (project / path).is_file()}
    return counts | {name: pq.read_metadata(path).num_rows for name, path in present.items()}


def _reasons(path: Path) -> dict[str, int]:
    if not path.is_file():
        return {}
    said = Counter(reason for row in _text(path, REASON).to_pylist() for reason in str(row).split("; "))
    return dict(sorted(said.items(), key=lambda each: (-each[1], each[0])))


def _text(path: Path, column: str) -> Any:
    return pq.read_table(path, columns=[column])[column].cast("string")


def _fields(project: Project, private: Mapping[str, str]) -> list[Field]:
    gone = [Field(name, "", "", NOT_KEPT.get(way, way)) for name, way in private.items()]
    if not (project / RAW).is_file():
        return gone
    about = _json(project / SIGNATURE)
    kinds = {each["name"]: each["kind"] for each in about.get("columns", ())} | {about.get("target"): "target"}
    schema = pq.read_schema(project / RAW)
    kept = [
        Field(each.name, _type(each.type), kinds.get(each.name, "ignored"), "hashed" if each.name in private else "")
        for each in schema
        if each.name != ROW_ID
    ]
    return [*kept, *(each for each in gone if each.name not in schema.names)]


def _type(kind: Any) -> str:
    named = {
        "whole number": types.is_integer,
        "number": types.is_floating,
        "truth value": types.is_boolean,
        "date": types.is_temporal,
    }
    return next((name for name, fits in named.items() if fits(kind)), "text")


def _json(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _left(data: Mapping[str, Any]) -> dict[str, str]:
    left = {"forgotten": f"whoever is on {data['forget']}"} if data.get("forget") else {}
    keep = data.get("keep_for")
    if isinstance(keep, dict):
        left["kept for"] = f"{keep.get('days')} days by {keep.get('column')}, as of {keep.get('as_of')}"
    return left
