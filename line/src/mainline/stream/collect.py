"""From records to candidates: rows whose label has come, each content once, with why the others are left out."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from mainline import ui
from mainline.errors import ConfigError
from mainline.gate import signature
from mainline.ledger import Ledger
from mainline.monitor import outcomes, reign
from mainline.monitor.profiles import profile
from mainline.monitor.profiles.records import UNIX
from mainline.project import Project
from mainline.stream import forms, ids, places
from mainline.stream.fitting import KNOWN
from mainline.stream.forms import DAY, ROW_ID
from mainline.stream.joining import DAMAGED, SEVERAL, WITHOUT, Joined, Joining

YOUNG, CONTRADICTING = "too young", "labels that contradict each other"
ALONE = "a label without its prediction"
Taken = Mapping[str, tuple[Joined, str]]
"""Rows and labels, by key."""


class Lacking(ConfigError):
    """No row of the records can be taken, as a column is in none of them."""


@dataclass(frozen=True)
class Candidates:
    """Rows that may go into the stream, once the pipeline has found them fit."""

    table: pa.Table
    """(rows, row_id + features + target + _day), by day and key"""
    sealed: frozenset[str]
    """The keys of those on the sealed side."""
    out: Counter[str]
    """What was left out, by reason."""


def collect(
    project: Project, where: Sequence[str], today: date, *, wait: int, known: Collection[str] = ()
) -> Candidates:
    """The labelled rows of all records at some places.

    Args:
        project: with its model's signature.
        where: folders and addresses.
        today: no row of this day, or of the `wait` days before it: a label that comes late is not like an early one.
        known: keys of rows that were taken before.

    Raises:
        Lacking: no row was recorded with all that the model reads, or that the split goes by.
        ToolFailed: a place cannot be read.
    """
    about = signature.read(project)
    group = (project.params.get("split") or {}).get("group")
    if where and group and group not in forms.features(about):  # whatever records say that were made before it was set
        raise Lacking(without_group(str(group)))
    forms.require_free((*forms.features(about), about["target"]), DAY)
    joining = Joining(list(forms.features(about)), _microseconds(today + timedelta(days=1)))
    with places.opened(where) as files:
        with ui.doing(f"reading the labels (files: {len(files):,})"):
            for file in files:
                joining.labels_of(file)
        with ui.doing(f"finding their predictions (labels: {len(joining.labels):,})"):
            for file in files:
                joining.rows_of(file, known)
    _require_whole(joining, forms.features(about))
    taken, out = _taken(joining, today - timedelta(days=wait), known)
    sealed = frozenset(key for key, (found, _) in taken.items() if found.sealed)
    return Candidates(_table(about, taken), sealed, out)


def waited(project: Project, past: Ledger) -> int:
    """For how many days a label is waited for: as the monitor does that watches the version in production now.

    Raises:
        MonitorError: a profile is damaged.
    """
    setting, reigns = project.monitor.wait, reign.reigns(past.entries)
    if setting != "auto" or len(reigns) < 2:
        return outcomes.UNTIL_KNOWN if setting == "auto" else setting
    return outcomes.waited(profile.read(project.root), reigns[-2], setting)


def lacks(column: str) -> str:
    """What is said of records without a column that the model reads."""
    why = "service.private keeps it out, or the version that recorded had no such column"
    return f"{column}: not in the records, as {why}; such rows come by data.source alone"


def without_group(column: str) -> str:
    """The same of the column that split.group names."""
    why = "it says whose a row is, and is no input of the model, so records do not hold it"
    return f"{column}: split.group, not in the records: {why}; such rows come by data.source alone"


def _require_whole(joining: Joining, features: Collection[str]) -> None:
    whys = [found.why for found in joining.rows.values()]
    lacking = [why for why in whys if why.startswith(WITHOUT)]
    if lacking and all(whys):
        column = lacking[0].removeprefix(WITHOUT)
        raise Lacking(lacks(column) if column in features else without_group(column))


def _taken(joining: Joining, until: date, known: Collection[str]) -> tuple[Taken, Counter[str]]:
    """The rows before a day, and why the others are left out."""
    out = Counter({DAMAGED: joining.damaged, ALONE: len(joining.labels.keys() - joining.rows.keys())})
    taken: dict[str, tuple[Joined, str]] = {}
    for row, found in sorted(joining.rows.items(), key=lambda each: (each[1], each[0])):
        label, again = joining.labels[row], found.key in known or found.key in taken
        young, several = found.moment >= _microseconds(until), label == SEVERAL
        if why := found.why or (again and KNOWN) or (several and CONTRADICTING) or (young and YOUNG):
            out[why] += 1
        else:
            taken[found.key] = found, label
    return taken, +out


def _table(about: Mapping[str, Any], taken: Taken) -> pa.Table:
    days = {key: str((UNIX + timedelta(microseconds=found.moment)).date()) for key, (found, _) in taken.items()}
    order = sorted(taken, key=lambda key: (days[key], key))
    cells = [json.loads(taken[key][0].cells) for key in order]
    table = {ROW_ID: pa.array(map(ids.stream, order), pa.string())}
    for at, (name, kind) in enumerate(forms.features(about).items()):
        table[name] = forms.column([row[at] for row in cells], kind)
    table[about["target"]] = forms.labels([json.loads(taken[key][1]) for key in order])
    table[DAY] = pa.array([days[key] for key in order], pa.string())
    return pa.table(table)


def _microseconds(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1_000_000
