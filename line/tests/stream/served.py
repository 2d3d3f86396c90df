"""A project's own service in this process: it records rows that its table does not have, and labels for them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sklearn.datasets import load_digits

from mainline.project import Project
from service.app import App
from service.settings import Settings
from tests.service.conftest import Running, rows_of

TOLD = 297  # rows of the digits that the example leaves out
DAYS_AGO = 20


def digits(first: int = 1500) -> tuple[list[dict[str, Any]], list[int]]:
    """Rows of the example's table from a place on, and their labels."""
    frame = load_digits(as_frame=True).frame.iloc[first : first + TOLD]
    return rows_of(frame.assign(row_id="", label=frame["target"]).drop(columns="target"), TOLD), frame[
        "target"
    ].tolist()


def record(
    project: Project, folder: Path, rows: list[dict[str, Any]], labels: list[int], *, ago: int = DAYS_AGO
) -> Path:
    """Ask the project's service for rows, tell it the labels, and let it have been so many days ago."""
    settings = Settings.read({"RECORDS_FOLDER": str(folder), "MODEL_VERSION": "v1"})
    running = Running(App(project / "models", settings), folder)
    said = running.post("/predict", {"rows": rows}).json()
    told = [{"request_id": said["request_id"], "row": row, "label": label} for row, label in enumerate(labels)]
    assert {
        answer.status_code for answer in running.together([("POST", "/feedback", {"json": each}) for each in told])
    } == {200}
    running.app.close()
    shift(folder, ago)
    return folder


def shift(folder: Path, days: int) -> None:
    """Let what a folder records have been so many days ago."""
    for path in folder.glob("records-*.jsonl"):
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        for line in lines:
            if "time" in line:
                line["time"] = (datetime.fromisoformat(line["time"]) - timedelta(days=days)).isoformat(
                    timespec="microseconds"
                )
        path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))


def day(days_ago: int = DAYS_AGO) -> str:
    """The UTC day that was so many days ago."""
    return str((datetime.now(UTC) - timedelta(days=days_ago)).date())
