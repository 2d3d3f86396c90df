"""The quick way through a model gives the same bits as the usual one, or there is none."""

import datetime
import json

import numpy as np
import pandas as pd
import pydantic_core
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler

from pipeline.model import fast_path, predicting, sample_rows
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Signature
from pipeline.table import columns
from pipeline.table.columns import word
from tests.service.conftest import digits, fit, notes, numbers, people

CLASSIFIERS = [
    ("tree.DecisionTreeClassifier", {"max_depth": 4}),
    ("tree.ExtraTreeClassifier", {"max_depth": 4}),
    ("ensemble.RandomForestClassifier", {"n_estimators": 7}),
    ("ensemble.ExtraTreesClassifier", {"n_estimators": 7}),
    ("ensemble.HistGradientBoostingClassifier", {"max_iter": 5}),
    ("ensemble.GradientBoostingClassifier", {"n_estimators": 5}),
    ("linear_model.LogisticRegression", {}),
    ("neighbors.KNeighborsClassifier", {}),
    ("naive_bayes.GaussianNB", {}),
    ("neural_network.MLPClassifier", {"max_iter": 20}),
]
REGRESSORS = [
    ("tree.DecisionTreeRegressor", {"max_depth": 4}),
    ("ensemble.RandomForestRegressor", {"n_estimators": 7}),
    ("ensemble.ExtraTreesRegressor", {"n_estimators": 7}),
    ("linear_model.Ridge", {}),
    ("svm.SVR", {}),
]


def both(frame: pd.DataFrame, fitted: Pipeline, signature: Signature) -> tuple[np.ndarray, np.ndarray]:
    """What the quick and the usual way answer for a table."""
    made = fast_path.of(fitted, signature)
    assert made is not None
    said = predicting.predict(fitted, signature, frame)
    usual = said[["prediction"] if signature.classes is None else [f"p_{label}" for label in fitted.classes_]]
    quickly = made.predict(Inputs.of(signature.conform(frame), Layout.of(signature)))
    return quickly.reshape(len(frame), -1), usual.to_numpy()


@pytest.mark.slow
@pytest.mark.parametrize("scale", [True, False], ids=["scaled", "as it is"])
@pytest.mark.parametrize("table", [people, digits], ids=["mixed", "numeric"])
@pytest.mark.parametrize(("name", "parameters"), CLASSIFIERS, ids=[name for name, _ in CLASSIFIERS])
def test_classifiers_answer_the_same_bits(name: str, parameters: dict, table, scale: bool) -> None:
    """Tables of numbers, categories, dates and gaps: every probability is equal, in one table and row by row."""
    frame = table().head(150)
    training = {"train": {"estimator": f"sklearn.{name}", "params": parameters, "scale": scale}}
    fitted, signature = fit(frame, "", {}, **training)
    for part in (frame, frame.iloc[[0]], frame.iloc[[3]], frame.iloc[[5]]):
        quickly, usual = both(part, fitted, signature)
        assert np.array_equal(quickly, usual)


@pytest.mark.parametrize(("name", "parameters"), REGRESSORS, ids=[name for name, _ in REGRESSORS])
def test_regressors_answer_the_same_bits(name: str, parameters: dict) -> None:
    """Every number is equal."""
    frame = numbers()
    fitted, signature = fit(frame, f"sklearn.{name}", parameters)
    quickly, usual = both(frame, fitted, signature)
    assert np.array_equal(quickly, usual)


def test_unseen_and_rare_categories_answer_the_same_bits() -> None:
    """A category that training never had, and one of the rare that the encoder puts together."""
    random = np.random.default_rng(0)
    frame = people(400).assign(city=pd.Series([f"c{int(i)}" for i in random.exponential(30, 400)], dtype="str"))
    fitted, signature = fit(frame, "sklearn.linear_model.LogisticRegression", {}, data={
        "source": "x", "target": "label", "kinds": {"city": "categorical"},
    })  # fmt: skip
    assert fitted.named_steps["columns"].named_transformers_["categorical"].infrequent_categories_[0] is not None
    frame.loc[0, "city"] = "nowhere"
    quickly, usual = both(frame, fitted, signature)
    assert np.array_equal(quickly, usual)


def test_a_model_with_a_part_that_is_not_known_has_no_quick_way() -> None:
    """Text columns, and preprocessing of another kind."""
    fitted, signature = fit(notes(), "sklearn.linear_model.LogisticRegression", {})
    assert fast_path.of(fitted, signature) is None
    fitted, signature = fit(numbers(), "sklearn.linear_model.Ridge", {})
    assert fast_path.of(fitted, signature) is not None
    fitted.named_steps["columns"].named_transformers_["numeric"].steps[1] = ("other", MinMaxScaler())
    assert fast_path.of(fitted, signature) is None


def test_a_model_whose_answers_differ_has_no_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should scikit-learn compute otherwise than quick does, the probe rows tell."""
    fitted, signature = fit(people(), "sklearn.tree.DecisionTreeClassifier", {})
    monkeypatch.setattr(fast_path, "_date_parts", lambda dates: np.zeros((len(dates), 5)))
    assert fast_path.of(fitted, signature) is None


def test_values_too_large_for_a_tree_are_an_error_both_ways() -> None:
    """Trees read 32-bit numbers: what does not fit is refused, not predicted."""
    frame = digits()
    fitted, signature = fit(frame, "sklearn.tree.DecisionTreeClassifier", {})
    frame = frame.astype({"pixel_3_3": "float64"})
    frame.loc[0, "pixel_3_3"] = 1e300
    with pytest.raises(ValueError, match="too large"):
        both(frame, fitted, signature)
    made = fast_path.of(fitted, signature)
    assert made is not None
    with pytest.raises(ValueError, match="too large"):
        made.predict(Inputs.of(signature.conform(frame), Layout.of(signature)))


def test_inputs_go_to_a_table_and_back() -> None:
    """Inputs.frame is what conform leaves as it is; slices and joins are those of the rows."""
    frame = notes()
    _, signature = fit(frame, "sklearn.linear_model.LogisticRegression", {})
    layout = Layout.of(signature)
    inputs = Inputs.of(signature.conform(frame), layout)
    again = Inputs.of(signature.conform(inputs.frame(layout)), layout)
    joined = Inputs.join([inputs[:100], inputs[100:]])
    for other in (again, joined):
        assert np.array_equal(inputs.numbers, other.numbers, equal_nan=True)
        assert np.array_equal(inputs.dates, other.dates, equal_nan=True)
        assert inputs.words.tolist() == other.words.tolist()
    assert not np.array_equal(inputs.numbers, inputs[::-1].numbers, equal_nan=True)


@given(st.one_of(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans()))
def test_a_cell_becomes_the_same_word_as_in_a_column(cell: object) -> None:
    """inputs.word of a cell is columns.as_text of a column that holds it."""
    text = columns.as_text(pd.Series([cell], dtype="object")).iloc[0]
    assert word(cell) == (None if pd.isna(text) else text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_bits_on_the_wire(number: float) -> None:
    """What the service reads and writes as JSON is what Python's own json reads and writes."""
    assert pydantic_core.from_json(json.dumps(number)) == number
    assert json.loads(pydantic_core.to_json(number)) == number


def test_probe_rows_reach_over_the_ranges() -> None:
    """They hold the least and the largest value, gaps, known and unknown categories; the same ones each time."""
    _, signature = fit(people(), "sklearn.tree.DecisionTreeClassifier", {})
    rows = sample_rows.rows(signature)
    age = signature.columns[0]
    assert np.nanmin(rows.numbers[:, 0]) >= age.minimum
    assert np.nanmax(rows.numbers[:, 0]) <= age.maximum
    assert np.isnan(rows.numbers).any()
    assert np.isnat(rows.dates).any()
    assert {sample_rows.STRANGER, None, "Ulm"} <= set(rows.words[:, 0])
    assert np.array_equal(rows.numbers, sample_rows.rows(signature).numbers, equal_nan=True)


def test_examples_are_what_training_saw_most() -> None:
    """The median of numbers and dates, the commonest category."""
    _, signature = fit(people(), "sklearn.tree.DecisionTreeClassifier", {})
    said = {column.name: sample_rows.example(column) for column in signature.columns}
    ages, dates = people()["age"].dropna().sort_values(), people()["since"].dropna().sort_values()
    assert said["age"] == ages.iloc[(len(ages) - 1) // 2]
    assert said["city"] == people()["city"].mode()[0]
    assert datetime.datetime.fromisoformat(said["since"]) == dates.iloc[(len(dates) - 1) // 2]


def test_examples_of_an_older_signature_are_the_middle_of_its_ranges() -> None:
    """Which says nothing of what is typical: numbers halfway, whole where the range is; the first category and date."""
    _, signature = fit(people(), "sklearn.tree.DecisionTreeClassifier", {})
    bare = [column.model_copy(update={"typical": None}) for column in signature.columns]
    said = {column.name: sample_rows.example(column) for column in bare}
    ages = people()["age"]
    assert said["age"] == (ages.min() + ages.max()) // 2
    assert said["city"] == "Bonn"
    assert datetime.datetime.fromisoformat(said["since"]) == people()["since"].min()
