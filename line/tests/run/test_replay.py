"""What a service has recorded, as of simulated days."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mainline.errors import MainlineError
from mainline.run import replay
from mainline.run.days import Request

ASKED = {name: Request(datetime(2026, 3, day, tzinfo=UTC), 0, False) for name, day in (("b", 2), ("a", 1))}


def line(kind: str, name: str) -> str:
    """As the service writes it."""
    return json.dumps({"kind": kind, "time": "2026-03-31T10:00:00+00:00", "request_id": name, "said": [0.1, "ä"]})


def records(folder: Path, *lines: str, name: str = "records-1.jsonl") -> Path:
    """A file of the service's."""
    folder.mkdir(exist_ok=True)
    first = json.dumps({"kind": "columns", "model_version": name})
    (folder / name).write_text("\n".join([first, *lines]) + "\n")
    return folder


def test_lines_are_written_in_the_order_of_the_days(tmp_path: Path) -> None:
    """From whichever of the service's files, behind what their columns are; what others asked is left out."""
    folder = records(tmp_path / "own", line("predictions", "c"), line("feedback", "c"), name="records-0.jsonl")
    records(folder, *(line(kind, name) for name in ("b", "a") for kind in ("predictions", "feedback")))
    path = tmp_path / "days/records-1.jsonl"
    assert replay.write(folder, ASKED, path) == 4
    first, *rest = map(json.loads, path.read_text().splitlines())
    assert first == {"kind": "columns", "model_version": "records-1.jsonl"}
    assert [(each["request_id"], each["kind"], each["time"][:13]) for each in rest] == [
        ("a", "predictions", "2026-03-01T00"),
        ("a", "feedback", "2026-03-01T20"),
        ("b", "predictions", "2026-03-02T00"),
        ("b", "feedback", "2026-03-02T20"),
    ]
    assert all(each["said"] == [0.1, "ä"] for each in rest)


def test_what_is_not_recorded_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while; and nothing is written."""
    monkeypatch.setattr(replay, "WRITTEN_WITHIN", 0.0)
    folder = records(tmp_path / "own", line("predictions", "a"))
    with pytest.raises(MainlineError, match=r"own: 1 of 2 answers are in the records$"):
        replay.write(folder, ASKED, tmp_path / "days/records-1.jsonl")
    assert not (tmp_path / "days").exists()
