"""Tables as they come: each ends in a model that is right, or in a refusal whose settings, once made, lead to one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import r2_score

from line.tests.projects import TOP
from pipeline.errors import PipelineError
from pipeline.model.predicting import predictor
from pipeline.stages import clean, ingest, label, split, train, validate
from pipeline.table import tables

TABLES = TOP.parent / "shared/cases/tables"
REGRESSOR = {"estimator": "sklearn.ensemble.HistGradientBoostingRegressor"}
GERMAN = {"carat|depth|table|x|y|z": {"decimal": ","}}
LATIN = {"data": {"encoding": "cp1252"}}
THOUSANDS = {"price": {"thousands": ","}}


def model(settings: Callable[..., Any], **said: Any) -> None:
    """The stages up to the model."""
    params = settings(**said)
    for stage in (ingest, clean, validate, label, split, train):
        stage.run(params)


@pytest.mark.slow
@pytest.mark.skipif(not TABLES.exists(), reason="the tables of ../shared/cases/tables are not on this machine")
@pytest.mark.parametrize(
    ("name", "target", "steps"),
    [
        (
            "german_excel_export.csv",
            "price",
            [
                ("set data.separator to ';'", {"data": {"separator": ";"}}),
                ('clean: {columns: {"carat|depth|table|x|y|z": {decimal: ","}}}', {"clean": {"columns": GERMAN}}),
            ],
        ),
        (
            "latin1.csv",
            "income",
            [("line 2: not UTF-8 text; set data.encoding: cp1252", {"data": {"encoding": "cp1252"}})],
        ),
        ("price_thousands.csv", "price", [('columns: {price: {thousands: ","}}', {"clean": {"columns": THOUSANDS}})]),
        ("table.jsonl", "price", [('columns: {price: {thousands: ","}}', {"clean": {"columns": THOUSANDS}})]),
        ("table.xlsx", "price", []),
        ("regression_tied_deciles.csv", "tip", []),
        ("unnamed_index.csv", "income", []),
    ],
    ids=["german", "latin1", "thousands", "lines", "workbook", "tied", "index"],
)
def test_what_the_refusal_says_leads_to_a_model(
    name: str, target: str, steps: list[tuple[str, dict[str, Any]]], folder: Path, settings: Any
) -> None:
    """Each step by the line before it; prices are then explained to nine tenths."""
    said: dict[str, Any] = {"target": target, "data": {"source": str(TABLES / name)}}
    if target != "income":
        said["train"] = REGRESSOR
    for words, settled in steps:
        with pytest.raises(PipelineError) as error:
            model(settings, **said)
        assert words in str(error.value)
        said["data"] |= settled.get("data", {})
        said |= {key: value for key, value in settled.items() if key != "data"}
    model(settings, **said)
    if target == "price":
        dev = tables.read("data/dev.parquet")
        raw = tables.read(tables.RAW).set_index("row_id").loc[dev["row_id"]].reset_index()
        answers = predictor()(raw.drop(columns="price"))  # as the table has them: the rules go with the model
        assert r2_score(dev["price"], answers["prediction"]) > (
            0.9 if len(dev) > 100 else 0.8
        )  # of 600 rows, 294 train
