"""The trials of a search, in .mainline/search.db: what was begun and not ended is begun again, and nothing twice."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, Trial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from pipeline.errors import ModelError, brief
from pipeline.search import space
from pipeline.search.space import Model

STORE = Path(".mainline/search.db")
RANDOM = 15
"""Trials by chance, before those that learn from others."""
TRAIN, KIND, AGAIN, PLACE, SAME, REASON = "train", "kind", "again", "place", "same", "reason"
"""What is kept with a trial: its section `train`; of one tried in any case, which; whose second try it is, and in whose
place; which one it repeats; why it failed."""


@contextmanager
def readable() -> Iterator[None]:
    """Say what to do with a store that cannot be read or written."""
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        said = brief(getattr(error, "orig", None) or error)
        raise ModelError(f"{STORE}: cannot be used ({said}); delete it, and the search starts anew") from None


def opened(name: str, *, lower: bool) -> optuna.Study:
    """The study of this name, as it was left."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    STORE.parent.mkdir(exist_ok=True)
    direction = StudyDirection.MINIMIZE if lower else StudyDirection.MAXIMIZE
    with readable():
        try:
            storage = optuna.storages.RDBStorage(f"sqlite:///{STORE}", {"connect_args": {"timeout": 60}})
        except RuntimeError as error:  # of another version of Optuna's
            raise optuna.exceptions.StorageInternalError(str(error)) from None
        return optuna.create_study(storage=storage, study_name=name, direction=direction, load_if_exists=True)


def prepare(study: optuna.Study, first: Mapping[str, dict[str, Any]]) -> None:
    """Begin again what was begun and not ended, and line up what is tried in any case."""
    trials = study.get_trials(deepcopy=False)
    again = {each.user_attrs.get(AGAIN) for each in trials}
    for each in trials:
        if each.state == TrialState.RUNNING:  # Optuna itself leaves it so for ever (its issue 6283)
            if each.number not in again:
                kept = {key: each.user_attrs[key] for key in (KIND, PLACE) if key in each.user_attrs}
                kept |= {TRAIN: each.user_attrs[TRAIN]} if KIND in kept else {}
                place = _place(each.number, trials)
                study.enqueue_trial(each.params, user_attrs={PLACE: place, **kept, AGAIN: each.number})
            study.tell(each.number, state=TrialState.FAIL)
    known = [each.user_attrs[TRAIN] for each in trials if KIND in each.user_attrs]
    for kind, said in first.items():
        if said not in known and not (kind == "today" and said in tried(study)):
            study.enqueue_trial({}, user_attrs={KIND: kind, TRAIN: said})
            known.append(said)


def tried(study: optuna.Study) -> list[dict[str, Any]]:
    """The sections `train` of all trials that came to an end, each once."""
    return [each.user_attrs[TRAIN] for each in ended(study)]


def ended(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that came to an end, good or bad; without those that were stopped, and those that only repeat another."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.FAIL))
    return [each for each in trials if TRAIN in each.user_attrs and SAME not in each.user_attrs and told(each)]


def told(trial: FrozenTrial) -> bool:
    """Whether it was told what came of it; a trial that was stopped failed for no reason of its own."""
    return trial.state == TrialState.COMPLETE or REASON in trial.user_attrs


def ask(study: optuna.Study, known: Sequence[Model], seed: int) -> tuple[Trial, dict[str, Any]]:
    """The next trial, and its section `train`.

    The sampler gets a seed of its own for each: an interrupted search goes on with the trials that it would have had.
    """
    trials = study.get_trials(deepcopy=False)
    waiting = next((each for each in trials if each.state == TrialState.WAITING), None)  # the one that is asked for
    number = waiting.number if waiting else len(trials)
    place = waiting.user_attrs.get(PLACE) if waiting else None
    seed += _place(number, trials) if place is None else place
    study.sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=RANDOM + 3)
    trial = study.ask()
    if KIND in trial.user_attrs:
        return trial, trial.user_attrs[TRAIN]
    said = space.draw(trial, known)
    trial.set_user_attr(TRAIN, said)
    return trial, said


def same(study: optuna.Study, said: dict[str, Any]) -> FrozenTrial | None:
    """The trial that has tried this already."""
    text = json.dumps(said, sort_keys=True)
    return next((each for each in ended(study) if json.dumps(each.user_attrs[TRAIN], sort_keys=True) == text), None)


def _place(number: int, trials: Sequence[FrozenTrial]) -> int:
    """How many trials were before the one of this number; of one that was begun again, the first try alone."""
    return sum(each.number < number and AGAIN not in each.user_attrs for each in trials)
