"""Settings, a table of every kind of column, and a folder to run stages in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.params import Params

Settings = Callable[..., Params]


@pytest.fixture
def settings() -> Settings:
    """Make Params: settings(source=..., target=...), and sections by name."""

    def make(
        source: str = "table.csv",
        target: str = "label",
        *,
        data: dict[str, Any] | None = None,
        train: dict[str, Any] | None = None,
        **sections: Any,
    ) -> Params:
        return Params.model_validate(
            {
                "data": {"source": source, "target": target} | (data or {}),
                "train": {"estimator": "sklearn.tree.DecisionTreeClassifier"} | (train or {}),
                **sections,
            }
        )

    return make


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, with MLflow at its default place."""
    monkeypatch.chdir(tmp_path)
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def mixed() -> pd.DataFrame:
    """240 parsed rows with each kind of column and gaps; `label` (yes, no) depends on age and city."""
    random, rows = np.random.default_rng(0), 240
    age = random.integers(18, 90, rows).astype("float64")
    city = random.choice(["Ulm", "Bonn", "Kiel"], rows)
    words = np.array(["red", "green", "blue", "big", "small", "old", "new"])
    frame = pd.DataFrame(
        {
            "row_id": [f"r{i}" for i in range(rows)],
            "age": age,
            "city": pd.Series(city, dtype="str"),
            "note": pd.Series([" ".join(random.choice(words, 5)) for _ in range(rows)], dtype="str"),
            "since": pd.to_datetime("2024-01-01") + pd.to_timedelta(random.integers(0, 400, rows), unit="D"),
            "label": pd.Series(
                np.where(age + 30 * (city == "Ulm") + random.normal(0, 9, rows) > 65, "yes", "no"), dtype="str"
            ),
        }
    )
    frame["since"] = frame["since"].astype("datetime64[us]")
    frame.loc[3, "age"] = np.nan
    frame.loc[[5, 6], "city"] = None
    frame.loc[7, "since"] = pd.NaT
    frame.loc[8, "note"] = None
    return frame


@pytest.fixture
def numbers() -> pd.DataFrame:
    """200 parsed rows of two numbers; `label`, a number, depends on both."""
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(200, 2)), columns=["a", "b"])
    frame.insert(0, "row_id", [str(i) for i in range(200)])
    return frame.assign(label=2 * frame["a"] - frame["b"] + random.normal(0, 0.3, 200))
