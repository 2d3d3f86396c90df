"""Careful rules: where something has held without exception, and never in a column that has one, or a doubt."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mainline import config
from mainline.errors import ConfigError
from mainline.explore import freeze, writing
from mainline.project import Project

LEFT = "# what it is\ndata: { source: t.csv, target: y } # here\n"


def numbers(least: float, missing: int = 0, rows: int = 300) -> dict[str, Any]:
    """A numeric column's entry."""
    return {"kind": "numeric", "train": {"rows": rows, "missing": missing, "quantiles": [least, 5.0, 9.0]}}


def categories(*counts: int, others: int = 0, kind: str = "categorical") -> dict[str, Any]:
    """A column of categories a, b, ... that stand so many times each."""
    values = [chr(ord("a") + at) for at in range(len(counts))]
    train = {"rows": sum(counts) + others, "missing": 0, "counts": [*counts, others]}
    return {"kind": kind, "values": values, "train": train}


def rules(entry: dict[str, Any], known: dict[str, Any] | None = None, hints: Any = ()) -> dict[str, Any]:
    """The rules for a column x beside a target y."""
    profile = {"columns": {"x": entry, "y": categories(200, 200)}, "target": {"name": "y"}, "hints": hints}
    return freeze.rules(profile, known or {})


@pytest.mark.parametrize(
    ("case", "entry", "rule"),
    [
        ("never negative, never missing", numbers(0.0), {"minimum": 0, "required": True}),
        ("negative", numbers(-0.1), {"required": True}),
        ("gaps", numbers(2.0, missing=1), {"minimum": 0}),
        ("few rows", numbers(0.0, rows=199), None),
        ("few categories", categories(100, 120), {"allowed": ["a", "b"], "required": True}),
        ("a rare one", categories(250, 4), {"required": True}),
        ("more than are counted", categories(*[20] * 20, others=9), {"required": True}),
        ("not read", categories(200, 200, kind="ignored"), None),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_rule_is_written_where_it_has_always_held(
    case: str, entry: dict[str, Any], rule: dict[str, Any] | None
) -> None:
    """And where enough rows say so; the target gets none."""
    assert rules(entry) == ({"x": rule} if rule else {})


def test_a_column_with_a_rule_or_a_doubt_is_left_alone() -> None:
    """By its name or by a pattern; and a fault is not made a rule."""
    assert rules(numbers(0.0), {"x": {"maximum": 9}}) == {}
    assert rules(numbers(0.0), {"[xz]": {"maximum": 9}}) == {}
    assert rules(numbers(0.0), {"z": {"maximum": 9}, "(": {}}) != {}
    assert rules(numbers(0.0), hints=[{"column": "x", "kind": "code"}]) == {}
    assert rules(numbers(0.0), hints=[{"column": "x", "kind": "far"}]) != {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\nvalidate:\n  rules:\n    NEW\n"),
        ("validate: {} # none\n", "validate: # none\n  rules:\n    NEW\n"),
        ("validate:\n  rules: {}\n", "validate:\n  rules:\n    NEW\n"),
        ("validate: { rules: {} }\n", "validate:\n  rules:\n    NEW\n"),
        ("validate:\n    max_quarantined: 0.1\n", "validate:\n    rules:\n      NEW\n    max_quarantined: 0.1\n"),
        (
            "validate:\n  rules: # ours\n    # old\n    a: { minimum: 1 } # so\n\nsplit: {}\n",
            "validate:\n  rules: # ours\n    NEW\n    # old\n    a: { minimum: 1 } # so\n\nsplit: {}\n",
        ),
        (
            'validate: { rules: { a: { allowed: ["}", b] }, c: { minimum: 1 } }, max_quarantined: 0.1 } # x\n',
            'validate: # x\n  rules:\n    NEW\n    a: { allowed: ["}", b] }\n    c: { minimum: 1 }\n'
            "  max_quarantined: 0.1\n",
        ),
    ],
    ids=["none", "empty", "no rules", "in braces", "other keys", "a block", "all in braces"],
)
def test_each_other_byte_stays(before: str, after: str) -> None:
    """Comments, braces, blank lines and order are the owner's."""
    rule = {"minimum": 0, "required": True}
    made = writing.with_rules(LEFT + before, {"x": rule})
    assert made == LEFT + after.replace("NEW", "x: { minimum: 0, required: true }")
    assert config.loads(made, "it")["validate"]["rules"]["x"] == rule


def test_lines_end_as_the_others_do(tmp_path: Path) -> None:
    """Also where an editor on Windows wrote them."""
    path, rule = tmp_path / "params.yaml", {"x": {"required": True}}
    path.write_bytes((LEFT + "validate: { rules: {} } # x\n").replace("\n", "\r\n").encode())
    writing.add(Project(tmp_path), rule)
    made = LEFT + "validate: # x\n  rules:\n    x: { required: true }\n"
    assert path.read_bytes() == made.replace("\n", "\r\n").encode()
    assert writing.with_rules("a: 1\r\nb: 2\n", rule).startswith("a: 1\r\nb: 2\n\nvalidate:\n")


def test_what_cannot_be_added_to_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    """One line says what to do."""
    text = LEFT + "validate: { rules:\n  { a: { minimum: 1 } } }\n"
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ConfigError, match="a rule a line"):
        writing.add(Project(tmp_path), {"x": {"minimum": 0}})
    assert (tmp_path / "params.yaml").read_text() == text


def test_names_and_values_are_written_as_yaml_needs_them() -> None:
    """Words that YAML takes for something else come back as words."""
    rule = {"allowed": ["True", "1", "null", "a, b", "c: d", "ü", ""]}
    made = writing.with_rules(LEFT, {"no: way": rule})
    assert config.loads(made, "it")["validate"]["rules"] == {"no: way": rule}


def test_dev_rows_that_the_rules_would_put_aside_are_counted(tmp_path: Path) -> None:
    """Each row once, whichever rules it breaks."""
    (tmp_path / "data").mkdir()
    dev = pd.DataFrame({"n": [1.0, -1.0, None, 2.0], "c": ["a", "z", "a", None]})
    dev.to_parquet(tmp_path / "data/dev.parquet")
    found = {"n": {"minimum": 0, "required": True}, "c": {"allowed": ["a"]}}
    assert freeze.put_aside(Project(tmp_path), found) == (2, 4)
