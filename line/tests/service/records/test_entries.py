"""The first line of a file of records: enough to count all others without the model, and nothing of private columns."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.model.signature import Signature
from service.records.entries import Scribe
from service.settings import Settings
from tests.service.conftest import Start


def about(folder: Path, **environment: str) -> dict[str, Any]:
    """The first line for a model's folder, as it is read."""
    signature = Signature.load(folder / "signature.json")
    scribe = Scribe.of(signature, signature.classes, Settings.read({"MODEL_VERSION": "v1", **environment}))
    said: dict[str, Any] = json.loads(json.dumps(scribe.about))
    return said


def test_it_says_what_the_training_rows_held(folders: dict[str, Path]) -> None:
    """Of each column what bins are made from, in the order of the signature."""
    said = about(folders["notes"])
    assert (said["kind"], said["model_version"], said["task"]) == ("columns", "v1", "binary")
    assert said["classes"] == ["no", "yes"]
    assert [column.keys() for column in said["columns"]] == [
        {"name", "kind", "minimum", "maximum", "deciles"},
        {"name", "kind", "categories"},
        {"name", "kind", "minimum", "maximum"},
        {"name", "kind", "minimum", "maximum", "deciles"},
        {"name", "kind", "deciles"},
    ]


def test_it_says_which_rows_are_sealed(folders: dict[str, Path], tmp_path: Path) -> None:
    """As split had it at training, the group too; of a model from before that was written down, nothing."""
    said = about(folders["notes"])
    assert said["sealed"] == {"salt": "mainline", "start": 0.15, "stop": 0.5, "group": None}
    assert list(said) == ["kind", "model_version", "task", "classes", "sealed", "columns"]
    older = json.loads((folders["notes"] / "signature.json").read_text())
    del older["sealed"]
    (tmp_path / "signature.json").write_text(json.dumps(older))
    assert "sealed" not in about(tmp_path)


def test_of_a_regression_it_has_the_deciles_of_the_target(folders: dict[str, Path]) -> None:
    """In place of classes."""
    said = about(folders["numbers"])
    assert "classes" not in said
    assert said["deciles"] == list(Signature.load(folders["numbers"] / "signature.json").deciles or ())


@pytest.mark.parametrize("key", ["", "secret"])
def test_private_columns_are_not_in_it(folders: dict[str, Path], key: str) -> None:
    """Nor their values, nor their hashes' names."""
    said = about(folders["private"], RECORDS_KEY=key)
    assert [column["name"] for column in said["columns"]] == ["age", "since"]
    assert "Ulm" not in json.dumps(said)


def test_the_service_writes_it_first(start: Start, tmp_path: Path) -> None:
    """Before the first record of a file."""
    running = start("people")
    running.post("/feedback", {"request_id": "x", "label": "yes"})
    running.app.close()
    (path,) = (tmp_path / "records0").glob("records-*.jsonl")
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["kind"], second["kind"]) == ("columns", "feedback")
