"""Careful rules out of the training rows: what has held without exception, and is likely to be meant."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mainline.explore.built import Profile, matches
from mainline.project import Project

ENOUGH = 200  # training rows that say something, before "never" means anything
DOUBTED = frozenset({"private", "nothing", "code", "zero", "case", "date"})
"""Hints of a column in whose cells something may be a fault, which no rule is to make good."""
MOST = 20  # categories; the profile counts as many
TIMES = 5  # that each is there: a rarer one says that others are to come
Rule = dict[str, Any]


def rules(profile: Profile, known: Mapping[str, Any]) -> dict[str, Rule]:
    """A rule for each column that has none in `known`, no hint of a fault, and something to say.

    Returns:
        By column: `required` where no cell is empty, `minimum: 0` where no number is negative, `allowed` where there
        are at most 20 categories, each at least five times.
    """
    found, passed = {}, {profile["target"]["name"], *doubted(profile)}
    for name, entry in profile["columns"].items():
        if name not in passed and entry["kind"] != "ignored" and not matches(known, name):
            found[name] = _rule(entry)
    return {name: rule for name, rule in found.items() if rule}


def doubted(profile: Profile) -> list[str]:
    """The columns that get no rule before their hints are settled."""
    return list(dict.fromkeys(each["column"] for each in profile["hints"] if each["kind"] in DOUBTED))


def _rule(entry: Mapping[str, Any]) -> Rule:
    train, rule = entry["train"], Rule()
    if train["rows"] - train["missing"] < ENOUGH:
        return rule
    if entry["kind"] == "numeric" and train["quantiles"][0] >= 0:
        rule["minimum"] = 0
    if entry["kind"] == "categorical":
        *counts, others = train["counts"]
        if len(counts) <= MOST and not others and min(counts) >= TIMES:
            rule["allowed"] = sorted(entry["values"])
    if not train["missing"]:
        rule["required"] = True
    return rule


def put_aside(project: Project, found: Mapping[str, Rule]) -> tuple[int, int]:
    """How many dev rows these rules would put into quarantine, and how many there are."""
    dev = pd.read_parquet(project / "data/dev.parquet")
    broken = pd.Series(False, index=dev.index)
    for name, rule in found.items():
        cells = dev[name]
        known = cells.notna()
        if "minimum" in rule:
            broken |= known & (pd.to_numeric(cells, errors="coerce") < rule["minimum"])
        if "allowed" in rule:
            broken |= known & ~cells.astype("str").isin(rule["allowed"])
        if rule.get("required"):
            broken |= ~known
    return int(broken.sum()), len(dev)
