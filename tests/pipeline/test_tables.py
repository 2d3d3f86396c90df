"""Tables are written whole or not at all, and rows are named by what they say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest

from pipeline import tables
from pipeline.errors import DataError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A table comes back the same, without its index, and nothing else stays in the folder."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=[5, 6])
    tables.write(frame, tmp_path / "sub" / "t.parquet")
    pd.testing.assert_frame_equal(tables.read(tmp_path / "sub" / "t.parquet"), frame.reset_index(drop=True))
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["t.parquet"]


def test_a_failed_write_leaves_the_old_table(tmp_path: Path) -> None:
    """Half a table is never under the name of a whole one."""
    path = tmp_path / "t.parquet"
    tables.write(pd.DataFrame({"a": [1]}), path)
    with pytest.raises(pyarrow.ArrowInvalid):
        tables.write(pd.DataFrame({"a": [1, "x"]}), path)
    assert tables.read(path)["a"].tolist() == [1]


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message says what builds it; a file of another kind is named too."""
    with pytest.raises(DataError, match="run `mainline lock`"):
        tables.read(tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_text("no")
    with pytest.raises(DataError, match="not a Parquet file"):
        tables.read(tmp_path / "t.parquet")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1, 2], [1.0, 2.0]),
        ([1, 2], ["1", "2"]),
        ([0.1, 2.5], ["0.1", "2.5"]),
        ([0.0], [-0.0]),
        ([1.0, np.nan], ["1", None]),
        (["a", "b"], pd.Categorical(["a", "b"])),
        ([1, 2], pd.array([1, 2], dtype="Int64")),
    ],
)
def test_a_value_has_one_hash_in_any_type(one: object, other: object) -> None:
    """A column that changes its type because of another row keeps the hashes of its rows."""
    hashes = [tables.content_hash(pd.DataFrame({"x": values, "y": "same"})) for values in (one, other)]
    assert hashes[0].tolist() == hashes[1].tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"x": [1], "y": [2]}, {"x": [2], "y": [1]}),
        ({"x": ["a"], "y": ["b"]}, {"x": ["ab"], "y": [""]}),
        ({"x": [0.1]}, {"x": [0.1000000001]}),
        ({"x": [None], "y": [0]}, {"x": [0], "y": [None]}),
    ],
)
def test_other_values_have_another_hash(one: dict[str, list[object]], other: dict[str, list[object]]) -> None:
    """The order and the limits of cells count."""
    assert tables.content_hash(pd.DataFrame(one))[0] != tables.content_hash(pd.DataFrame(other))[0]


def test_the_hash_is_the_same_for_good() -> None:
    """Row names survive releases: they decide who is sealed."""
    frame = pd.DataFrame({"a": [1.5, np.nan], "b": ["x", "ä 🚀"]})
    assert tables.content_hash(frame).tolist() == ["3f3bc744b10c9e8e", "48484dacdee6ec12"]
