"""The test is main's rows: what a branch took away, moved or relabelled is counted, and too much of it refused."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mainline.champion import Champion
from mainline.errors import Refused
from mainline.gate import rows
from mainline.gate.rows import DEV, FEATURES, LABELS, TRAIN
from mainline.project import Lock, Project
from mainline.tools import dvc

SIDES = {"sealed": 100, "dev": 60, "train": 200}


def table() -> dict[str, tuple[str, Any]]:
    """Each row's side and label, by its id."""
    return {f"{side}{n}": (side, n % 3) for side, count in SIDES.items() for n in range(count)}


def project(root: Path, given: Mapping[str, tuple[str, Any]], target: str = "y", task: str = "multiclass") -> Project:
    """The files of a project with these rows, in the order given."""
    for folder in ("data/sealed", "models"):
        (root / folder).mkdir(parents=True)
    about = {"task": task, "target": target, "classes": None if task == "regression" else [0, 1, 2]}
    (root / "models/signature.json").write_text(json.dumps(about))
    for side, path in (("sealed", LABELS), ("dev", DEV), ("train", TRAIN)):
        here = {name: label for name, (where, label) in given.items() if where == side}
        pd.DataFrame({"row_id": list(here), target: list(here.values())}).to_parquet(root / path)
    pd.read_parquet(root / LABELS)[["row_id"]].assign(x=1.0).to_parquet(root / FEATURES)
    return Project(root)


def main(root: Path, given: Mapping[str, tuple[str, Any]] | None = None) -> Champion:
    """The champion of a project with these rows."""
    found = project(root, given or table())
    pins = "".join(f"    - path: {path}\n      md5: {dvc.md5(root / path)}\n" for path in (LABELS, DEV))
    return Champion("c" * 40, found, Lock(f"stages:\n  split:\n    outs:\n{pins}"), rescored=False)


def branch(root: Path, changed: Mapping[str, tuple[str, Any] | None]) -> Project:
    """A branch with some of main's rows, and others, as stated; None takes a row away."""
    return project(root, {name: row for name, row in (table() | dict(changed)).items() if row})


def some(side: str, count: int, row: Any) -> dict[str, Any]:
    """The same said of the first rows of a side."""
    return {f"{side}{n}": row(n) for n in range(count)}


ALLOWED = 0.05  # 5 of the sealed rows, 3 of the dev rows
CHANGES = [
    ("nothing", {}, None),
    ("few rows gone", some("sealed", 5, lambda n: None), None),
    ("too many gone", some("sealed", 6, lambda n: None), "of main's 100 sealed rows 6 are gone, 0 on another side:"),
    ("too many in train", some("sealed", 6, lambda n: ("train", n % 3)), "100 sealed rows 0 are gone, 6 on another"),
    ("too many in dev", some("sealed", 6, lambda n: ("dev", n % 3)), "100 sealed rows 0 are gone, 6 on another"),
    ("dev rows sealed", some("dev", 4, lambda n: ("sealed", n % 3)), "main's 60 dev rows 0 are gone, 4 on another"),
    ("few relabelled", some("sealed", 5, lambda n: ("sealed", 7)), None),
    (
        "too many relabelled",
        some("sealed", 6, lambda n: ("sealed", 7)),
        "and with those labelled otherwise it is: more",
    ),
    ("dev rows relabelled", some("dev", 4, lambda n: ("dev", 7)), "of main's 60 dev rows .* labelled otherwise"),
    ("all in all too many", {"sealed1": None, **some("dev", 2, lambda n: ("sealed", 0))}, None),
    ("train rows gone, and other labels", some("train", 90, lambda n: None) | {"train95": ("train", 9)}, None),
]


@pytest.mark.parametrize(("changed", "said"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES])
def test_what_a_branch_did_to_the_test_is_counted(tmp_path: Path, changed: Any, said: str | None) -> None:
    """Up to the bound it goes through; beyond, the refusal has the counts of ids, and never one of labels."""
    challenger, current = branch(tmp_path / "new", changed), main(tmp_path / "old")
    if said is None:
        rows.require_kept(challenger, current, ALLOWED)
    else:
        with pytest.raises(Refused, match=f"{said}.*rotate --new-rows"):
            rows.require_kept(challenger, current, ALLOWED)


def test_the_rule_that_put_rows_aside_is_named(tmp_path: Path) -> None:
    """By the branch's quarantine: how many of the rows that are gone, and which rule most of them break; no label's."""
    challenger, current = branch(tmp_path / "new", some("sealed", 8, lambda n: None)), main(tmp_path / "old")
    reasons = ["y: above 2", *["x: below 3; y: above 2"] * 2, "ends after start", "x: below 3"]
    aside = pd.DataFrame({"quarantine_reason": reasons, "row_id": [f"sealed{n}" for n in range(4)] + ["train0"]})
    aside.to_parquet(challenger / rows.QUARANTINE)
    with pytest.raises(Refused, match=r"8 are gone \(4 put aside, most often by 'x: below 3': 2\), 0 on another side"):
        rows.require_kept(challenger, current, ALLOWED)
    aside[:1].to_parquet(challenger / rows.QUARANTINE)
    with pytest.raises(Refused, match="8 are gone, 0 on another side"):
        rows.require_kept(challenger, current, ALLOWED)


def test_a_row_is_one_row_however_often_it_is_changed(tmp_path: Path) -> None:
    """Gone, moved and relabelled rows add up."""
    changed = {"sealed0": None, "sealed1": None, **{f"sealed{n}": ("train", 1) for n in (2, 3)}}
    changed |= {"sealed4": ("sealed", 8), "sealed5": ("sealed", 9)}
    found = rows.changes("sealed", branch(tmp_path / "new", changed), main(tmp_path / "old").project)
    assert found == rows.Changes("sealed", 100, gone=2, moved=2, relabelled=2, added=0)


def test_a_grown_table_is_told(tmp_path: Path) -> None:
    """New rows on either side are no change of main's; how many will judge later branches is said."""
    more = {f"more{n}": ("sealed", 1) for n in range(40)} | {"more": ("dev", 1), "mored": ("train", 0)}
    told = rows.require_kept(branch(tmp_path / "new", more), main(tmp_path / "old"), 0.0)
    assert told == (
        "40 rows join main's 100 sealed rows; they judge the branches after this one",
        "1 rows join main's 60 dev rows; they judge the branches after this one",
    )


def test_rows_that_were_built_again_and_are_others_are_no_test(tmp_path: Path) -> None:
    """What main pins is what it is judged on: where that is in no cache, and a rebuild gives another, nothing is."""
    current = main(tmp_path / "old")
    project(tmp_path / "again", {**table(), "sealed0": ("sealed", 9)})
    (tmp_path / "old" / LABELS).write_bytes((tmp_path / "again" / LABELS).read_bytes())
    with pytest.raises(Refused, match=r"data/sealed/labels.parquet of cccccccc, built again, is another"):
        rows.require_kept(branch(tmp_path / "new", {}), current, 1.0)


def hundred(changed: int = 0) -> dict[str, tuple[str, int]]:
    """A hundred sealed labels, some of them other than usual."""
    return {f"r{n}": ("sealed", n % 3 + (10 if n < changed else 0)) for n in range(100)}


@pytest.mark.parametrize(
    ("changed", "most", "fine"), [(0, 0.0, True), (1, 0.0, False), (5, 0.05, True), (6, 0.05, False)]
)
@pytest.mark.parametrize("backwards", [False, True])
def test_relabelled_rows_are_refused_beyond_the_bound(
    tmp_path: Path, changed: int, most: float, fine: bool, backwards: bool
) -> None:
    """In whatever order they stand."""
    new = hundred(changed)
    challenger = project(tmp_path / "new", dict(reversed(new.items())) if backwards else new)
    current = main(tmp_path / "old", hundred())
    if fine:
        rows.require_kept(challenger, current, most)
    else:
        with pytest.raises(Refused, match=r"labelled otherwise it is: more than gate.max_changed \(\d%\)"):
            rows.require_kept(challenger, current, most)


COMPARED = [
    ("numbers of another type", [1, 2, 3], [1.0, 2.0, 3.0], True),
    ("numbers that became fractions", [1, 2, 3], [1.0, 2.5, 3.0], False),
    ("texts", ["a", "b", "c"], ["a", "b", "c"], True),
    ("other texts", ["a", "b", "c"], ["a", "b", "x"], False),
    ("numbers that became texts", [1, 2, 3], ["1", "2", "3"], False),
    ("a label that went missing", [1.0, 2.0, 3.0], [1.0, None, 3.0], False),
]


@pytest.mark.parametrize(("new", "old", "fine"), [c[1:] for c in COMPARED], ids=[c[0] for c in COMPARED])
def test_labels_are_compared_by_value(tmp_path: Path, new: list[Any], old: list[Any], fine: bool) -> None:
    """A label is the same when it means the same, whatever type its column has, and whatever its name."""
    sides = [{name: ("sealed", label) for name, label in zip("abc", labels, strict=True)} for labels in (new, old)]
    challenger = project(tmp_path / "new", sides[0], target="formerly")
    found = rows.changes("sealed", challenger, project(tmp_path / "old", sides[1]))
    assert (found.relabelled == 0) is fine


@pytest.mark.parametrize(
    ("metric", "task", "few", "said"),
    [
        ("f1_macro", "multiclass", {"sealed": {0: 60, 1: 60, 2: 49}}, r"f1_macro .*: 49 rows of class 2: .* 50 rows"),
        ("f1_macro", "multiclass", {"sealed": {0: 60, 1: 60, 2: 50}}, None),
        ("accuracy", "multiclass", {"sealed": {0: 6, 1: 6, 2: 4}}, None),
        ("rmse", "regression", {"sealed": {0: 49}}, r"rmse cannot be tested on these rows: 49 rows: "),
        ("rmse", "regression", {"sealed": {0: 50}}, None),
    ],
)
def test_class_counts_are_asked_of_mains_rows(
    tmp_path: Path, metric: Any, task: str, few: Any, said: str | None
) -> None:
    """A test that needs so many rows of each class says so before any answer is looked at."""
    given = {f"{label}.{n}": ("sealed", label) for label, count in few["sealed"].items() for n in range(count)}
    found = project(tmp_path, given, task=task)
    if said is None:
        rows.refuse_unfit(found, [metric])
    else:
        with pytest.raises(Refused, match=said):
            rows.refuse_unfit(found, ["accuracy", metric] if task != "regression" else [metric])
