"""Predictions for rows the model has not seen, without a look at the sealed answers."""

from pathlib import Path

import pytest

from pipeline.errors import DataError, ModelError
from pipeline.model import predicting
from pipeline.stages import predict, split, train
from pipeline.table import tables


@pytest.fixture
def built(mixed, settings, folder: Path) -> Path:
    """A folder in which a model is trained."""
    tables.write(mixed, tables.LABELLED)
    split.run(settings(data={"id": "id"}))
    train.run(settings())
    return folder


def test_every_row_gets_its_answer(built: Path, settings) -> None:
    """Dev and sealed rows, in their order; what stands there is what the model says."""
    predict.run(settings())
    for rows, said in predict.TABLES.items():
        table, answers = tables.read(rows), tables.read(said)
        assert answers["row_id"].tolist() == table["row_id"].tolist()
        assert list(answers.columns) == ["row_id", "prediction", "p_no", "p_yes"]
        likelier = answers[["p_no", "p_yes"]].idxmax(axis=1).str.removeprefix("p_")
        assert answers["prediction"].tolist() == likelier.tolist()


def test_sealed_labels_are_never_read(built: Path, settings) -> None:
    """Where the labels are not even there, the predictions are the same."""
    predict.run(settings())
    before = Path("predictions/sealed.parquet").read_bytes()
    Path("data/sealed/labels.parquet").unlink()
    predict.run(settings())
    assert Path("predictions/sealed.parquet").read_bytes() == before
    Path("data/sealed/features.parquet").unlink()
    with pytest.raises(DataError, match=r"features.*: not here yet"):
        predict.run(settings())


def test_a_row_of_other_columns_is_refused(built: Path, settings) -> None:
    """Rows that lack a column of the model are not guessed at."""
    tables.write(tables.read("data/dev.parquet").drop(columns="age"), "data/dev.parquet")
    with pytest.raises(DataError, match="column 'age' is missing"):
        predict.run(settings())


def test_a_model_that_fails_costs_one_line(built: Path, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reason is told with the table on which it failed."""

    def fail(*_: object) -> None:
        raise ValueError("no neighbours\nat all")

    monkeypatch.setattr(predicting, "predict", fail)
    with pytest.raises(ModelError, match=r"failed on the rows of data/dev.parquet: no neighbours$"):
        predict.run(settings())
