"""Sealed rows among the training rows are refused, under whatever id; anything else is left alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mainline.errors import Refused
from mainline.gate import copies
from mainline.gate.rows import FEATURES, LABELS, TRAIN
from mainline.project import Project


def alone(project: Project) -> None:
    """Ask of a project whose sealed rows are its own."""
    copies.refuse_trained_on_sealed(project, project)


def tables(root: Path, sealed: pd.DataFrame, train: pd.DataFrame) -> Path:
    """Write the sealed features and the training rows."""
    (root / FEATURES).parent.mkdir(parents=True, exist_ok=True)
    sealed.to_parquet(root / FEATURES)
    sealed[["row_id"]].assign(y=0).to_parquet(root / LABELS)
    train.to_parquet(root / TRAIN)
    return root


def rows(prefix: str, count: int, seed: int) -> pd.DataFrame:
    """Rows of one's own: two numbers, a category and a text."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "row_id": [f"{prefix}{n}" for n in range(count)],
            "a": rng.normal(size=count),
            "b": rng.integers(0, 50, count),
            "c": rng.choice(["red", "green"], count),
            "d": [f"note {value}" for value in rng.integers(0, 10**9, count)],
        }
    )


def test_rows_apart_are_fine(tmp_path: Path) -> None:
    """Different ids and different content: the model has not seen the sealed rows."""
    alone(Project(tables(tmp_path, rows("s", 80, 1), rows("t", 200, 2).assign(y=1))))


def test_sealed_rows_among_the_training_rows_are_counted(tmp_path: Path) -> None:
    """By id, even where the content was changed."""
    train = rows("t", 200, 2)
    train.loc[:2, "row_id"] = ["s5", "s7", "s7"]
    with pytest.raises(Refused, match=r"^3 training rows are sealed rows or copies"):
        alone(Project(tables(tmp_path, rows("s", 80, 1), train)))


def test_copies_under_other_ids_are_counted(tmp_path: Path) -> None:
    """By content, whatever the order of rows and columns, and whatever else the training table holds."""
    sealed = rows("s", 80, 1)
    copies = sealed.iloc[[3, 40, 3]].assign(row_id=["x1", "x2", "x3"])
    train = pd.concat([rows("t", 200, 2), copies]).sample(frac=1, random_state=1)[["d", "c", "row_id", "b", "a"]]
    with pytest.raises(Refused, match=r"^3 training rows"):
        alone(Project(tables(tmp_path, sealed, train.assign(y=0))))


def test_a_row_that_is_both_counts_once(tmp_path: Path) -> None:
    """A sealed row moved whole is one row."""
    sealed = rows("s", 80, 1)
    with pytest.raises(Refused, match=r"^1 training rows"):
        alone(Project(tables(tmp_path, sealed, pd.concat([rows("t", 20, 2), sealed.iloc[[4]]]))))


NOW = pd.Timestamp("2024-03-01 12:00")
SAME = [
    ("int and float", [1, 2], [2.0, 9.0]),
    ("int and small int", [1, 2], np.array([2, 9], "int8")),
    ("int and float with a gap", [1, 2], [2.0, None]),
    ("big numbers", [10**17 + 1, 2**53 + 1], [float(10**17 + 1), 5.0]),
    ("number and number as text", [1, 2], ["2", "nine"]),
    ("fraction and fraction as text", [1.5, 2.25], ["2.25", "x"]),
    ("number and text of numbers only", [1, 2], ["2.0", "9"]),
    ("boolean and number", [True, False], [1.0, 7.0]),
    ("zero and minus zero", [0.0, 2.0], [-0.0, 9.0]),
    ("not a number, in other bits", [np.nan, 2.0], np.array([0xFFF8000000000001, 0], np.uint64).view(np.float64)),
    ("missing number and missing text", [None, 2.0], [None, "x"]),
    ("missing and NaN", pd.array([None, 2], "Int64"), [np.nan, 9.0]),
    ("text and category", ["red", "blue"], pd.Categorical(["red", "green"])),
    ("moments of other units", pd.Series([NOW]).dt.as_unit("ns"), pd.Series([NOW]).dt.as_unit("ms")),
    ("text of another width", pd.array(["é", "b"], "str"), np.array(["é", "c"], object)),
]
OTHER = [
    ("numbers", [1, 2], [3, 4]),
    ("fractions close to integers", [1, 2], [1.0000001, 2.5]),
    ("texts", ["a", "b"], ["A", "b "]),
    ("missing and empty text", [None, "a"], ["", "b"]),
    ("missing and zero", [None, 1.0], [0.0, 2.0]),
    ("missing and the word nan", [None, "a"], ["nan", "b"]),
]


def one_column(root: Path, sealed: Any, train: Any) -> Path:
    """Tables of one feature."""
    sides = [pd.DataFrame({"x": column}) for column in (sealed, train)]
    return tables(root, *(side.assign(row_id=[f"{n}{i}" for i in side.index]) for n, side in enumerate(sides)))


@pytest.mark.parametrize(("sealed", "train"), [s[1:] for s in SAME], ids=[s[0] for s in SAME])
@pytest.mark.parametrize("swap", [False, True])
def test_a_copy_is_found_in_whatever_type_it_is_written(tmp_path: Path, sealed: Any, train: Any, swap: bool) -> None:
    """One value of the two tables is the same, written otherwise."""
    with pytest.raises(Refused, match=r"^1 training rows"):
        alone(Project(one_column(tmp_path, *((train, sealed) if swap else (sealed, train)))))


@pytest.mark.parametrize(("sealed", "train"), [o[1:] for o in OTHER], ids=[o[0] for o in OTHER])
def test_other_values_are_no_copies(tmp_path: Path, sealed: Any, train: Any) -> None:
    """What only looks alike is another row."""
    alone(Project(one_column(tmp_path, sealed, train)))


def test_values_in_each_others_columns_are_no_copies(tmp_path: Path) -> None:
    """A row is its values in their places."""
    sealed, train = pd.DataFrame({"a": [1, 2], "b": [2, 2]}), pd.DataFrame({"a": [2, 1], "b": [1, 1]})
    alone(Project(tables(tmp_path, sealed.assign(row_id=["s", "t"]), train.assign(row_id=["u", "v"]))))


def test_what_main_has_sealed_is_known_by_heart_too(tmp_path: Path) -> None:
    """Though the branch has it on no side of its own: by id, and by content where the columns are the same."""
    main = Project(tables(tmp_path / "main", rows("s", 80, 1), rows("t", 20, 2)))
    learnt = {"an id": rows("s", 3, 9), "a copy": rows("s", 80, 1).iloc[:3].assign(row_id=["x", "y", "z"])}
    for name, more in learnt.items():
        train = pd.concat([rows("t", 20, 2), more])
        branch = Project(tables(tmp_path / name, rows("n", 80, 5), train))
        with pytest.raises(Refused, match=r"^3 training rows"):
            copies.refuse_trained_on_sealed(branch, main)
        alone(branch)
        wider = tables(tmp_path / f"{name}, wider", rows("n", 80, 5).assign(e=1), train.assign(e=1))
        if name == "a copy":
            copies.refuse_trained_on_sealed(Project(wider), main)
    assert copies.among_training(branch, main).sum() == 3
    assert copies.among_training(Project(wider), main).sum() == 0


def test_a_training_table_without_a_feature_is_refused(tmp_path: Path) -> None:
    """Rows that agree in fewer columns would look like copies, so the missing one is named."""
    with pytest.raises(Refused, match=r"data/train.parquet: has no column 'b'"):
        alone(Project(tables(tmp_path, rows("s", 20, 1), rows("t", 20, 2).drop(columns="b"))))


def test_row_groups_and_batches_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same copies are found however the files and the memory are cut."""
    sealed = rows("s", 500, 1)
    train = pd.concat([rows("t", 300, 2), sealed.iloc[100:110].assign(row_id=[f"x{n}" for n in range(10)])])
    tables(tmp_path, sealed, train)
    monkeypatch.setattr("mainline.gate.columns.BATCH", 64)
    pq.write_table(pa.Table.from_pandas(sealed), tmp_path / FEATURES, row_group_size=37)
    with pytest.raises(Refused, match=r"^10 training rows"):
        alone(Project(tmp_path))
