"""The model on disk: the same bytes for the same model, and nothing in it that nobody vouched for."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from pipeline.errors import ModelError
from pipeline.model import fitting, predicting, saving
from pipeline.model.signature import Signature

CLASSIFIERS = {
    "linear_model.LogisticRegression": {},
    "tree.DecisionTreeClassifier": {"max_depth": 4},
    "ensemble.RandomForestClassifier": {"n_estimators": 5},
    "ensemble.ExtraTreesClassifier": {"n_estimators": 5},
    "ensemble.GradientBoostingClassifier": {"n_estimators": 5},
    "ensemble.HistGradientBoostingClassifier": {"max_iter": 5},
    "ensemble.AdaBoostClassifier": {"n_estimators": 5},
    "ensemble.BaggingClassifier": {"n_estimators": 5},
    "neighbors.KNeighborsClassifier": {},
    "naive_bayes.GaussianNB": {},
    "neural_network.MLPClassifier": {"max_iter": 20},
    "discriminant_analysis.LinearDiscriminantAnalysis": {},
    "calibration.CalibratedClassifierCV": {},
}
REGRESSORS = {
    "linear_model.Ridge": {},
    "linear_model.ElasticNet": {},
    "linear_model.TweedieRegressor": {},
    "tree.DecisionTreeRegressor": {},
    "ensemble.RandomForestRegressor": {"n_estimators": 5},
    "ensemble.GradientBoostingRegressor": {"n_estimators": 5},
    "ensemble.HistGradientBoostingRegressor": {"max_iter": 5},
    "ensemble.AdaBoostRegressor": {"n_estimators": 5},
    "ensemble.BaggingRegressor": {"n_estimators": 5},
    "neighbors.KNeighborsRegressor": {"metric": "manhattan", "algorithm": "ball_tree"},
    "neural_network.MLPRegressor": {"max_iter": 20},
    "svm.SVR": {},
}


def same_after_saving(fitted: Pipeline, about: Signature, rows: pd.DataFrame, path: Path) -> None:
    """Predictions of the model in memory and of the one on disk are the same bits."""
    before = predicting.predict(fitted, about, rows)
    saving.save(fitted, path)
    pd.testing.assert_frame_equal(predicting.predict(saving.load(path), about, rows), before, check_exact=True)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("name", "params"), CLASSIFIERS.items())
def test_a_classifier_is_loaded_as_it_was_saved(name: str, params: dict, mixed, settings, tmp_path: Path) -> None:
    """Trees, boosting, neighbours, bayes and nets need no addition to train.trusted."""
    rows = mixed.drop(columns="note")  # sparse words are not for all of them
    fitted, about = fitting.fit(rows, settings(train={"estimator": f"sklearn.{name}", "params": params}))
    same_after_saving(fitted, about, rows, tmp_path / "m.skops")


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("name", "params"), REGRESSORS.items())
def test_a_regressor_is_loaded_as_it_was_saved(name: str, params: dict, numbers, settings, tmp_path: Path) -> None:
    """The same for numbers."""
    fitted, about = fitting.fit(numbers, settings(train={"estimator": f"sklearn.{name}", "params": params}))
    same_after_saving(fitted, about, numbers, tmp_path / "m.skops")


def test_two_dumps_are_the_same_file(mixed, settings, tmp_path: Path) -> None:
    """Fitted twice and saved twice, the bytes are the same; another seed gives others."""
    path, contents = tmp_path / "m.skops", []
    for seed in (0, 0, 1):
        options = {"estimator": "sklearn.ensemble.RandomForestClassifier", "params": {"n_estimators": 3}, "seed": seed}
        saving.save(fitting.fit(mixed, settings(train=options))[0], path)
        contents.append(path.read_bytes())
    assert contents[0] == contents[1] != contents[2]


class Stranger(ClassifierMixin, BaseEstimator):
    """An estimator that nobody vouched for."""

    def fit(self, x, y):
        """Learn nothing."""
        self.classes_ = np.unique(y)
        return self


def test_a_type_that_nobody_vouched_for_is_refused(tmp_path: Path) -> None:
    """Neither saving nor loading takes it, until train.trusted names it."""
    path, name = tmp_path / "m.skops", f"{Stranger.__module__}.Stranger"
    fitted = Pipeline([("estimator", Stranger().fit([[0]], [1]))])
    with pytest.raises(ModelError, match=f"holds {name}, which nobody vouched for") as refusal:
        saving.save(fitted, path)
    assert "train.trusted" in str(refusal.value)
    assert not path.exists()
    path.write_bytes(skops.io.dumps(fitted))
    with pytest.raises(ModelError, match="which nobody vouched for"):
        saving.load(path)


def test_a_type_that_is_vouched_for_is_taken(numbers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """train.trusted lets exactly the named type through."""
    monkeypatch.setattr(saving, "TRUSTED", frozenset())
    fitted = Pipeline([("estimator", DecisionTreeClassifier().fit([[0], [1]], [0, 1]))])
    with pytest.raises(ModelError, match=r"sklearn\.tree\._tree\.Tree"):
        saving.save(fitted, tmp_path / "m.skops")
    trusted = ["sklearn.tree._tree.Tree", "numpy.dtype"]
    saving.save(fitted, tmp_path / "m.skops", trusted)
    assert saving.load(tmp_path / "m.skops", trusted)["estimator"].get_depth() == 1


GOOD = Pipeline([("scale", StandardScaler()), ("estimator", DummyClassifier())]).fit([[0], [1]], [0, 1])


def rewritten(change) -> bytes:
    """A model whose schema.json went through a change."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(GOOD))) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            archive.writestr(name, change(json.loads(content)) if name == "schema.json" else content)
    return target.getvalue()


def calling(module: str, name: str):
    """A schema that would have a function called."""
    node = {"__class__": name, "__module__": module, "__loader__": "FunctionNode", "content": name, "__id__": 1}
    return lambda schema: json.dumps(schema | {"content": node, "__loader__": "ObjectNode"})


def emptied() -> bytes:
    """A zip file with nothing in it."""
    target = io.BytesIO()
    zipfile.ZipFile(target, "w").close()
    return target.getvalue()


DAMAGED = {
    "empty": b"",
    "plain text": b"certainly no model",
    "cut short": skops.io.dumps(GOOD)[:-200],
    "no schema": emptied(),
    "no JSON": rewritten(lambda schema: "{"),
    "a list": rewritten(lambda schema: "[1]"),
    "no loader": rewritten(lambda schema: json.dumps({**schema, "__loader__": "NoSuchNode"})),
    "no class": rewritten(lambda schema: json.dumps({**schema, "__class__": "NoSuchClass"})),
    "no content": rewritten(lambda schema: json.dumps({key: schema[key] for key in schema if key != "content"})),
    "nested without end": rewritten(lambda schema: "[" * 100_000 + "]" * 100_000),
    "members missing": rewritten(lambda schema: json.dumps(schema).replace(".npy", ".gone")),
    "os.system": rewritten(calling("os", "system")),
    "builtins.eval": rewritten(calling("builtins", "eval")),
    "no pipeline": skops.io.dumps(DummyClassifier()),
    "a pickle": pickle.dumps(GOOD),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_or_hostile_file_costs_one_line(content: bytes, tmp_path: Path) -> None:
    """Whatever stands in the file, it is named and nothing in it runs."""
    (tmp_path / "m.skops").write_bytes(content)
    with pytest.raises(ModelError) as refusal:
        saving.load(tmp_path / "m.skops")
    assert str(refusal.value).startswith(str(tmp_path / "m.skops"))
    assert "\n" not in str(refusal.value)


def test_a_good_file_is_not_refused(tmp_path: Path) -> None:
    """What the damaged files above were made from loads."""
    (tmp_path / "m.skops").write_bytes(rewritten(json.dumps))
    assert saving.load(tmp_path / "m.skops").predict([[0]]).tolist() == [0]
    with pytest.raises(ModelError, match="run `mainline lock`"):
        saving.load(tmp_path / "none.skops")


def test_a_model_that_skops_cannot_write_is_refused(tmp_path: Path) -> None:
    """A function of one's own inside a model costs one line."""
    fitted = Pipeline([("estimator", DummyClassifier())])
    fitted.extra = open(os.devnull)  # noqa: SIM115
    with fitted.extra, pytest.raises(ModelError, match="cannot be saved with skops"):
        saving.save(fitted, tmp_path / "m.skops")


def test_predictions_have_their_columns(mixed, numbers, settings) -> None:
    """Labels and one probability per class in the order of classes, or one number."""
    fitted, about = fitting.fit(mixed, settings())
    said = predicting.predict(fitted, about, mixed)
    assert list(said.columns) == ["row_id", "prediction", "p_no", "p_yes"]
    assert said["p_no"].add(said["p_yes"]).tolist() == pytest.approx([1.0] * len(mixed))
    assert set(said["prediction"]) == {"no", "yes"}
    options = {"estimator": "sklearn.linear_model.Ridge"}
    said = predicting.predict(*fitting.fit(numbers, settings(train=options)), numbers.drop(columns="row_id"))
    assert list(said.columns) == ["prediction"]
    assert said["prediction"].dtype == "float64"


def test_answers_that_are_no_numbers_are_refused(numbers, settings) -> None:
    """nan out of a model is named here, not by whoever reads it."""
    fitted, about = fitting.fit(numbers, settings(train={"estimator": "sklearn.linear_model.Ridge"}))
    fitted["estimator"].intercept_ = np.nan
    with pytest.raises(ModelError, match="answers with numbers that are none"):
        predicting.predict(fitted, about, numbers)
