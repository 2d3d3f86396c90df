"""The profile of train and dev rows: figures by column and side, and never a word of sealed rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import ParamsError
from pipeline.stages import explore
from tests.pipeline.conftest import Settings


def write(mixed: pd.DataFrame, sealed: bytes | None = b"SEALED GARBAGE") -> None:
    """The files that split leaves."""
    Path("data/sealed").mkdir(parents=True, exist_ok=True)
    mixed[:160].to_parquet("data/train.parquet", index=False)
    mixed[160:].to_parquet("data/dev.parquet", index=False)
    for name in ("features", "labels"):
        path = Path(f"data/sealed/{name}.parquet")
        path.unlink(missing_ok=True)
        if sealed is not None:
            path.write_bytes(sealed)


def profile() -> dict[str, Any]:
    """What was written."""
    found: dict[str, Any] = json.loads(Path(explore.OUTPUT).read_text())
    return found


def test_the_same_rows_give_the_same_bytes_whatever_is_sealed(
    folder: Path, mixed: pd.DataFrame, settings: Settings
) -> None:
    """Twice, with the sealed rows changed, and without them."""
    seen = set()
    for sealed in (b"SEALED GARBAGE", b"SEALED GARBAGE", b"other", None):
        write(mixed, sealed)
        explore.run(settings())
        seen.add(Path(explore.OUTPUT).read_bytes())
    assert len(seen) == 1


@pytest.mark.parametrize(("rules", "passes"), [({"label": {"case": "lower"}}, True), ({}, False)])
def test_the_positive_class_may_be_said_as_the_table_says_it(
    folder: Path, mixed: pd.DataFrame, settings: Settings, rules: dict[str, Any], passes: bool
) -> None:
    """By what clean makes of it, as train takes it; without a rule there is no such class."""
    write(mixed)
    params = settings(data={"positive": "NO"}, clean={"columns": rules})
    if passes:
        explore.run(params)
        assert profile()["target"]["series"] == ["no"]
    else:
        with pytest.raises(ParamsError, match=r"data\.positive: the target is never 'NO'"):
            explore.run(params)


def test_each_column_is_told_by_side(folder: Path, mixed: pd.DataFrame, settings: Settings) -> None:
    """Rows, gaps, quantiles, bins of one size, and the target in each."""
    write(mixed)
    explore.run(settings())
    made = profile()
    assert made["rows"] == {"train": 160, "dev": 80}
    age, city = made["columns"]["age"], made["columns"]["city"]
    train = mixed[:160]
    assert age["kind"] == "numeric"
    assert age["train"]["missing"] == int(train["age"].isna().sum())
    assert age["train"]["quantiles"][4] == pytest.approx(train["age"].median())
    assert sum(age["train"]["counts"]) + age["train"]["missing"] == 160
    assert sum(age["dev"]["counts"]) + age["dev"]["missing"] == 80
    assert len(age["edges"]) == len(age["train"]["counts"]) + 1
    at = city["values"].index("Ulm")
    share = (train["label"][train["city"] == "Ulm"] == "yes").mean()
    assert made["target"] == {"name": "label", "task": "binary", "series": ["yes"]}
    assert city["train"]["target"][0][at] == pytest.approx(share, rel=1e-5)
    assert next(iter(made["associations"]["target"])) in ("age", "city")


def test_of_a_private_column_only_counts_are_told(folder: Path, mixed: pd.DataFrame, settings: Settings) -> None:
    """No value of it is anywhere in the file, and no other fact."""
    mixed["city"] = mixed["city"].replace({"Ulm": "?", "Bonn": "SECRET"})
    write(mixed)
    explore.run(settings(service={"private": ["city"]}))
    text = Path(explore.OUTPUT).read_text()
    assert "SECRET" not in text
    assert set(profile()["columns"]["city"]["train"]) == {"rows", "missing", "distinct"}
    assert "city" not in profile()["associations"]["target"]
    assert profile()["hints"] == []
    explore.run(settings())
    assert [each["kind"] for each in profile()["hints"]] == ["nothing"]


def test_rows_that_judge_a_retraining_are_in_no_figure(folder: Path, mixed: pd.DataFrame, settings: Settings) -> None:
    """Their labels are not to be known before the gate has asked them."""
    mixed.loc[200:219, "row_id"] = [f"asked:3:{i}" for i in range(20)]
    write(mixed)
    explore.run(settings())
    assert profile()["rows"] == {"train": 160, "dev": 60}


def test_rows_that_came_together_count_once_for_drift(settings: Settings) -> None:
    """A hundred rows of one group, all on one side, are one draw and not a hundred."""
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(60), 50)
    level = random.normal(size=60)
    frame = pd.DataFrame({"row_id": [f"{i:016x}" for i in range(3000)], "who": group, "level": level[group]})
    frame["label"] = random.choice(["no", "yes"], 3000)
    train, dev = frame[group < 40].reset_index(drop=True), frame[group >= 40].reset_index(drop=True)
    asked = settings(split={"group": "who"})
    assert explore.describe(train, dev, asked)["drift"] == []
    assert explore.describe(train, dev, settings(data={"drop": ["x"]}))["drift"] != []


def test_a_column_that_may_give_the_target_away_is_no_news(
    folder: Path, mixed: pd.DataFrame, settings: Settings
) -> None:
    """A near-leak is a hint, until validate.known_leaks names it."""
    mixed["paid"] = np.where(mixed["label"] == "yes", 1.0, 0.0)
    mixed.loc[[0, 1], "paid"] = 1 - mixed.loc[[0, 1], "paid"]
    write(mixed)
    explore.run(settings())
    assert [(each["column"], each["kind"]) for each in profile()["hints"]] == [("paid", "leak")]
    explore.run(settings(validate={"known_leaks": ["paid"]}))
    assert profile()["hints"] == []
