"""What a section `search` may say, and what a trial draws from it."""

import json
from typing import Any

import optuna
import pytest
from pydantic import ValidationError

from pipeline.model.signature import Column, Signature
from pipeline.search import defaults, space
from pipeline.sections import Search, Train

FOREST = "sklearn.ensemble.RandomForestClassifier"
TRAIN = Train(estimator="a.B", scale=False)


def parsed(**said: Any) -> list[space.Model]:
    """The models of a section with one candidate."""
    return space.models(Search.model_validate({"models": [{"estimator": FOREST, **said}]}).models, TRAIN)


def drawn(count: int = 30, **said: Any) -> list[dict[str, Any]]:
    """Sections `train` that random trials draw from it."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    known = parsed(**said)
    return [space.draw(study.ask(), known) for _ in range(count)]


def params(**said: Any) -> list[Any]:
    """What they draw for one parameter."""
    return [each["params"]["p"] for each in drawn(params={"p": said or None})]


def test_whole_numbers_stay_whole() -> None:
    """A range between whole numbers draws whole ones, both ends among them; any other draws fractions."""
    assert set(params(low=1, high=3)) == {1, 2, 3}
    assert all(isinstance(each, int) for each in params(low=1, high=1000, log=True))
    assert all(isinstance(each, float) and 0.5 <= each <= 3 for each in params(low=0.5, high=3))


def test_a_range_goes_in_steps_or_by_tenfolds() -> None:
    """With `step` only its multiples are drawn; with `log` small values are as frequent as large ones."""
    assert set(params(low=50, high=150, step=50)) == {50, 100, 150}
    assert sum(each < 1 for each in params(low=0.01, high=100, log=True)) > 8
    assert sum(each < 1 for each in params(low=0.01, high=100)) < 4


def test_a_list_is_a_choice_of_any_values() -> None:
    """Lists, null and words are drawn as they are written; what is no list and no range is itself."""
    choices = [[100, 50], None, "sqrt", 0.3, True]
    found = {json.dumps(each["params"]["p"]) for each in drawn(60, params={"p": choices})}
    assert found == set(map(json.dumps, choices))
    assert drawn(1, params={"p": {"a": 1}})[0]["params"]["p"] == {"a": 1}


def test_treatments_and_scale_are_choices_too() -> None:
    """A column's list is a choice of treatments, null takes it as usual, and scale is as in train where not said."""
    columns = {"note": [None, {"ngrams": [1, 2]}], "age": {"missing": "flag"}}
    found = drawn(columns=columns)
    assert {json.dumps(each["columns"].get("note")) for each in found} == {"null", '{"ngrams": [1, 2]}'}
    assert all(each["columns"]["age"] == {"missing": "flag"} and each["scale"] is False for each in found)
    assert {each["scale"] for each in drawn(scale=[True, False])} == {True, False}


def test_how_categories_are_taken_is_a_choice_too() -> None:
    """Where not said, as in train, but for an estimator that cannot split by them; onehot is not written down."""
    assert all("categories" not in each for each in drawn())
    found = {each.get("categories") for each in drawn(categories=["onehot", "native"])}
    assert found == {None, "native"}
    native = Train(estimator="a.B", categories="native")
    told = Search.model_validate({"models": [{"estimator": [FOREST, "lightgbm.LGBMClassifier"]}]}).models
    assert [space.first(each).get("categories") for each in space.models(told, native)] == [None, "native"]
    assert space.today(native)["categories"] == "native"


def test_boosted_trees_of_other_libraries_have_a_space_of_their_own() -> None:
    """Each of those that a candidate names without params; params that are said stay, and so do other estimators."""
    said = [
        {"estimator": ["xgboost.XGBRegressor", "catboost.CatBoostRegressor", FOREST]},
        {"estimator": "lightgbm.LGBMRegressor", "params": {}},
    ]
    found = defaults.filled(Search.model_validate({"models": said}).models)
    paths = ["xgboost.XGBRegressor", "catboost.CatBoostRegressor", FOREST, "lightgbm.LGBMRegressor"]
    assert [each.estimator for each in found] == paths
    assert [each.params for each in found] == [defaults.BOOSTERS["xgboost"], defaults.BOOSTERS["catboost"], {}, {}]


@pytest.mark.parametrize("estimator", ["lightgbm.LGBMClassifier", "sklearn.tree.DecisionTreeClassifier"])
def test_todays_library_is_tried_by_default(estimator: str) -> None:
    """Beside the usual ones; none is tried because it happens to be installed."""
    about = Signature(task="binary", target="y", estimator="x", rows=9, columns=(Column(name="x", kind="numeric"),))
    found = [each.estimator for each in defaults.models(about, Train(estimator=estimator))]
    assert found[3:] == [estimator] * estimator.startswith("lightgbm")


def test_several_estimators_are_models_of_their_own() -> None:
    """Each has a name of its own, also where two are of one class."""
    said = {"models": [{"estimator": ["a.X", "b.Y"]}, {"estimator": "a.X", "params": {"p": 1}}]}
    known = space.models(Search.model_validate(said).models, TRAIN)
    assert [each.name for each in known] == ["X", "Y", "X 2"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"params": {"p": {"low": 3, "high": 3}}}, "the range from 3 to 3 is empty"),
        ({"params": {"p": {"low": 3, "high": 1}}}, "is empty"),
        ({"params": {"p": {"low": 0, "high": 1, "log": True}}}, "low must be above 0"),
        ({"params": {"p": {"low": 1, "hihg": 3}}}, "no key 'hihg'; did you mean 'high'?"),
        ({"params": {"p": {"low": 1}}}, "needs high"),
        ({"params": {"p": {"low": "1", "high": 3}}}, "needs low, a number"),
        ({"params": {"p": {"low": 1, "high": 3, "step": 0}}}, "step must be above 0"),
        ({"params": {"p": {"low": 1, "high": 3, "step": 0.5}}}, "say low: 1.0"),
        ({"params": {"p": {"low": 1, "high": 3, "log": "yes"}}}, "log must be true or false"),
        ({"params": {"p": []}}, "an empty list is no choice"),
        ({"columns": {"note": []}}, "an empty list is no choice"),
        ({"estimator": []}, "an empty list is no choice"),
        ({"columns": {"note": {"ngrams": [2, 1]}}}, "ngrams"),
        ({"parms": {}}, "parms"),
    ],
)
def test_what_cannot_be_drawn_from_is_refused(said: dict[str, Any], why: str) -> None:
    """Empty ranges and lists, and keys that no range has."""
    with pytest.raises(ValidationError, match=r"(?s).*" + why.replace("?", r"\?")):
        parsed(**said)


def test_numbers_as_keys_come_back() -> None:
    """A mapping by whole numbers, as class_weight's, is one again after JSON."""
    from pipeline.params import Params

    settings = Params.model_validate({"data": {"source": "a", "target": "y"}, "train": {"estimator": "a.B"}})
    said = {"estimator": "a.B", "params": {"class_weight": {"0": 1, "1": 5}}, "scale": True, "columns": {}}
    assert space.as_train(said, settings).params == {"class_weight": {0: 1, 1: 5}}
