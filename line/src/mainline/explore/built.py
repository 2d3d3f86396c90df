"""The profile that `mainline lock` built, refused where it is not that of this tree."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pyarrow.compute as pc
from pyarrow import parquet

from mainline.errors import ConfigError, StaleLock
from mainline.project import Project
from mainline.tools import dvc

PROFILE, QUARANTINE = "data/profile.json", "data/quarantine.parquet"
STAGES = ("ingest", "clean", "validate", "label", "split", "explore")
"""Those that the profile comes from: what is after them may differ, as while a model is tried."""
FORMAT = 1
Profile = Mapping[str, Any]


def read(project: Project) -> Profile:
    """The profile of this tree's train and dev rows.

    Raises:
        ConfigError: nothing is built.
        StaleLock: it is another tree's, or not here.
    """
    if PROFILE not in project.lock.outputs:
        if PROFILE not in (project / "dvc.yaml").read_text(encoding="utf-8"):
            raise ConfigError(
                f"dvc.yaml: no stage writes {PROFILE}; take dvc.yaml and src/pipeline from the template: "
                "docs/the-line.md#files-that-are-yours-but-began-as-the-templates"
            )
        raise ConfigError(f"{PROFILE}: nothing is built yet; run `mainline lock`")
    stale = [each for each in dvc.stale(project.root, absent=True) if each.startswith(tuple(f"{s} (" for s in STAGES))]
    if stale:
        raise StaleLock(f"{PROFILE} is not current: {', '.join(stale[:3])}; run `mainline lock`")
    try:
        found: Profile = json.loads((project / PROFILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StaleLock(f"{PROFILE}: not here, as in a fresh clone; run `mainline outputs restore`") from None
    if found.get("format") != FORMAT:
        raise StaleLock(f"{PROFILE}: of another version; run `mainline lock`")
    return found


def hints(project: Project, profile: Profile) -> list[dict[str, Any]]:
    """Its hints; `settled` are those for which params.yaml has a setting that changes no cell of the table."""
    columns = (project.params.get("train") or {}).get("columns") or {}
    clipped = [name for name, how in columns.items() if isinstance(how, Mapping) and "clip" in how]
    return [
        {**each, "settled": each["kind"] == "far" and matches(clipped, each["column"])} for each in profile["hints"]
    ]


def matches(patterns: Any, name: str) -> bool:
    """Whether a column is named, by itself or by a pattern, as in validate.rules."""
    for pattern in patterns:
        try:
            if pattern == name or re.fullmatch(str(pattern), name):
                return True
        except re.error:
            continue
    return False


def quarantine(project: Project) -> dict[str, int]:
    """How many rows were put aside, by reason, the commonest first; of no row more than that."""
    path = project / QUARANTINE
    if not path.exists():
        return {}
    said = parquet.read_table(path, columns=["quarantine_reason"])["quarantine_reason"]
    counted = pc.value_counts(pc.list_flatten(pc.split_pattern(said, "; "))).to_pylist()
    return {each["values"]: each["counts"] for each in sorted(counted, key=lambda e: (-e["counts"], e["values"]))}
