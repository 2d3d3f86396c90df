"""Small project folders as the pipeline would leave them: champion and challenger of four tasks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier

from mainline.project import Project
from mainline.report.compare import Comparison, Predicted
from mainline.report.side import Column, Side, Signature, read_side


def column_facts(values: pd.Series, kind: str) -> dict[str, Any]:
    """One entry of signature.json's columns."""
    fact: dict[str, Any] = {
        "name": values.name,
        "kind": kind,
        "missing": round(float(values.isna().mean()), 4),
    }
    if kind == "numeric":
        fact |= {"minimum": float(values.min()), "maximum": float(values.max())}
    if kind == "date":
        fact |= {"minimum": values.min().isoformat(), "maximum": values.max().isoformat()}
    if kind == "categorical":
        fact["categories"] = sorted(values.dropna().unique())
    return fact


def write_project(
    root: Path,
    model: Any,
    train: pd.DataFrame,
    dev: pd.DataFrame,
    *,
    task: str,
    target: str,
    kinds: Mapping[str, str],
    params: Mapping[str, Any],
    positive: Any = None,
) -> Path:
    """Fit `model` on `train` and write every file the report reads, with garbage where the sealed set would be."""
    names = [name for name, kind in kinds.items() if kind != "ignored"]
    model.fit(train[names], train[target])
    said = pd.DataFrame({"row_id": dev["row_id"].to_numpy(), "prediction": model.predict(dev[names])})
    if task != "regression":
        for name, column in zip(model.classes_, model.predict_proba(dev[names]).T, strict=True):
            said[f"p_{name}"] = column
    signature = {
        "format": 1,
        "task": task,
        "target": target,
        "classes": None if task == "regression" else model.classes_.tolist(),
        "positive": positive,
        "estimator": f"{type(model).__module__}.{type(model).__name__}",
        "rows": len(train),
        "columns": [column_facts(train[name], kind) for name, kind in kinds.items()],
    }
    for folder in ("data/sealed", "models", "predictions", "metrics"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "params.yaml").write_text(yaml.safe_dump(dict(params)))
    (root / "models/signature.json").write_text(json.dumps(signature))
    (root / "models/model.skops").write_bytes(b"\0" * (20_000 + 31 * len(signature["estimator"])))
    (root / "metrics/dev.json").write_text(json.dumps({"rows": len(dev), "lift_at_10": 2.5}))
    train.to_parquet(root / "data/train.parquet")
    dev.to_parquet(root / "data/dev.parquet")
    said.to_parquet(root / "predictions/dev.parquet")
    for sealed in (
        "data/sealed/labels.parquet",
        "data/sealed/features.parquet",
        "predictions/sealed.parquet",
    ):
        (root / sealed).write_bytes(b"SEALED GARBAGE")
    return root


def params(estimator: str, **extra: Any) -> dict[str, Any]:
    """A params.yaml with one estimator."""
    return {"train": {"estimator": estimator, "params": {"seed": 1}}, "gate": {"slices": [], **extra}}


def _halves(table: pd.DataFrame, dev: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    table.insert(0, "row_id", [f"row-{i:05d}" for i in range(len(table))])
    return table.iloc[dev:].reset_index(drop=True), table.iloc[:dev].reset_index(drop=True)


def customers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and dev of a binary task with every kind of column."""
    rng = np.random.default_rng(3)
    n = 1400
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n).astype(float),
            "income": rng.lognormal(10, 0.5, n).round(),
            "plan": rng.choice(["basic", "family", "business"], n, p=[0.6, 0.3, 0.1]),
            "gender": rng.choice(["f", "m"], n),
            "joined": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 1500, n), unit="D"),
        }
    )
    odds = 0.06 * (table["age"] - 45) + 1.6 * (table["plan"] == "basic") - 1.2 * (table["gender"] == "m") - 0.4
    odds += np.where((table["age"] > 60) & (table["plan"] == "family"), -3.0, 0.0)
    table["churn"] = np.where(rng.random(n) < 1 / (1 + np.exp(-odds)), "Yes", "No")
    table.loc[rng.random(n) < 0.05, "income"] = np.nan
    return _halves(table, 500)


def houses() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and dev of a regression whose target is far from zero."""
    rng = np.random.default_rng(5)
    n = 1000
    table = pd.DataFrame(
        {
            "area": rng.uniform(30, 220, n).round(1),
            "rooms": rng.integers(1, 8, n).astype(float),
            "district": rng.choice(["north", "south", "harbour"], n),
        }
    )
    table["price"] = 50_000 + 2100 * table["area"] + 40_000 * (table["district"] == "harbour") * (table["area"] > 120)
    table["price"] += 9 * (table["area"] - 90) ** 2 + rng.normal(0, 15_000, n)
    return _halves(table, 400)


def digits() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and dev of scikit-learn's digits with columns pixel_<r>_<c>."""
    data = load_digits()
    table = pd.DataFrame(data.data, columns=[f"pixel_{r}_{c}" for r in range(8) for c in range(8)])
    table["digit"] = data.target
    return _halves(table.sample(frac=1, random_state=0).reset_index(drop=True).iloc[:975].copy(), 225)


def tickets() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and dev of a text task in three classes."""
    rng = np.random.default_rng(8)
    words = {
        "billing": ["invoice", "charged", "refund", "card", "price"],
        "technical": ["crash", "error", "login", "slow", "update"],
        "praise": ["great", "thanks", "love", "fast", "helpful"],
    }
    common = ["the", "app", "today", "again", "please", "account", "my"]
    kinds = rng.choice(list(words), 600)
    text = [
        " ".join(
            rng.choice(words[kind], rng.integers(0, 3)).tolist() + rng.choice(common, rng.integers(4, 30)).tolist()
        )
        for kind in kinds
    ]
    return _halves(pd.DataFrame({"message": text, "topic": kinds}), 200)


def _pixels() -> dict[str, str]:
    return {f"pixel_{r}_{c}": "numeric" for r in range(8) for c in range(8)}


def _encoded(model: Any) -> Any:
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["plan", "gender"]), ("passthrough", ["age"])
    )
    return make_pipeline(columns, model)


def build(root: Path) -> Path:
    """Every project, champion and challenger, under `root`/<task>/<side>."""
    customer = dict(age="numeric", income="numeric", plan="categorical", gender="categorical", joined="date")
    house = dict(area="numeric", rooms="numeric", district="ignored")
    plans: list[tuple[str, tuple[pd.DataFrame, pd.DataFrame], Any, Any, dict[str, Any]]] = [
        (
            "binary", customers(), _encoded(LogisticRegression(max_iter=500)),
            _encoded(RandomForestClassifier(60, min_samples_leaf=8, random_state=1)),
            dict(task="binary", target="churn", kinds=customer, positive="Yes"),
        ),
        (
            "regression", houses(), Ridge(), RandomForestRegressor(60, min_samples_leaf=3, random_state=1),
            dict(task="regression", target="price", kinds=house),
        ),
        (
            "digits", digits(), DecisionTreeClassifier(max_depth=12, random_state=1),
            RandomForestClassifier(80, random_state=1),
            dict(task="multiclass", target="digit", kinds=_pixels()),
        ),
        (
            "text", tickets(), make_pipeline(OneColumn("message"), DummyClassifier()),
            make_pipeline(OneColumn("message"), TfidfVectorizer(), LogisticRegression()),
            dict(task="multiclass", target="topic", kinds={"message": "text"}),
        ),
    ]  # fmt: skip
    for name, (train, dev), champion, challenger, about in plans:
        slices = {"binary": ["plan", "gender"], "regression": ["district"]}.get(name, [])
        for side, model in (("champion", champion), ("challenger", challenger)):
            cut = train.iloc[: int(len(train) * 0.9)] if side == "champion" else train
            settings = params(type(model).__name__, slices=slices)
            write_project(root / name / side, model, cut, dev, params=settings, **about)
    return root


class OneColumn:
    """A step of a scikit-learn pipeline that hands on one column of a frame."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(self, table: pd.DataFrame, target: Any = None) -> "OneColumn":
        """Nothing to learn."""
        return self

    def transform(self, table: pd.DataFrame) -> pd.Series:
        """The column."""
        return table[self.name]


TASKS = ("binary", "regression", "digits", "text")
Pair = tuple[Side, Side]


@pytest.fixture(scope="session")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all projects, built once."""
    return build(tmp_path_factory.mktemp("projects"))


@pytest.fixture(scope="session")
def pairs(projects: Path) -> dict[str, Pair]:
    """(challenger, champion) of each project."""
    return {name: read_pair(projects / name) for name in TASKS}


def read_pair(folder: Path) -> Pair:
    """Challenger and champion of one project."""
    return (
        read_side(Project(folder / "challenger"), "challenger", "working tree", fit_seconds=1.84, latency_ms=3.1),
        read_side(Project(folder / "champion"), "champion", "3f9c2ab", fit_seconds=0.021, latency_ms=0.72),
    )


@pytest.fixture
def altered() -> Callable[..., Side]:
    """The side with some of its tables (dev, train, predictions) passed through a function."""

    def alter(side: Side, **tables: Callable[[pd.DataFrame], pd.DataFrame]) -> Side:
        return replace(side, **{name: change(getattr(side, name).copy()) for name, change in tables.items()})

    return alter


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh small project folder that a test may damage."""
    train, dev = customers()
    kinds = {"age": "numeric", "plan": "categorical", "gender": "categorical"}
    about: dict[str, Any] = {"task": "binary", "target": "churn", "kinds": kinds, "positive": "Yes"}
    model = _encoded(LogisticRegression(max_iter=500))
    return write_project(tmp_path / "project", model, train, dev, params=params("Logistic"), **about)


@pytest.fixture
def many_classes() -> Pair:
    """Challenger and champion of a task with 200 classes whose names try to break out of whatever shows them."""
    rng = np.random.default_rng(2)
    names = [f"<b>|`@someone` class {k} {'long ' * 30}</b>" for k in range(200)]
    truth = rng.integers(0, 200, 1000)
    ids = [f"row|{i}`<i>" for i in range(1000)]
    dev = pd.DataFrame({"row_id": ids, "note": "@team | `x`\n<script>alert(1)</script>" * 9})
    dev["label"] = [names[k] for k in truth]
    signature = Signature(
        "multiclass", "label", tuple(names), None, "a.b.C", 1000, (Column("note", "text"), Column("|x|", "ignored"))
    )

    def side(name: str, right: float) -> Side:
        said = np.where(rng.random(1000) < right, truth, rng.integers(0, 200, 1000))
        chance = np.full((1000, 200), 0.1 / 199)
        chance[np.arange(1000), said] = 0.9
        table = pd.DataFrame(chance, columns=[f"p_{n}" for n in names])
        table.insert(0, "row_id", ids)
        table.insert(1, "prediction", [names[k] for k in said])
        settings = {f"key|`{k}": {"<i>": name + "@x" * 200} for k in range(300)}
        return Side(name, "c0ffee", settings, signature, {}, dev, None, table, 10)

    return side("challenger", 0.8), side("champion", 0.6)


@pytest.fixture
def compared() -> Callable[..., Comparison]:
    """A comparison straight from arrays: truth, the challenger's answers and, if any, the champion's."""

    def make(truth: Any, challenger: Any, champion: Any = None, /, task: str = "binary", **chance: Any) -> Comparison:
        truth, classes = np.asarray(truth), 0 if task == "regression" else int(np.max(truth)) + 1

        def said(name: str, label: Any) -> Predicted:
            label = np.asarray(label)
            given = np.eye(classes)[label] if classes else np.empty((len(label), 0))
            return Predicted(name, label, np.asarray(chance.get(name, given), float))

        rows = pd.DataFrame({"row_id": [str(i) for i in range(len(truth))]})
        old = None if champion is None else said("champion", champion)
        names = tuple("abcdefghij"[:classes])
        return Comparison(task, "y", names, classes - 1, rows, truth, said("challenger", challenger), old)

    return make
