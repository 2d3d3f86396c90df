"""Beside the model, explore: what the train and dev rows hold, and what looks odd in it -> data/profile.json."""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict
from typing import Any

import pandas as pd

from pipeline.params import Params
from pipeline.sections import CellRule, Kind
from pipeline.table import cells, columns, hints, leaks, profile, relations, stream, tables, task
from pipeline.table.hints import Hint
from pipeline.table.profile import Target
from pipeline.table.tables import ROW_ID

OUTPUT = "data/profile.json"
SAID = 8  # hints that are printed
ORDER = ("leak", "private", "nothing", "code", "zero", "far", "case", "date")


def run(params: Params) -> None:
    """Describe data/train.parquet and data/dev.parquet; sealed rows are never read."""
    train, dev = (tables.read(f"data/{side}.parquet") for side in ("train", "dev"))
    made = describe(train, dev[~stream.judging(dev[ROW_ID])], params)
    tables.write_text(json.dumps(made, ensure_ascii=False, allow_nan=False) + "\n", OUTPUT)
    for hint in made["hints"][:SAID]:
        print(f"explore: column {hint['column']!r}: {hint['what']}: {hint['yaml']}")
    more = f", {len(found)} of them above" if len(found := made["hints"]) > SAID else ""
    print(f"explore: {len(made['columns'])} columns; {len(found)} hints{more}; {OUTPUT}")


def describe(train: pd.DataFrame, dev: pd.DataFrame, params: Params) -> dict[str, Any]:
    """The profile of two sides: (rows, row_id + features + target) each, parsed."""
    target, sides = params.data.target, {"train": train, "dev": dev}
    rule = cells.rules_of(params.clean, params.data, [*map(str, train.columns.drop(ROW_ID))]).get(target)
    what = task.infer(train[target], params.data, rule)
    features = list(map(str, train.columns.drop([ROW_ID, target])))
    private = {*params.service.private, *params.data.private}
    kinds: dict[str, Kind] = {**columns.kinds_of(train[features], params.data.kinds)}
    kinds |= {name: "ignored" for name in (*private, params.split.group) if name in kinds}
    told: dict[str, Kind] = {name: kind for name, kind in kinds.items() if kind != "ignored"}
    told[target] = "numeric" if what == "regression" else "categorical"
    classes = None if what == "regression" else _classes(train[target], params, rule)
    targets = {side: Target.of(frame[target], classes) for side, frame in sides.items()}
    entries = {}
    for name in [*features, target]:
        values = {side: frame[name] for side, frame in sides.items()}
        entries[name] = profile.describe(values, told.get(name, "ignored"), targets if name in kinds else None)
        entries[name] |= {"private": True} if name in private else {}
    scores = dict(leaks.alone(train[[name for name in told if name in kinds] + [target]], target, what))
    for name, score in scores.items():
        entries[name]["alone"] = profile.said(score)
    return {
        "format": 1,
        "rows": {side: len(frame) for side, frame in sides.items()},
        "target": {"name": target, "task": what, "series": list(targets["train"].words)},
        "columns": entries,
        "associations": relations.associations(train, told, target),
        "duplicates": relations.duplicates(sides, features, target, ROW_ID),
        "drift": relations.drift({side: _independent(frame, params) for side, frame in sides.items()}, told),
        "hints": [asdict(each) for each in _hints(train, kinds, private, scores, params)],
    }


def _classes(target: pd.Series, params: Params, rule: CellRule | None) -> list[Any]:
    """The classes whose shares are told: of two the one that metrics look for, of more the commonest."""
    classes = sorted(target.unique().tolist())
    if len(classes) == 2:
        return [task.positive_class(classes, params.data.positive, rule)]
    counts = target.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return sorted(counts.index[: profile.CLASSES].tolist())


def _independent(frame: pd.DataFrame, params: Params) -> pd.DataFrame:
    """One row of each that came to its side by itself: rows of a group, or of one content, come together."""
    if params.split.group is not None:
        return frame.drop_duplicates(params.split.group)
    return frame if params.data.id is not None else frame[~frame[ROW_ID].str.contains("#", regex=False)]


def _hints(
    train: pd.DataFrame, kinds: dict[str, Kind], private: Collection[str], scores: dict[str, float], params: Params
) -> list[Hint]:
    """All hints, the gravest first; none of what params.yaml keeps private or knows of."""

    def found() -> Iterator[Hint]:
        for name, score in scores.items():
            if name not in params.validate_.known_leaks and (hint := hints.near_leak(name, score, params.data.target)):
                yield hint
        for name in train.columns.drop(ROW_ID):
            if name not in private:
                kind = kinds.get(name, "categorical")
                yield from hints.look(train[name], kind, stated=name in params.data.kinds)

    return sorted(found(), key=lambda hint: ORDER.index(hint.kind))
