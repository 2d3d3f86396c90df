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
    tables.write(rows, "data/valid.parquet")
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
