"""Tables larger than memory: the stages write the same bytes, whether a table is read whole or a column at a time."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import PipelineError, SourceError
from pipeline.params import Params
from pipeline.stages import clean, ingest, label, split, validate
from pipeline.table import lazy, parts, stream, tables
from pipeline.table.lazy import Lazy

STAGES = (ingest, clean, validate, label, split)
WRITTEN = (
    *("raw", "clean", "valid", "quarantine", "labelled", "unlabelled", "train", "dev"),
    *("sealed/features", "sealed/labels"),
)


def write(folder: Path, rows: int = 400) -> None:
    """Three parts of a table that has something of everything; types differ from part to part."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "name": [f"c{i}" for i in range(rows)],
            "age": random.integers(18, 90, rows),
            "member": random.choice([True, False], rows),
            "city": random.choice([" Ulm", "Bonn ", "Kïel", "?"], rows),
            "joined": random.choice(["31/01/2024", "01/02/2023"], rows),
            "price": [f"{value:.2f}".replace(".", ",") for value in random.normal(20, 5, rows)],
            "seen": pd.to_datetime("2024-01-01") + pd.to_timedelta(random.integers(0, 99, rows), unit="D"),
            "": range(rows),
            "long": random.integers(2**53, 2**60, rows),
            "share": random.random(rows).round(3),
            "bought": random.choice(["yes", "no"], rows),
        }
    ).rename(columns={"": "Unnamed: 0"})
    frame.loc[random.choice(rows, 60), "share"] = np.nan
    frame.loc[[7, 8, 9], "bought"] = None
    frame = pd.concat([frame, frame.iloc[:20].assign(name="twice")], ignore_index=True)
    folder.mkdir()
    for number, part in enumerate(np.array_split(np.arange(len(frame)), 3)):
        table = pa.Table.from_pandas(frame.iloc[part], preserve_index=False)
        if number == 1:  # gaps, so that the whole column is of floats, of nullable numbers, of truth values with gaps
            gap = pa.array([None] * 2 + [True] * (len(part) - 2))
            for column in ("age", "long", "member"):
                cells = pa.compute.if_else(pa.compute.is_valid(gap), table[column], None)
                table = table.set_column(table.schema.get_field_index(column), column, cells)
        pq.write_table(table, folder / f"part-{number}.parquet")


WAYS: dict[str, dict[str, Any]] = {
    "by content": {"data": {"drop": ["name"]}, "clean": {}, "validate": {"max_quarantined": 0.3}},
    "by id": {
        "data": {"id": "name", "kinds": {"joined": "date", "long": "categorical"}, "rows": "10:"},
        "clean": {"columns": {"city": {"missing": ["?"], "case": "lower"}}, "duplicates": "first"},
        "validate": {
            "rules": {"age": {"minimum": 20, "required": True}, "c.*": {"allowed": ["ulm", "bonn"]}},
            "checks": {"low": "share < 0.95"},
            "max_quarantined": 0.9,
        },
    },
}


def params(way: str) -> Params:
    """Of a way of going through it."""
    said = WAYS[way]
    price = {"price": {"decimal": ","}}
    cleaned = said["clean"] | {"columns": price | said["clean"].get("columns", {})}
    data = {"source": "in", "target": "bought"} | said["data"]
    train = {"estimator": "sklearn.dummy.DummyClassifier"}
    return Params.model_validate(
        {"data": data, "clean": cleaned, "validate": said["validate"], "split": {}, "train": train}
    )


@pytest.mark.parametrize("way", WAYS)
def test_the_bytes_are_the_same(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the source to the split, and every word that is said of it; nothing else is left behind."""
    seen = []
    for number, large in enumerate((lazy.LARGE, 0)):
        here = tmp_path / str(number)
        here.mkdir()
        monkeypatch.chdir(here)
        write(Path("in"))
        monkeypatch.setattr(lazy, "LARGE", large)
        for stage in STAGES:
            stage.run(params(way))
        written = {name: Path("data", f"{name}.parquet").read_bytes() for name in WRITTEN}
        seen.append((capsys.readouterr().out, written))
        assert not [*here.rglob("*partial*")]
    assert seen[0][0] == seen[1][0]
    assert [name for name in WRITTEN if seen[0][1][name] != seen[1][1][name]] == []
    assert isinstance(tables.table("data/valid.parquet"), Lazy)
    assert len(tables.read("data/quarantine.parquet")) > 2


def test_rows_of_production_go_below_no_such_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, rather than read whole."""
    monkeypatch.chdir(tmp_path)
    write(Path("in"))
    tables.write(pd.DataFrame({"row_id": ["stream:1"], "age": [1]}), stream.ROWS)
    monkeypatch.setattr(lazy, "LARGE", 0)
    with pytest.raises(
        PipelineError, match=r"^data/stream/rows\.parquet: rows of production go below no table of over"
    ):
        ingest.run(params("by content"))


def test_row_groups_hold_so_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow table has the row groups that pandas gives it, a wide one smaller ones, read lazily or not."""
    assert [tables.group_of(columns) for columns in (1, 32, 33, 66, 5000)] == [2**20, 2**20, 2**19, 2**18, 2**12]
    monkeypatch.setattr(tables, "MOST_ROWS", 16)
    frame = pd.DataFrame({"a": range(40), "b": list("abcde") * 8})
    tables.write(frame, tmp_path / "whole.parquet")
    tables.write(lazy.of_file(tmp_path / "whole.parquet"), tmp_path / "lazy.parquet")
    assert (tmp_path / "whole.parquet").read_bytes() == (tmp_path / "lazy.parquet").read_bytes()
    assert pq.read_metadata(tmp_path / "lazy.parquet").num_row_groups == 3


def test_a_lazy_table_does_as_a_frame_does(tmp_path: Path) -> None:
    """Columns, rows, names, and what is made of them."""
    frame = pd.DataFrame({"a": [1, 2, 3], "b": list("xyz"), "c": [0.5, np.nan, 2.0]})
    table = Lazy([*frame.columns], 3, lambda name: frame[name])
    pd.testing.assert_frame_equal(
        table[np.array([True, False, True])].copy(), frame.iloc[[0, 2]].reset_index(drop=True)
    )
    pd.testing.assert_frame_equal(table.iloc[1:].drop(columns="a").copy(), frame.iloc[1:, 1:].reset_index(drop=True))
    pd.testing.assert_frame_equal(table.assign(d=lambda t: t["a"] * 2).copy(), frame.assign(d=[2, 4, 6]))
    pd.testing.assert_frame_equal(table.set_axis(["b", "a", "c"], axis=1)[["a"]], frame[["b"]].set_axis(["a"], axis=1))
    table.insert(0, "z", frame["c"])
    assert [*table.columns] == ["z", "a", "b", "c"]
    with pytest.raises(KeyError):
        table["nosuch"]


REFUSED = {
    "another column": (
        pd.DataFrame({"b": [1]}),
        "p2.parquet: lacks column 'a', unlike p1.parquet; all parts need the same",
    ),
    "another kind": (pd.DataFrame({"a": ["x"]}), "p2.parquet: does not go with p1.parquet "),
}


@pytest.mark.parametrize(("case", "large"), [*itertools.product(REFUSED, (0, 2**20))])
def test_parts_of_other_columns_are_refused(
    case: str, large: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the first file that differs."""
    frame, said = REFUSED[case]
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "p1.parquet")
    frame.to_parquet(tmp_path / "p2.parquet")
    monkeypatch.setattr(lazy, "LARGE", large)
    with pytest.raises(SourceError) as error:
        parts.read(str(tmp_path))["a"]
    assert str(error.value).startswith(f"{tmp_path}/{said}")


def test_what_is_no_part_is_refused(tmp_path: Path) -> None:
    """But for what begins with _ or ., as Spark leaves behind."""
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "p1.parquet")
    (tmp_path / "_SUCCESS").touch()
    assert len(parts.read(str(tmp_path))) == 1
    (tmp_path / "p2.parquet").write_text("PAR1")
    with pytest.raises(PipelineError, match=r"p2\.parquet: not a Parquet file"):
        parts.read(str(tmp_path))
    (tmp_path / "b.csv").touch()
    with pytest.raises(PipelineError, match=r"b\.csv: is no \.parquet file"):
        parts.read(str(tmp_path))
