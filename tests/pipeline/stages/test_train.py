"""The model is fitted on the training rows, and described."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError, ModelError
from pipeline.model import fitting, predicting, saving
from pipeline.model.signature import Signature
from pipeline.stages import train
from pipeline.table import lazy, tables


def test_the_stage_writes_model_and_signature(mixed, settings, folder: Path, capsys) -> None:
    """Both files, and one line that says what was fitted on how much."""
    tables.write(mixed, "data/train.parquet")
    train.run(settings())
    assert Signature.load().rows == 240
    assert len(saving.load().predict(Signature.load().conform(mixed))) == 240
    assert capsys.readouterr().out.startswith("train: DecisionTreeClassifier on 240 rows, binary, in ")


def test_it_learns_from_so_many_rows(mixed, settings, folder: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ones each time, in their order; more hold fewer; of a table larger than memory, too."""
    few, more = (train.sampled(mixed, rows) for rows in (60, 100))
    assert (len(few), len(more)) == (60, 100)
    assert set(few["row_id"]) < set(more["row_id"])
    mixed_up = train.sampled(mixed.sample(frac=1, random_state=1), 60)
    assert set(mixed_up["row_id"]) == set(few["row_id"])
    assert mixed.index[mixed["row_id"].isin(few["row_id"])].is_monotonic_increasing
    assert train.sampled(mixed, 10_000) is mixed
    tables.write(mixed, "data/train.parquet")
    train.run(settings(train={"rows": 60}))
    assert Signature.load().rows == 60
    assert "on 60 rows (train.rows; 180 more are there), binary" in capsys.readouterr().out
    monkeypatch.setattr(lazy, "LARGE", 0)
    pd.testing.assert_frame_equal(train.sampled(tables.table("data/train.parquet"), 60), few)


def test_it_learns_what_there_is_to_learn(mixed, settings) -> None:
    """On its own rows a tree of some depth is nearly always right."""
    fitted, about = fitting.fit(mixed, settings(train={"params": {"max_depth": 6}}))
    assert (predicting.predict(fitted, about, mixed)["prediction"] == mixed["label"]).mean() > 0.9


def test_a_group_is_no_feature(mixed, settings) -> None:
    """Who a row is of says nothing about strangers: the column is described, and not read."""
    fitted, about = fitting.fit(mixed, settings(split={"group": "city"}))
    assert [column.kind for column in about.columns if column.name == "city"] == ["ignored"]
    assert "city" not in fitted["columns"].feature_names_in_


@pytest.mark.parametrize(
    ("split", "start", "stop"),
    [({}, 0.15, 0.5), ({"generation": 1, "salt": "two", "group": "city"}, 0.5, 0.85)],
    ids=["default", "another set"],
)
def test_the_signature_says_which_rows_are_sealed(mixed, settings, folder: Path, split, start, stop) -> None:
    """As split gives them out, by salt, window and group; without a group none is written."""
    fitting.fit(mixed, settings(split=split))[1].save()
    window = Signature.load().sealed
    assert window is not None
    assert (window.salt, window.group) == (split.get("salt", "mainline"), split.get("group"))
    assert (window.start, window.stop) == (pytest.approx(start), pytest.approx(stop))
    assert ("group" in json.loads(Path("models/signature.json").read_text())["sealed"]) == ("group" in split)


def test_kinds_may_be_stated(mixed, settings) -> None:
    """params.yaml overrules what a column looks like."""
    _, about = fitting.fit(mixed, settings(data={"kinds": {"age": "categorical", "note": "ignored"}}))
    assert [column.kind for column in about.columns] == ["categorical", "categorical", "ignored", "date"]


@pytest.mark.parametrize("name", ["a.b", "a+b*[c", 'say "hi"', "naïve 🚀", "two words", "p_yes", "columns"])
def test_odd_names_are_learnt_from(mixed, settings, name: str, tmp_path: Path) -> None:
    """Names of any signs go through fit, save, load and predict."""
    rows = mixed.rename(columns={"note": name})
    fitted, about = fitting.fit(rows, settings())
    saving.save(fitted, tmp_path / "m")
    assert len(predicting.predict(saving.load(tmp_path / "m"), about, rows)) == 240


@pytest.mark.parametrize(
    ("estimator", "params", "said"),
    [
        ("sklearn.tree.DecisionTreeClassifier", {"max_depth": -3}, "The 'max_depth' parameter"),
        ("sklearn.naive_bayes.MultinomialNB", {}, "Negative values in data"),
        ("sklearn.ensemble.AdaBoostClassifier", {"estimator": "tree"}, "failed on the training rows"),
    ],
)
def test_an_estimator_that_fails_costs_one_line(mixed, settings, estimator: str, params: dict, said: str) -> None:
    """The estimator's own reason is in the message."""
    with pytest.raises(ModelError) as refusal:
        fitting.fit(mixed, settings(train={"estimator": estimator, "params": params}))
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_texts_without_words_cost_one_line(mixed, settings) -> None:
    """A column of signs cannot be read as text."""
    rows = mixed.assign(note=["? ! . ."] * 120 + ["! ? , ,"] * 120)
    with pytest.raises(ModelError, match="empty vocabulary"):
        fitting.fit(rows, settings(data={"kinds": {"note": "text"}}))


def test_nothing_to_learn_from_is_said(settings) -> None:
    """Constant columns are no features."""
    rows = pd.DataFrame({"row_id": ["a", "b", "c"], "x": 1, "label": [0, 1, 0]})
    with pytest.raises(ModelError, match="no column is left to learn from"):
        fitting.fit(rows, settings())


@pytest.mark.usefixtures("folder")
def test_without_rows_there_is_no_training(settings) -> None:
    """The message says what builds them."""
    with pytest.raises(DataError, match=r"train.*: not here yet"):
        train.run(settings())


def test_labels_keep_their_type(numbers, settings) -> None:
    """Whole numbers are predicted as whole numbers."""
    rows = numbers.assign(label=np.where(numbers["a"] > 0, 3, 1))
    said = predicting.predict(*fitting.fit(rows, settings()), rows)
    assert said["prediction"].dtype == "int64"
    assert list(said.columns[2:]) == ["p_1", "p_3"]
