"""What an estimator is fitted to, in a file: for whoever trains a network elsewhere."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ParamsError
from pipeline.model import fitting
from pipeline.stages import features
from pipeline.table import tables
from tests.pipeline.conftest import Settings


def test_the_features_of_the_training_rows_are_written(
    folder: Path, mixed: pd.DataFrame, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    """By name, in the order in which a model gets them, with the rows' ids and labels."""
    rows = mixed.drop(columns="note")
    tables.write(rows, "data/train.parquet")
    params = settings(train={"scale": True, "columns": {"age": {"missing": "flag"}}})
    features.run(params, "out/features.parquet")
    written = pd.read_parquet("out/features.parquet")
    fitted, about = fitting.fit(tables.read("data/train.parquet"), params)
    made = written.drop(columns=["row_id", "label"])
    assert np.array_equal(made, fitted["columns"].transform(about.conform(rows)))
    assert list(made)[:2] == ["numeric missing=flag__age", "numeric missing=flag__missingindicator_age"]
    assert written[["row_id", "label"]].equals(rows[["row_id", "label"]])
    assert "features: 11 of 240 rows, and 'label': out/features.parquet" in capsys.readouterr().out


def test_texts_and_other_kinds_of_files_are_refused(folder: Path, mixed: pd.DataFrame, settings: Settings) -> None:
    """In a line that says what to do."""
    tables.write(mixed, "data/train.parquet")
    with pytest.raises(ParamsError, match=r"'note' is text, .*; say it is ignored"):
        features.run(settings(), "features.parquet")
    with pytest.raises(ParamsError, match=r"features\.csv: name a file that ends in \.parquet"):
        features.run(settings(), "features.csv")
