"""The models that a search may try, and one of them for a trial of Optuna's."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from optuna.trial import Trial
from pydantic import ValidationError

from pipeline.errors import ParamsError
from pipeline.model.estimator import takes_categories
from pipeline.params import Params
from pipeline.sections import Candidate, Train
from pipeline.sections.search import is_range

MODEL = "model"
"""The parameter that says which one; those of a model are called NAME.params.KEY, NAME.scale, NAME.categories and
NAME.columns.KEY."""
Columns = dict[str, Any]


class Model(NamedTuple):
    """One estimator with its choices: each key's values, or its range."""

    name: str
    estimator: str
    choices: dict[str, Any]


def models(candidates: Sequence[Candidate], train: Train) -> list[Model]:
    """Each estimator of the candidates by a name of its own, with what train says where a candidate does not.

    Raises:
        ParamsError: there is no such estimator.
    """
    found: list[Model] = []
    for candidate in candidates:
        said = candidate.model_dump(mode="json", exclude_defaults=True)
        estimators = [candidate.estimator] if isinstance(candidate.estimator, str) else candidate.estimator
        columns = {**treatments(train), **said.get("columns", {})}
        choices = {
            **{f"params.{key}": value for key, value in said.get("params", {}).items()},
            "scale": said.get("scale", train.scale),
            **{f"columns.{key}": value for key, value in columns.items()},
        }
        for estimator in estimators:
            native = train.categories == "native" and takes_categories(estimator)
            kept = {"categories": said.get("categories", train.categories if native else "onehot")}
            name = estimator.rpartition(".")[2]
            count = sum(each.estimator == estimator or each.name.partition(" ")[0] == name for each in found)
            found.append(Model(f"{name} {count + 1}" if count else name, estimator, choices | kept))
    return found


def draw(trial: Trial, known: Sequence[Model]) -> dict[str, Any]:
    """A section `train` of one of the models, as the trial draws it."""
    name = trial.suggest_categorical(MODEL, [each.name for each in known])
    model = next(each for each in known if each.name == name)
    return section(model, {key: _drawn(trial, f"{name}.{key}", said) for key, said in model.choices.items()})


def first(model: Model) -> dict[str, Any]:
    """A section `train` of a model with the first of each choice, and the low end of each range."""
    return section(model, {key: _first(said) for key, said in model.choices.items()})


def section(model: Model, drawn: dict[str, Any]) -> dict[str, Any]:
    """The keys of a section `train`, from values by key."""
    said: dict[str, Any] = {"estimator": model.estimator, "params": {}, "scale": drawn["scale"], "columns": {}}
    if drawn["categories"] != "onehot":
        said["categories"] = drawn["categories"]
    for key, value in drawn.items():
        part, _, name = key.partition(".")
        if part == "params" or (part == "columns" and value is not None):
            said[part][name] = value
    return said


def treatments(train: Train) -> Columns:
    """train.columns as it is written."""
    return {name: each.model_dump(mode="json", exclude_none=True) for name, each in train.columns.items()}


def today(train: Train) -> dict[str, Any]:
    """What of today's section `train` a search chooses."""
    chosen = {"estimator", "params", "scale"} | ({"categories"} if train.categories != "onehot" else set())
    said = train.model_dump(mode="json", include=chosen)
    return {**said, "columns": treatments(train)}


def as_train(said: dict[str, Any], params: Params) -> Train:
    """A section `train` with today's seed and trusted types.

    Raises:
        ParamsError: it is none, as where a column is treated in a way there is not.
    """
    rest = {"seed": params.train.seed, "trusted": params.train.trusted}
    try:
        return Train.model_validate({**said, "params": _with_numbers(said["params"]), **rest})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise ParamsError(f"search.models: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None


def _drawn(trial: Trial, name: str, said: Any) -> Any:
    if is_range(said):
        low, high, log, step = said["low"], said["high"], said.get("log", False), said.get("step")
        if isinstance(low, int) and isinstance(high, int):
            return trial.suggest_int(name, low, high, step=step or 1, log=log)
        return trial.suggest_float(name, low, high, step=step, log=log)
    if isinstance(said, list):  # as JSON: Optuna's own choices are numbers and words, not lists or treatments
        return json.loads(trial.suggest_categorical(name, list(dict.fromkeys(map(json.dumps, said)))))
    return said


def _first(said: Any) -> Any:
    if is_range(said):
        return said["low"]
    return said[0] if isinstance(said, list) else said


def _with_numbers(said: Any) -> Any:
    """With whole numbers as the keys of mappings, as in class_weight, which JSON makes into words."""
    if not isinstance(said, dict):
        return said
    return {int(key) if str(key).isdecimal() else key: _with_numbers(value) for key, value in said.items()}
