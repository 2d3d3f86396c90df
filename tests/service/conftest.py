"""Models of every task, each in a folder as the service finds it, and clients that ask them."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from pipeline.model import fitting, saving
from pipeline.params import Params
from service.app import App
from service.records.recorder import read
from service.settings import Settings

Start = Callable[..., "Running"]


def people(rows: int = 240) -> pd.DataFrame:
    """Parsed rows of numbers, categories and dates with gaps; `label` (yes, no) depends on age and city."""
    random = np.random.default_rng(0)
    age = random.integers(18, 90, rows).astype("float64")
    city = random.choice(["Ulm", "Bonn", "Kiel"], rows)
    since = pd.to_datetime("2024-01-01") + pd.to_timedelta(random.integers(0, 400, rows), unit="D")
    label = np.where(age + 30 * (city == "Ulm") + random.normal(0, 9, rows) > 65, "yes", "no")
    frame = pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(rows)],
            "age": age,
            "city": pd.Series(city, dtype="str"),
            "since": since.astype("datetime64[us]"),
            "height": random.normal(170, 10, rows).round(1),
            "label": pd.Series(label, dtype="str"),
        }
    )
    frame.loc[3, "age"], frame.loc[[5, 6], "city"], frame.loc[7, "since"] = np.nan, None, pd.NaT
    return frame


def notes(rows: int = 240) -> pd.DataFrame:
    """The same with a column of text."""
    random = np.random.default_rng(1)
    words = np.array(["red", "green", "blue", "big", "small", "old", "new"])
    return people(rows).assign(note=pd.Series([" ".join(random.choice(words, 5)) for _ in range(rows)], dtype="str"))


def digits() -> pd.DataFrame:
    """Parsed rows of 8 x 8 pixels; `label` is the digit."""
    frame = load_digits(as_frame=True).frame.head(600).rename(columns={"target": "label"})
    frame.insert(0, "row_id", [str(i) for i in range(len(frame))])
    return frame


def numbers() -> pd.DataFrame:
    """Parsed rows of two numbers; `label`, a number, depends on both."""
    random = np.random.default_rng(2)
    frame = pd.DataFrame(random.normal(size=(300, 2)), columns=["a", "b"])
    frame.insert(0, "row_id", [str(i) for i in range(300)])
    return frame.assign(label=2 * frame["a"] - frame["b"] + random.normal(0, 0.3, 300))


TABLES = {
    "people": (people, "sklearn.tree.DecisionTreeClassifier", {"max_depth": 4}),
    "notes": (notes, "sklearn.linear_model.LogisticRegression", {}),
    "digits": (digits, "sklearn.tree.DecisionTreeClassifier", {"max_depth": 6}),
    "numbers": (numbers, "sklearn.linear_model.LinearRegression", {}),
}


def fit(frame: pd.DataFrame, estimator: str, parameters: dict[str, Any], **sections: Any) -> tuple[Any, Any]:
    """The fitted model of a table, and its signature."""
    about = {"data": {"source": "x", "target": "label"}, "train": {"estimator": estimator, "params": parameters}}
    return fitting.fit(frame, Params.model_validate(about | sections))


class Running:
    """The service in this process."""

    def __init__(self, app: App, records: Path) -> None:
        self.app, self._records = app, records

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; options are httpx's."""
        return self.together([(method, path, options)])[0]

    def together(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """Several requests at a time."""

        async def all_of_them() -> list[httpx.Response]:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://service") as client:
                return await asyncio.gather(*(client.request(*each, **options) for *each, options in requests))

        return asyncio.run(all_of_them())

    def post(self, path: str, told: Any = None, **options: Any) -> httpx.Response:
        """POST, with a JSON body unless options say otherwise."""
        return self.ask("POST", path, **({"json": told} if told is not None else {}), **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.ask("GET", path, **options)

    def count(self, name: str, **labels: str) -> float:
        """A counter's value."""
        return self.app.metrics.registry.get_sample_value(name, labels) or 0.0

    def records(self) -> list[dict[str, Any]]:
        """Everything recorded; nothing more is after that."""
        self.app.recorder.close()
        return list(read(self._records))


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder with signature.json and model.skops for each table; `private` is people with two private columns."""
    made = {}
    private = {"service": {"private": ["city", "height"]}}
    for name, sections in [*((name, {}) for name in TABLES), ("private", private)]:
        table, estimator, parameters = TABLES["people" if name == "private" else name]
        fitted, signature = fit(table(), estimator, parameters, **sections)
        made[name] = tmp_path_factory.mktemp(name)
        saving.save(fitted, made[name] / "model.skops")
        signature.save(made[name] / "signature.json")
    return made


@pytest.fixture
def start(folders: dict[str, Path], tmp_path: Path) -> Iterator[Start]:
    """Start the service for a table: start("people", SERVICE_MAX_ROWS="5")."""
    started: list[Running] = []

    def make(name: str, **environment: str) -> Running:
        folder = tmp_path / f"records{len(started)}"
        settings = Settings.read({"RECORDS_FOLDER": str(folder), "MODEL_VERSION": "v1", **environment})
        started.append(Running(App(folders[name], settings), folder))
        return started[-1]

    yield make
    for running in started:
        running.app.close()


def rows_of(frame: pd.DataFrame, count: int, *, target: str = "label") -> list[dict[str, Any]]:
    """The first rows as JSON says them, without row_id and the target."""
    head = frame.head(count).drop(columns=["row_id", target])
    return [
        {name: _cell(value) for name, value in row.items()} for row in head.astype(object).to_dict(orient="records")
    ]


def _cell(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value
