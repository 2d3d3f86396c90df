"""People who use a model: they ask about rows, and may say later what was right."""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from line.tests.host.load import Client, Load


def rows_of(project: Path) -> list[tuple[dict[str, Any], Any]]:
    """The rows of a project's dev set, each with its label."""
    table = pd.read_parquet(project / "data/dev.parquet")
    rows = json.loads(table.drop(columns=["row_id", "target"]).to_json(orient="records"))
    return list(zip(rows, table["target"].tolist(), strict=True))


@dataclass
class Users(Load):
    """Clients who ask about rows and, if they may, say what was right; every answer but 200 is an error."""

    rows: list[tuple[dict[str, Any], Any]] = field(default_factory=list)
    labels: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    """Of the requests of all together: clients in step would ask each question several times, of the same side."""

    def run(self, port: int, ended: threading.Event, pause: float, content: Any) -> None:
        """Be one of them."""
        client = Client(port)
        while not ended.is_set():
            number = next(self.numbers)
            row, label = self.rows[number % len(self.rows)]
            try:
                answer = client.ask(content={"row": row}, x_user=f"user-{number % 500}", **self.headers)
                self.answers.append(answer)
                if self.labels and answer.status == 200:
                    self.answers.append(client.ask("/feedback", {"request_id": answer.id, "label": label}))
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(repr(error))
                client.close()
            time.sleep(pause)
        client.close()
