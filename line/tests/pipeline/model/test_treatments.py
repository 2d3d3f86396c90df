"""train.columns: each column is taken as it says, and what does not fit one is refused in a line."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.utils.estimator_checks import check_estimator

from pipeline import features
from pipeline.errors import ParamsError
from pipeline.features import Clip
from pipeline.model import fast_path, predicting, saving, treatments
from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Column, Signature
from pipeline.sections import Treatment
from tests.service.conftest import fit, notes, people

COLUMNS = [Column(name=kind[0], kind=kind) for kind in ("numeric", "categorical", "text", "date", "ignored")]


def of(stated: Mapping[str, dict[str, Any]], *without_blanks: str) -> dict[str, dict[str, Any]]:
    """What holds for which column."""
    said = {name: Treatment.model_validate(each) for name, each in stated.items()}
    found = treatments.of(said, COLUMNS, without_blanks)
    return {name: treatment.model_dump(exclude_none=True) for name, treatment in found.items()}


def test_a_name_and_a_pattern_say_how_columns_are_taken() -> None:
    """A pattern holds for the columns that it fits; several add up."""
    said = of({"n": {"clip": [0.1, 0.9]}, ".*": {"missing": "flag", "rare": 5}})
    assert said == {"n": {"clip": (0.1, 0.9), "missing": "flag"}, "d": {"missing": "flag"}, "c": {"rare": 5}}
    assert of({}) == {}


def test_texts_without_blanks_are_counted_by_characters_unless_it_is_stated_otherwise() -> None:
    """The analyzer alone is what they are given."""
    assert of({}, "t") == {"t": {"analyzer": "char"}}
    assert of({"t": {"ngrams": [1, 3]}}, "t") == {"t": {"analyzer": "char", "ngrams": (1, 3)}}
    assert of({"t": {"analyzer": "word"}}, "t") == {"t": {"analyzer": "word"}}


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"tt": {"rare": 5}}, "train.columns: no column is named 'tt'; did you mean 't'?"),
        ({"t[": {"rare": 5}}, "'t[' is no column and no pattern"),
        (
            {"t": {"clip": [0, 0.9]}},
            "train.columns.t: clip is for numeric columns, and 't' is text; take it out, or say",
        ),
        (
            {"n": {"rare": 5}},
            "rare is for categorical columns, and 'n' is numeric; take it out, or say data.kinds: { n: c",
        ),
        (
            {"c": {"analyzer": "char"}},
            "analyzer is for text columns, and 'c' is categorical; take it out, or say data.k",
        ),
        ({"i": {"missing": "flag"}}, "missing is for numeric and date columns, and 'i' is ignored"),
        ({"c": {"missing": "flag"}}, "a gap in 'c', which is categorical, is a category already"),
        ({"n": {"clip": [0, 0.9]}, "[nt]": {"clip": [0, 0.5]}}, "'n' and '[nt]' both say clip of 'n'; take one out"),
    ],
)
def test_what_does_not_fit_a_column_is_refused(stated: dict[str, Any], said: str) -> None:
    """With its kind, and what would make it fit."""
    with pytest.raises(ParamsError, match=re.escape(said)):
        of(stated)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"clip": [0.9, 0.1]}, "two shares of the rows that rise"),
        ({"clip": [0.1, 0.1]}, "two shares of the rows that rise"),
        ({"clip": [1, 99]}, "two shares of the rows that rise"),
        ({"ngrams": [2, 1]}, "the first not above the second"),
        ({"ngrams": [0, 1]}, "the first not above the second"),
        ({"rare": 1}, "greater than or equal to 2"),
        ({}, "says nothing; give clip, missing, rare"),
    ],
)
def test_what_is_no_treatment_is_refused_when_it_is_read(stated: dict[str, Any], said: str) -> None:
    """Before a table is looked at."""
    with pytest.raises(ValidationError, match=said):
        Treatment.model_validate(stated)


def test_clip_is_an_estimator_as_scikit_learn_has_them() -> None:
    """By its own checks."""
    done = check_estimator(Clip(), on_skip=None)
    assert len([each for each in done if each["status"] == "passed"]) > 30


def test_clip_takes_its_bounds_from_the_rows_it_was_fitted_on() -> None:
    """And keeps to them; gaps stay, and an empty column has none."""
    fitted = Clip(0.1, 0.9).fit(np.column_stack([np.arange(11.0), np.full(11, np.nan)]))
    assert (fitted.low_.tolist(), fitted.high_.tolist()) == ([1.0, -np.inf], [9.0, np.inf])
    made = fitted.transform([[-5.0, 3.0], [99.0, 3.0], [np.nan, np.nan], [5.0, -1e9]])
    assert np.array_equal(made, [[1, 3], [9, 3], [np.nan, np.nan], [5, -1e9]], equal_nan=True)
    with pytest.raises(ValueError, match="no two shares that rise"):
        Clip(0.9, 0.1).fit(np.zeros((3, 1)))


def test_columns_that_are_taken_alike_are_one_step() -> None:
    """And where nothing is said, the steps are those that there have always been."""
    columns: Any = [("a", "numeric"), ("b", "numeric"), ("c", "numeric"), ("d", "date"), ("e", "categorical")]
    usual = [(name, names) for name, _, names in features.transformer(columns, scale=True).transformers]
    assert usual == [("numeric", ["a", "b", "c"]), ("date", ["d"]), ("categorical", ["e"])]
    clipped, rare = Treatment(clip=(0.1, 0.9)), Treatment(rare=5)
    made = features.transformer(columns, scale=True, treatments={"a": clipped, "c": clipped, "e": rare})
    assert [(name, names) for name, _, names in made.transformers] == [
        ("numeric clip=(0.1, 0.9)", ["a", "c"]),
        ("numeric", ["b"]),
        ("date", ["d"]),
        ("categorical rare=5", ["e"]),
    ]


TREATED = [
    {"age": {"clip": [0.1, 0.9]}},
    {"age": {"missing": "flag"}, "since": {"missing": "flag"}},
    {"age": {"clip": [0.1, 0.9], "missing": "flag"}, "city": {"rare": 90}},
    {"height": {"clip": [0.2, 0.8]}, "since": {"missing": "flag"}, "city": {"rare": 90}},
]


def table() -> pd.DataFrame:
    """People, with a second category and gaps."""
    random, frame = np.random.default_rng(3), people()
    frame.insert(1, "size", pd.Series(random.choice(["s", "m", "l"], len(frame)), dtype="str"))
    frame.loc[5:20, "height"] = np.nan
    frame.loc[9:40, "age"] = np.nan
    return frame


@pytest.mark.parametrize("stated", TREATED, ids=["clip", "flag", "all of them", "one of two"])
@pytest.mark.parametrize(
    ("path", "scale"), [("linear_model.LogisticRegression", True), ("tree.DecisionTreeClassifier", False)]
)
def test_one_row_has_the_same_bits_the_quick_way(stated: Any, path: str, scale: bool) -> None:
    """Values inside and beyond what training saw, gaps, and categories that are rare or new."""
    training = {"estimator": f"sklearn.{path}", "columns": stated, "scale": scale}
    fitted, signature = fit(table(), "", {}, train=training)
    quick = fast_path.of(fitted, signature)
    assert quick is not None
    asked = table().head(60)
    asked.loc[0, ["age", "height"]] = [1e6, -1e6]
    asked.loc[1, "city"] = "nowhere"
    asked.loc[2, ["age", "height", "since", "city"]] = None
    for part in (asked, *(asked.iloc[[i]] for i in range(4))):
        usual = predicting.predict(fitted, signature, part)[[f"p_{label}" for label in fitted.classes_]].to_numpy()
        assert np.array_equal(quick.predict(Inputs.of(signature.conform(part), Layout.of(signature))), usual)


def test_what_training_measured_goes_with_the_model(tmp_path: Any) -> None:
    """Saved, loaded and asked: the bounds, the flag and the rare categories are in the file."""
    fitted, signature = fit(
        table(), "", {}, train={"estimator": "sklearn.tree.DecisionTreeClassifier", "columns": TREATED[2]}
    )
    saving.save(fitted, tmp_path / "model.skops")
    loaded = saving.load(tmp_path / "model.skops")
    assert predicting.predict(loaded, signature, table()).equals(predicting.predict(fitted, signature, table()))
    assert loaded["columns"].named_transformers_["numeric clip=(0.1, 0.9) missing=flag"]["clip"].low_[0] > 18


def reviews(count: int = 600) -> pd.DataFrame:
    """Sentences without blanks: what decides is two characters, among others, in no fixed place."""
    random = np.random.default_rng(0)
    others = list("房间很大服务员也在酒店的早餐我们昨天住了三晚地方")
    label = random.choice(["bad", "good"], count)
    rows = []
    for each in label:
        words = [random.choice(["喜欢", "干净", "方便"] if each == "good" else ["失望", "吵闹", "太贵"])]
        words += ["".join(random.choice(others, random.integers(2, 6))) for _ in range(4)]
        rows.append("".join(random.permutation(words)))
    frame = pd.DataFrame({"note": pd.Series(rows, dtype="str"), "label": pd.Series(label, dtype="str")})
    frame.insert(0, "row_id", [str(i) for i in range(count)])
    return frame


def accuracy(frame: pd.DataFrame, stated: Any) -> tuple[float, Signature]:
    """Of a linear model on the third of the rows that it has not seen."""
    training = {"estimator": "sklearn.linear_model.LogisticRegression", "columns": stated}
    fitted, signature = fit(frame[:400], "", {}, train=training)
    said = predicting.predict(fitted, signature, frame[400:])
    return float((said["prediction"] == frame["label"][400:].to_numpy()).mean()), signature


def test_chinese_is_read_by_its_characters() -> None:
    """Unasked; by words, which nothing parts, such a column says nothing."""
    by_characters, signature = accuracy(reviews(), {})
    assert signature.columns[0].kind == "text"
    by_words, _ = accuracy(reviews(), {"note": {"analyzer": "word"}})
    assert (by_characters > 0.95, by_words < 0.7) == (True, True)


def test_pairs_of_words_are_counted_where_it_is_stated() -> None:
    """And single words are the usual."""
    for stated, longest in (({}, 1), ({"note": {"ngrams": [1, 2]}}, 2), ({"note": {"analyzer": "char"}}, 0)):
        fitted, _ = fit(
            notes(), "", {}, train={"estimator": "sklearn.linear_model.LogisticRegression", "columns": stated}
        )
        known = fitted["columns"].named_transformers_["text note"].vocabulary_
        assert max(len(term.split(" ")) for term in known) == longest or longest == 0
        assert (max(map(len, known)) == 2) is (longest == 0)
