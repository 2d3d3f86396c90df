"""Reading one side: every file once, one clear line when one is missing or wrong, nothing sealed."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mainline.errors import MainlineError
from mainline.project import Project
from mainline.report.compare import compare
from mainline.report.side import read_side

NEEDED = (
    "params.yaml",
    "models/signature.json",
    "models/model.skops",
    "metrics/dev.json",
    "data/dev.parquet",
    "predictions/dev.parquet",
)


def test_a_side_holds_what_its_files_hold(project: Path) -> None:
    """The tables, signature, metrics and size are those of the folder."""
    side = read_side(Project(project), "challenger", "abc", fit_seconds=2.0)
    assert (side.name, side.commit, side.fit_seconds, side.latency_ms) == ("challenger", "abc", 2.0, None)
    assert side.model_bytes == (project / "models/model.skops").stat().st_size
    assert side.signature.classes == ("No", "Yes")
    assert side.signature.of_kind("categorical") == ("plan", "gender")
    assert side.metrics["rows"] == len(side.dev) == len(side.predictions)


def test_rows_that_judge_a_retraining_are_told_of_with_the_next(project: Path) -> None:
    """Figures are of the others; what the model said of rows is there of all, as the next retraining shows it."""
    for path in ("data/dev.parquet", "predictions/dev.parquet"):
        table = pd.read_parquet(project / path)
        first = [f"asked:{10 if n < 7 else 9}:{n}" for n in range(12)]
        table.assign(row_id=[*first, *table["row_id"][12:]]).to_parquet(project / path)
    side = read_side(Project(project), "challenger", "abc")
    assert len(side.dev) == len(side.predictions) - 7
    assert (side.dev["row_id"].str.startswith("asked:9:").sum(), side.dev.index[0]) == (5, 0)
    assert len(compare(side, side).rows) == len(side.dev)


@pytest.mark.parametrize("missing", NEEDED)
def test_a_missing_file_is_named_with_the_command_that_makes_it(project: Path, missing: str) -> None:
    """The error is one line with the file, the side and `mainline lock`."""
    (project / missing).unlink()
    with pytest.raises(MainlineError) as error:
        read_side(Project(project), "champion", "abc")
    line = str(error.value)
    assert missing in line
    assert "champion" in line
    assert "`mainline lock`" in line
    assert "\n" not in line


def test_the_training_rows_may_be_absent(project: Path) -> None:
    """Without data/train.parquet the side has no training table."""
    (project / "data/train.parquet").unlink()
    assert read_side(Project(project), "champion", "abc").train is None


@pytest.mark.parametrize("broken", [name for name in NEEDED if name != "models/model.skops"])
def test_a_file_that_is_not_what_it_should_be_is_named(project: Path, broken: str) -> None:
    """Garbage gives one line that names the file, not a stack of some library."""
    (project / broken).write_text("- {not: [this")
    with pytest.raises(MainlineError, match=broken) as error:
        read_side(Project(project), "challenger", "abc")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("column", "named"), [("churn", "data/dev"), ("prediction", "predictions/dev")])
def test_a_table_without_a_needed_column_is_refused(project: Path, column: str, named: str) -> None:
    """The target in dev and the prediction in predictions are not optional."""
    path = project / f"{named}.parquet"
    pd.read_parquet(path).drop(columns=column).to_parquet(path)
    with pytest.raises(MainlineError, match=column):
        read_side(Project(project), "challenger", "abc")


def test_a_row_id_that_occurs_twice_is_refused(project: Path) -> None:
    """Rows are joined by their id, so it has to be one row's."""
    path = project / "data/dev.parquet"
    dev = pd.read_parquet(path)
    pd.concat([dev, dev.head(1)]).to_parquet(path)
    with pytest.raises(MainlineError, match="twice"):
        read_side(Project(project), "challenger", "abc")


@pytest.mark.parametrize("change", [{"format": 2}, {"task": "ranking"}])
def test_a_signature_of_another_format_or_task_is_refused(project: Path, change: dict[str, object]) -> None:
    """What the report cannot read it does not guess."""
    path = project / "models/signature.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(MainlineError, match=r"signature\.json"):
        read_side(Project(project), "challenger", "abc")


def test_nothing_sealed_is_opened(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage lies where the sealed set would be, and no path with sealed in it is ever read."""
    opened: list[str] = []
    read = pd.read_parquet
    monkeypatch.setattr(pd, "read_parquet", lambda path: opened.append(str(path)) or read(path))
    read_side(Project(project), "challenger", "abc")
    assert (project / "data/sealed/labels.parquet").read_bytes() == b"SEALED GARBAGE"
    assert len(opened) == 3
    assert not [path for path in opened if "sealed" in path.removeprefix(str(project))]
