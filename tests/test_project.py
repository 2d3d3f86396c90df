"""The project itself: its own table goes through every stage, and its service answers as its predictions say."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from pipeline import params, tracking
from pipeline.__main__ import STAGES, main
from pipeline.model.signature import Signature
from pipeline.stages import ingest
from pipeline.table import sources, tables
from service.app import App
from service.settings import Settings
from tests.service.conftest import Running, rows_of

ROOT = Path(__file__).parents[1]
ROWS = 3_000
"""The most rows of the table that the tests build from."""
ASKED = 200
NEEDED = ("models/model.skops", "models/signature.json", "data/dev.parquet", "predictions/dev.parquet")


def table() -> pd.DataFrame:
    """The project's table as `ingest` makes it; nothing is fetched from elsewhere."""
    data = params.load(ROOT / "params.yaml").data
    if data.source.startswith("sklearn:") or (ROOT / data.source).is_file():
        return ingest.tidy(sources.read(data), data)
    if (ROOT / tables.RAW).exists():
        return tables.read(ROOT / tables.RAW)
    pytest.skip("the table is not on this machine: `mainline outputs restore` brings it, or `mainline lock`")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with a sample of the project's table and what the stages have made of it."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        whole = table()
        patch.chdir(folder)
        patch.setattr(tracking, "record", lambda *_: "recorded nowhere, as in a test")
        (folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
        few = whole.sample(min(ROWS, len(whole)), random_state=0).sort_index().reset_index(drop=True)
        few.attrs = whole.attrs
        tables.write(few, tables.RAW)
        for stage in STAGES[1:]:
            assert main([stage]) == 0, f"{stage}: what it said is below"
        yield folder


def test_the_projects_own_table_goes_through_every_stage(sample: Path) -> None:
    """Each dev and sealed row has its answer, what is measured is a number, and sealed rows do not tell theirs."""
    target = Signature.load(sample / "models/signature.json").target
    for name, rows in (("dev", "data/dev.parquet"), ("sealed", "data/sealed/features.parquet")):
        asked, answers = tables.read(sample / rows), tables.read(sample / f"predictions/{name}.parquet")
        assert answers["row_id"].equals(asked["row_id"])
        assert answers["prediction"].notna().all()
    assert target not in asked.columns
    measured = json.loads((sample / "metrics/dev.json").read_text())
    assert [name for name, value in measured.items() if not math.isfinite(value)] == []


def test_the_same_rows_make_the_same_model(sample: Path) -> None:
    """Trained again, byte by byte; else every `mainline lock` would be a new model."""
    path = sample / "models/model.skops"
    first = path.read_bytes()
    assert main(["train"]) == 0
    assert path.read_bytes() == first


def test_the_service_answers_as_the_stages_do(sample: Path, tmp_path: Path) -> None:
    """The model of the sample, over HTTP."""
    answers_are_predictions(sample, tmp_path)


def test_the_service_answers_as_the_projects_predictions_say(tmp_path: Path) -> None:
    """The model that is built here, over HTTP."""
    if [name for name in NEEDED if not (ROOT / name).exists()]:
        pytest.skip("no model is built on this machine: `mainline lock` builds it, or `mainline outputs restore`")
    answers_are_predictions(ROOT, tmp_path)


def answers_are_predictions(folder: Path, records: Path) -> None:
    """Ask the service for dev rows, and compare what it says with predictions/dev.parquet."""
    signature = Signature.load(folder / "models/signature.json")
    dev = tables.read(folder / "data/dev.parquet").head(ASKED)
    expected = tables.read(folder / "predictions/dev.parquet").head(ASKED)
    app = App(folder / "models", Settings.read({"RECORDS_FOLDER": str(records)}))
    try:
        answer = Running(app, records).post("/predict", {"rows": rows_of(dev, ASKED, target=signature.target)})
    finally:
        app.close()
    assert answer.status_code == 200, answer.text
    said = answer.json()
    if signature.classes is None:
        assert said["predictions"] == pytest.approx(expected["prediction"].tolist(), rel=1e-9)
        return
    assert said["predictions"] == expected["prediction"].tolist()
    for label in signature.classes:
        chances = [row[str(label)] for row in said["probabilities"]]
        assert chances == pytest.approx(expected[f"p_{label}"].tolist(), rel=1e-9)
