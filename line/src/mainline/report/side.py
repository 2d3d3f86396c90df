"""One side of a comparison, read once from a project's folder; nothing sealed is ever opened here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline import diagnosis, retraining, searched
from mainline.errors import MainlineError
from mainline.project import Project

TASKS = ("binary", "multiclass", "regression")
_NEXT = "build it with `mainline lock`"


@dataclass(frozen=True)
class Column:
    """What the training rows say about one feature."""

    name: str
    kind: str  # numeric | categorical | text | date | ignored
    minimum: float | str | None = None
    maximum: float | str | None = None
    missing: float | None = None
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class Signature:
    """models/signature.json: what goes into the model and what comes out."""

    task: str
    target: str
    classes: tuple[Any, ...]
    positive: Any
    estimator: str
    rows: int
    columns: tuple[Column, ...]

    def of_kind(self, *kinds: str) -> tuple[str, ...]:
        """The names of the columns of these kinds, in the model's order."""
        return tuple(column.name for column in self.columns if column.kind in kinds)


@dataclass(frozen=True)
class Side:
    """Champion or challenger. `fit_seconds` in seconds; `latency_ms` is the p99 of one row, None if not measured."""

    name: str
    commit: str
    params: Mapping[str, Any]
    signature: Signature
    metrics: Mapping[str, float]
    dev: pd.DataFrame
    """Without the rows that judge the newest retraining, as in metrics/dev.json."""
    train: pd.DataFrame | None
    predictions: pd.DataFrame
    model_bytes: int
    fit_seconds: float | None = None
    latency_ms: float | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)
    """data/profile.json; empty where no stage writes one."""
    diagnosis: Mapping[str, Any] = field(default_factory=dict)
    """metrics/diagnosis.json; empty likewise, and where nothing was looked at."""
    labels: Mapping[str, Any] = field(default_factory=dict)
    """metrics/labels.json; empty likewise."""
    searched: bool = False
    """Whether its `train` is what a search has taken."""
    unseen: pd.DataFrame | None = None
    """data/oof.parquet: the answers for training rows out of fold; None where there are none."""


@dataclass(frozen=True)
class _Folder:
    project: Project
    side: str

    def file(self, relative: str) -> Path:
        path = self.project / relative
        if not path.is_file():
            raise MainlineError(f"{relative} of the {self.side} is not there: {_NEXT}.")
        return path

    def unreadable(self, relative: str, why: str) -> MainlineError:
        line = " ".join(why.split())
        return MainlineError(f"{relative} of the {self.side} cannot be read ({line}): {_NEXT}.")

    def table(self, relative: str, *needed: str) -> pd.DataFrame:
        path = self.file(relative)
        try:
            table = pd.read_parquet(path)
        except (OSError, ValueError) as error:
            raise self.unreadable(relative, str(error)) from error
        for name in needed:
            if name not in table.columns:
                raise self.unreadable(relative, f"it has no column {name}")
        if table["row_id"].duplicated().any():
            raise self.unreadable(relative, "a row_id occurs twice")
        return table

    def mapping(self, relative: str) -> Mapping[str, Any]:
        text = self.file(relative).read_text(encoding="utf-8")
        try:
            value = json.loads(text) if relative.endswith(".json") else YAML(typ="safe", pure=True).load(text)
        except (ValueError, YAMLError) as error:
            raise self.unreadable(relative, str(error)) from error
        if not isinstance(value, Mapping):
            raise self.unreadable(relative, "it is not a mapping")
        return value

    def optional(self, relative: str) -> Mapping[str, Any]:
        return self.mapping(relative) if (self.project / relative).is_file() else {}


def _column(fact: Mapping[str, Any]) -> Column:
    known = {name: fact.get(name) for name in ("minimum", "maximum", "missing")}
    return Column(fact["name"], fact["kind"], **known, categories=tuple(map(str, fact.get("categories") or ())))


def _signature(folder: _Folder) -> Signature:
    relative = "models/signature.json"
    fact = folder.mapping(relative)
    if fact.get("format") != 1 or fact.get("task") not in TASKS:
        raise folder.unreadable(relative, f"format {fact.get('format')}, task {fact.get('task')}")
    try:
        return Signature(
            task=fact["task"],
            target=fact["target"],
            classes=tuple(fact.get("classes") or ()),
            positive=fact.get("positive"),
            estimator=fact["estimator"],
            rows=int(fact["rows"]),
            columns=tuple(map(_column, fact["columns"])),
        )
    except KeyError as error:
        raise folder.unreadable(relative, f"no {error}") from error


def _told(dev: pd.DataFrame) -> pd.DataFrame:
    """The dev rows that figures may tell of."""
    judging = np.array(retraining.judging(dev["row_id"].astype(str)), dtype=bool)
    return dev[~judging].reset_index(drop=True)


def _unseen(folder: _Folder) -> pd.DataFrame | None:
    """The out-of-fold answers; of a project of before, or one that looks at no rows, there are none."""
    path = "data/oof.parquet"
    table = folder.table(path, "row_id") if (folder.project / path).is_file() else None
    return table if table is not None and "suspicion" in table and len(table) else None


def read_side(
    project: Project,
    name: str,
    commit: str,
    *,
    fit_seconds: float | None = None,
    latency_ms: float | None = None,
) -> Side:
    """Read one side from its project.

    Raises MainlineError, naming the file and `mainline lock`, when a file is missing or not what it should be.
    Only data/train.parquet, profile, diagnosis, out-of-fold answers and figures of labels may be missing: then None
    or empty.
    """
    folder = _Folder(project, name)
    signature = _signature(folder)
    has_train = (project / "data/train.parquet").is_file()
    return Side(
        name=name,
        commit=commit,
        params=folder.mapping("params.yaml"),
        signature=signature,
        metrics=folder.mapping("metrics/dev.json"),
        dev=_told(folder.table("data/dev.parquet", "row_id", signature.target)),
        train=folder.table("data/train.parquet", "row_id", signature.target) if has_train else None,
        predictions=folder.table("predictions/dev.parquet", "row_id", "prediction"),
        model_bytes=folder.file("models/model.skops").stat().st_size,
        fit_seconds=fit_seconds,
        latency_ms=latency_ms,
        profile=folder.optional("data/profile.json"),
        diagnosis=folder.optional(diagnosis.PATH),
        labels=folder.optional("metrics/labels.json"),
        searched=searched.chose(searched.read(project), project),
        unseen=_unseen(folder),
    )
