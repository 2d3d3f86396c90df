"""The loader that goes into MLflow's registry with the model."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import DataError, ModelError
from pipeline.model import mlflow_model
from pipeline.params import Params
from pipeline.stages import predict, split, train
from pipeline.table import tables


@pytest.fixture
def models(mixed: pd.DataFrame, settings: Callable[..., Params], folder: Path) -> Path:
    """A trained model and its predictions."""
    params = settings(source="table.csv", data={"id": "id"})
    tables.write(mixed, tables.LABELLED)
    for stage in (split, train, predict):
        stage.run(params)
    return Path("models")


def test_a_loaded_folder_answers_as_predictions_do(models: Path) -> None:
    """The folder is enough; with or without row ids the answers are those of predictions/, and name no rows."""
    loaded = mlflow_model._load_pyfunc(str(models))
    rows, wanted = tables.read("data/dev.parquet"), tables.read("predictions/dev.parquet").drop(columns="row_id")
    pd.testing.assert_frame_equal(loaded.predict(rows), wanted, check_exact=True)
    pd.testing.assert_frame_equal(loaded.predict(rows.drop(columns="row_id"), params=None), wanted, check_exact=True)
    with pytest.raises(DataError, match="'age' is missing"):
        loaded.predict(rows.drop(columns="age"))


def test_a_damaged_folder_is_not_loaded(models: Path) -> None:
    """Neither a model that is none, nor a folder without a signature, loads."""
    (models / "model.skops").write_text("broken")
    with pytest.raises(ModelError, match="damaged"):
        mlflow_model._load_pyfunc(str(models))
    (models / "signature.json").unlink()
    with pytest.raises(DataError, match="not here yet"):
        mlflow_model._load_pyfunc(str(models))
