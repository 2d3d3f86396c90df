"""Dev rows are measured, their curves drawn, the run recorded."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline import tracking
from pipeline.errors import DataError
from pipeline.stages import evaluate, predict, split, train
from pipeline.table import tables


def build(rows: pd.DataFrame, params) -> None:
    """Run every stage from split to evaluate on these rows."""
    tables.write(rows, tables.LABELLED)
    for stage in (split, train, predict, evaluate):
        stage.run(params)


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[dict[str, float]]:
    """What would have been recorded: MLflow has tests of its own."""
    seen: list[dict[str, float]] = []
    monkeypatch.setattr(tracking, "record", lambda _params, _signature, values: seen.append(values) or "recorded")
    return seen


def plots() -> set[str]:
    """The plots there are."""
    return {str(path.relative_to("plots")) for path in Path("plots").rglob("*.csv")}


CLASSES = {"confusion.csv", "curves/roc.csv", "curves/precision_recall.csv", "curves/calibration.csv"}
NUMBERS = {"confusion.csv", "curves/residuals.csv", "curves/calibration.csv"}


def test_classes_are_measured_and_drawn(mixed, settings, records, capsys) -> None:
    """The metrics are of the dev rows, in a file, a line and the record."""
    build(mixed, settings(data={"id": "id"}))
    values = json.loads(Path("metrics/dev.json").read_text())
    assert values["rows"] == len(tables.read("data/dev.parquet"))
    assert values["accuracy"] > 0.6
    assert records == [values]
    assert plots() == CLASSES
    assert f"accuracy {values['accuracy']:.4g}" in capsys.readouterr().out


@pytest.mark.parametrize("newest", [2, 10])
def test_rows_that_judge_a_retraining_are_told_of_with_the_next(mixed, settings, capsys, newest: int) -> None:
    """Those of the largest number are in no figure and no plot; those of the one before are."""
    rows = mixed.copy()
    rows.loc[:39, "row_id"] = [f"asked:{newest if n < 25 else 1}:k{n}" for n in range(40)]
    build(rows, settings(data={"id": "id"}))
    dev = tables.read("data/dev.parquet")["row_id"]
    judging, before = (int(dev.str.startswith(f"asked:{number}:").sum()) for number in (newest, 1))
    assert (judging, before) == (25, 15)
    assert json.loads(Path("metrics/dev.json").read_text())["rows"] == len(dev) - 25
    assert len(pd.read_csv("plots/confusion.csv")) == len(dev) - 25
    assert "; 25 rows left out, which judge a retraining" in capsys.readouterr().out
    build(mixed, settings(data={"id": "id"}))
    assert "left out, which judge" not in capsys.readouterr().out


def test_rows_that_judge_are_not_enough_to_measure(mixed, settings) -> None:
    """Of the others there must be as many as ever: a figure of none says nothing."""
    rows = mixed.copy()
    rows.loc[:39, "row_id"] = [f"asked:1:k{n}" for n in range(40)]
    with pytest.raises(DataError, match=r"^[0-9] rows fall into 'dev'; bring more data"):
        build(rows, settings(data={"id": "id"}, split={"dev": 0.01}))


def test_another_task_takes_the_old_curves_away(mixed, numbers, settings) -> None:
    """ROC does not outlive the classes, nor residuals the numbers."""
    options = {"estimator": "sklearn.linear_model.Ridge"}
    build(mixed, settings(data={"id": "id"}))
    build(numbers, settings(data={"id": "id"}, train=options))
    assert plots() == NUMBERS
    assert json.loads(Path("metrics/dev.json").read_text())["r2"] > 0.9
    build(mixed, settings(data={"id": "id"}))
    assert plots() == CLASSES


def test_predictions_of_other_rows_are_refused(mixed, settings) -> None:
    """Answers are compared with the labels of the same rows only."""
    build(mixed, settings(data={"id": "id"}))
    said = tables.read("predictions/dev.parquet")
    tables.write(said[::-1], "predictions/dev.parquet")
    with pytest.raises(DataError, match="is not about the rows of"):
        evaluate.run(settings())


def test_sealed_rows_are_not_read(mixed, settings) -> None:
    """Without anything sealed the evaluation is the same."""
    build(mixed, settings(data={"id": "id"}))
    before = Path("metrics/dev.json").read_bytes()
    for path in (*Path("data/sealed").iterdir(), Path("predictions/sealed.parquet")):
        path.unlink()
    evaluate.run(settings())
    assert Path("metrics/dev.json").read_bytes() == before
