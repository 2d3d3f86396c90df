"""Rules for cells, from a raw table to served answers: applied once, whichever way a cell takes."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.model import mlflow_model, predicting
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.stages import clean, ingest, label, predict, split, train, validate
from pipeline.table import stream, tables
from pipeline.table.tables import ROW_ID
from service.app import App
from service.score import file
from service.score.file import Job
from service.settings import Settings
from tests.pipeline.conftest import folder, settings
from tests.service.conftest import Running

__all__ = ["folder", "settings"]

STAGES = (ingest, clean, validate, label, split, train, predict)
RULES = {
    ".*": {"missing": ["?", "-1"]},
    "price": {"decimal": ",", "thousands": ".", "times": 0.01},
    "city": {"case": "lower", "replace": {"N.Y.": "new york"}},
    "weight": {"times": 1000},
    "fine": {"replace": {"ja": "yes", "nein": "no"}},
}
CODES = ("007", "1E5", "100000", "1925036343869802001", "1925036343869802002", "7")


def raw(rows: int = 400) -> pd.DataFrame:
    """A table as people write it."""
    draw = random.Random(3)
    cells = []
    for _ in range(rows):
        price, code, weight = draw.randint(1_000, 3_000_000), draw.choice(CODES), draw.uniform(0.1, 9)
        fine = (price > 2_000_000) ^ (code in CODES[:2]) ^ (weight > 5)
        cents = f"{price:,}".replace(",", ".") + f",{draw.randint(0, 99):02}" if price > 90_000 else "?"
        day = f"{draw.randint(1, 28):02}/{draw.randint(1, 12):02}/2023"
        city = draw.choice(["Ulm", " ULM", "ulm", "n.y.", "New York", "e\u0301tampes", "\u00c9tampes", "?", "None"])
        joined = draw.choice([day, day, "?"])
        cells.append([cents, code, weight, city, joined, "ja" if fine else "nein"])
    return pd.DataFrame(cells, columns=["price", "code", "weight", "city", "joined", "fine"])


@pytest.fixture
def built(folder: Path, settings: Callable[..., Params]) -> Params:
    """A model of a raw table with rules."""
    raw().to_csv("table.csv", index=False)
    params = settings(
        target="fine",
        data={"kinds": {"joined": "date", "code": "categorical"}, "missing": ["", "NA"], "positive": "ja"},
        clean={"columns": RULES},
        train={"estimator": "sklearn.linear_model.LogisticRegression", "params": {"max_iter": 50}},
    )
    for stage in STAGES:
        stage.run(params)
    return params


@pytest.fixture
def service(built: Params, folder: Path) -> Iterator[Running]:
    """It, served."""
    running = Running(
        App(Path("models"), Settings.read({"RECORDS_FOLDER": str(folder / "records")})), folder / "records"
    )
    yield running
    running.app.close()


def dev() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The dev rows as the source has them, and the model's answers for them as the stage gave them."""
    wanted = tables.read("predictions/dev.parquet")
    came = tables.read(tables.RAW).set_index(ROW_ID).loc[wanted[ROW_ID]].drop(columns="fine").reset_index(drop=True)
    return came, wanted.drop(columns=ROW_ID)


def same(said: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """To the last bit."""
    pd.testing.assert_frame_equal(said.reset_index(drop=True), wanted, check_exact=True, check_dtype=False)


@pytest.mark.slow
def test_raw_rows_are_answered_as_by_the_stages(service: Running) -> None:
    """By JSON, CSV and Parquet over HTTP, from files, as a function, and as MLflow loads it."""
    came, wanted = dev()
    about = Signature.load()
    assert about.positive == "yes"
    assert [c.name for c in about.columns if c.clean] == ["price", "code", "weight", "city", "joined"]
    assert next(c.categories for c in about.columns if c.name == "code") == tuple(sorted(CODES))
    rows = came.astype("object").where(came.notna(), None).to_dict("records")
    typed = [row | {"weight": float(row["weight"])} for row in rows]
    for each in (rows, typed):
        said = service.post("/predict", {"rows": each}).json()
        chances = pd.DataFrame(said["probabilities"]).add_prefix("p_")
        same(pd.DataFrame({"prediction": said["predictions"]}).join(chances), wanted)
    parquet = came.assign(weight=came["weight"].astype("float64"))
    bodies = {"text/csv": came.to_csv(index=False).encode(), "application/vnd.apache.parquet": parquet.to_parquet()}
    for media, body in bodies.items():
        headers = {"content-type": media, "accept": "application/json"}
        said = service.post("/predict/table", content=body, headers=headers).json()
        assert pd.DataFrame(said["probabilities"])["yes"].tolist() == wanted["p_yes"].tolist()
    came.to_csv("in.csv", index=False)
    parquet.to_parquet("in.parquet")
    for source in ("in.csv", "in.parquet"):
        file.score(Job(Path(source), Path(f"{source}.out.parquet"), Path("models")))
        same(pd.read_parquet(f"{source}.out.parquet"), wanted)
    for frame in (came, parquet, came.astype("object")):
        same(predicting.predictor("models")(frame), wanted)
        same(mlflow_model._load_pyfunc("models").predict(frame), wanted)


@pytest.mark.slow
def test_what_is_recorded_is_clean_and_comes_back_as_it_is(service: Running, built: Params) -> None:
    """Records hold cleaned cells; as rows of production they go through the stages, and nothing is multiplied twice."""
    came, _ = dev()
    rows = came.astype("object").where(came.notna(), None).to_dict("records")
    told = service.post("/predict", {"rows": rows}).json()
    for said, status in (("ja", 200), ("yes", 200), ("vielleicht", 400), ("nein", 409)):
        feedback = {"request_id": told["request_id"], "label": said}
        assert service.post("/feedback", feedback).status_code == status, said
    first = next(record for record in service.records() if record["kind"] == "predictions")
    inputs = pd.DataFrame(first["inputs"])
    valid = tables.read(tables.VALID).set_index(ROW_ID).loc[tables.read("data/dev.parquet")[ROW_ID]]
    assert inputs["price"].tolist() == pytest.approx(valid["price"].tolist(), rel=0, abs=0, nan_ok=True)
    assert inputs["city"].dropna().tolist() == valid["city"].dropna().tolist()
    assert set(inputs["city"].dropna()) == {"ulm", "new york", "\u00e9tampes", "none"}

    brought = inputs.assign(price=inputs["price"] + 1, fine="yes")
    brought.insert(0, ROW_ID, [f"{stream.STREAM}{i}" for i in range(len(brought))])
    stream.FOLDER.mkdir(parents=True)
    tables.write(brought, stream.ROWS)
    for stage in STAGES[:3]:
        stage.run(built)
    again = tables.read(tables.VALID).set_index(ROW_ID).loc[brought[ROW_ID]]
    for name in ("price", "weight"):
        assert again[name].tolist() == pytest.approx(brought[name].tolist(), rel=0, abs=0, nan_ok=True)
    for name in ("city", "code"):
        assert again[name].dropna().tolist() == brought[name].dropna().tolist()
    assert again["joined"].dropna().tolist() == pd.to_datetime(brought["joined"].dropna()).tolist()
    assert set(again["fine"]) == {"yes"}


@pytest.mark.slow
def test_what_callers_are_shown_is_what_they_may_send(service: Running) -> None:
    """Examples, ranges and categories are of cells before they are multiplied and replaced."""
    seen = {column["name"]: column for column in service.get("/model").json()["signature"]["columns"]}
    weights = raw()["weight"]
    assert weights.min() * 0.99 < seen["weight"]["minimum"] <= seen["weight"]["maximum"] < weights.max() * 1.01
    examples = service.get("/docs.json").json()["components"]["schemas"]["Row"]["examples"]
    for example in examples:
        assert service.post("/predict", {"row": example}).status_code == 200
    for record in service.records():
        for weight in record["inputs"]["weight"] if record["kind"] == "predictions" else []:
            assert weight is None or 100 <= weight <= 9_000  # within what training saw, in its unit


@pytest.mark.slow
def test_a_word_for_nothing_is_one_at_every_door(folder: Path, settings: Callable[..., Params]) -> None:
    """A Parquet table trained with the text NA and the number -9, asked by CSV, JSON and Parquet."""
    draw = random.Random(2)
    garages = [draw.choice(["NA", "Attached", "Detached"]) for _ in range(400)]
    areas: list[Any] = [draw.choice([-9, *range(50, 200)]) for _ in garages]
    sold = ["yes" if (garage == "NA") ^ (draw.random() < 0.1) else "no" for garage in garages]
    pd.DataFrame({"area": areas, "garage": garages, "sold": sold}).to_parquet("table.parquet")
    params = settings(
        "table.parquet",
        "sold",
        data={"missing": ["NA", "-9"]},
        train={"estimator": "sklearn.linear_model.LogisticRegression"},
    )
    for stage in STAGES:
        stage.run(params)
    assert tables.read(tables.VALID).isna().sum().tolist() == [0, areas.count(-9), garages.count("NA"), 0]
    running = Running(
        App(Path("models"), Settings.read({"RECORDS_FOLDER": str(folder / "records")})), folder / "records"
    )
    nothing: list[dict[str, Any]] = [{"area": area, "garage": "NA"} for area in (-9, -9.0, "-9", "-9.0", None, "NA")]
    said = running.post("/predict", {"rows": nothing}).json()["probabilities"]
    running.app.close()
    Path("in.csv").write_text("area,garage\n-9,NA\n-9.0,NA\nNA,\n,NA\n")
    pd.DataFrame({"area": [-9, -9], "garage": ["NA", None]}).to_parquet("in.parquet")
    for source in ("in.csv", "in.parquet"):
        file.score(Job(Path(source), Path(f"{source}.out.parquet"), Path("models")))
        said += [{"yes": p} for p in pd.read_parquet(f"{source}.out.parquet")["p_yes"]]
    assert len({answer["yes"] for answer in said}) == 1


@pytest.mark.slow
def test_true_and_false_are_labels(folder: Path, settings: Callable[..., Params]) -> None:
    """True, "True" and "true" are one label, as feedback and as data.positive."""
    draw = random.Random(3)
    numbers = [draw.gauss(0, 1) for _ in range(300)]
    pd.DataFrame({"x": numbers, "ok": [n > draw.gauss(0, 1) for n in numbers]}).to_csv("table.csv", index=False)
    for stage in STAGES:
        stage.run(settings(target="ok", data={"positive": "True"}))
    running = Running(
        App(Path("models"), Settings.read({"RECORDS_FOLDER": str(folder / "records")})), folder / "records"
    )
    for said in (True, "True", "true"):
        asked = running.post("/predict", {"row": {"x": 1}}).json()["request_id"]
        assert running.post("/feedback", {"request_id": asked, "label": said}).status_code == 200
    running.app.close()
