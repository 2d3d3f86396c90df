"""Tables are written whole or not at all, and rows are named by what they say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pytest

from pipeline.errors import DataError
from pipeline.table import tables


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
    assert tables.content_hash(frame).tolist() == ["3f3bc744b10c9e8e", "48484dacdee6ec12"]  # pragma: allowlist secret


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1925036343869802001", "1925036343869802002"),
        (1925036343869802001, 1925036343869802002),
        ("0.12345678901234567890", "0.12345678901234567891"),
        ("007", "7"),
        ("-00.5", "-0.5"),
        ("1e-99999999999999999999", "0"),
    ],
)
def test_a_number_that_a_float_rounds_is_another_row(one: object, other: object) -> None:
    """Long numbers and codes with leading zeros name rows by every digit."""
    hashes = tables.content_hash(pd.DataFrame({"x": [one, other]}))
    assert hashes[0] != hashes[1]


def test_a_long_number_has_one_hash_in_any_type() -> None:
    """As text, as a whole number, and as one beside a gap; from Parquet or from pandas."""
    number = 1925036343869802001
    columns = [[str(number), ""], [number, 0], pd.array([number, None], dtype="Int64")]
    columns.append(tables.of_arrow(pyarrow.table({"x": [number, None]}))["x"])
    assert len({tables.content_hash(pd.DataFrame({"x": column}))[0] for column in columns}) == 1


def test_what_a_float_keeps_has_the_hash_of_before() -> None:
    """Rows keep their names, and with them their sides: up to fifteen digits, and all that repr writes."""
    frame = pd.DataFrame({"x": ["0.30000000000000004", "0.50", "1e5"], "y": ["a", "0", ""]})
    names = "2a0ad692b8d5311c 22a482bc778d2cf4 ebc95d5e0de7968a"  # pragma: allowlist secret
    assert " ".join(tables.content_hash(frame)) == names
