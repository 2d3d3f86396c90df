"""What a search has found so far, as plain values: .mainline/search.json is what `mainline search` reads."""

import math
import statistics
import warnings
from collections.abc import Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from pipeline.search import study as studies
from pipeline.search.loop import MINUTES, SCORES, SECONDS
from pipeline.search.space import MODEL
from pipeline.search.study import KIND, REASON, TRAIN

ALIKE = 2.0  # times the cost, up to which trials cost about the same
ENOUGH = 8  # trials of a model from which the importance of its parameters is told


def trials(study: optuna.Study, today: dict[str, Any]) -> list[dict[str, Any]]:
    """Every trial that came to an end, in order, with its score and its standard error over the folds."""
    return [_trial(each, today) for each in studies.ended(study)]


def best(found: Sequence[dict[str, Any]], *, lower: bool) -> dict[str, Any] | None:
    """The trial of the best score; None where all failed."""
    good = [each for each in found if each["score"] is not None]
    return min(good, key=lambda each: each["score"] if lower else -each["score"], default=None)


def named(found: Sequence[dict[str, Any]], *, lower: bool) -> dict[str, Any] | None:
    """Of the trials within one standard error of the best the cheapest, give or take ALIKE; None where all failed.

    Among those that cost about the same the best: which of them was the fastest, is chance.
    """
    top = best(found, lower=lower)
    if top is None:
        return None
    near = [each for each in found if each["score"] is not None and abs(each["score"] - top["score"]) <= top["se"]]
    limit = ALIKE * min(each["fit_seconds"] for each in near)
    return best([each for each in near if each["fit_seconds"] <= limit], lower=lower)


def importance(study: optuna.Study) -> dict[str, float]:
    """How much of the differences among scores the model, and each parameter of a model, accounts for, in [0, 1]."""
    done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    drawn = [each for each in done if MODEL in each.params]
    shares = _shares(study, drawn, [MODEL]) if len({each.params[MODEL] for each in drawn}) > 1 else {}
    for name in sorted({each.params[MODEL] for each in drawn}):
        of_model = [each for each in drawn if each.params[MODEL] == name]
        keys = [key for key in of_model[0].params if key != MODEL]
        found = _shares(study, of_model, [key for key in keys if len({each.params[key] for each in of_model}) > 1])
        shares |= found
    return shares


def _shares(study: optuna.Study, drawn: Sequence[FrozenTrial], keys: Sequence[str]) -> dict[str, float]:
    if len(drawn) < ENOUGH or not keys or len({each.value for each in drawn}) < 2:
        return {}
    if list(keys) == [MODEL]:  # one choice alone: how far its groups differ, of all that differs
        whole = statistics.pvariance([each.value or 0.0 for each in drawn])
        groups: dict[str, list[float]] = {}
        for each in drawn:
            groups.setdefault(each.params[MODEL], []).append(each.value or 0.0)
        inside = sum(len(values) * statistics.pvariance(values) for values in groups.values()) / len(drawn)
        return {MODEL: round(max(0.0, 1 - inside / whole), 4)}
    alone = optuna.create_study(direction=study.direction)
    alone.add_trials(drawn)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = optuna.importance.get_param_importances(alone, evaluator=evaluator, params=list(keys))
    return {key: round(value, 4) for key, value in found.items() if math.isfinite(value)}


def _trial(each: FrozenTrial, today: dict[str, Any]) -> dict[str, Any]:
    attrs = each.user_attrs
    scores = attrs.get(SCORES) or ()
    return {
        "number": each.number,
        "kind": attrs.get(KIND, ""),
        "today": attrs[TRAIN] == today,
        "score": None if each.value is None else round(each.value, 6),
        "se": round(statistics.stdev(scores) / math.sqrt(len(scores)), 6) if scores else None,
        "fit_seconds": attrs.get(SECONDS),
        "minutes": attrs.get(MINUTES),
        "reason": attrs.get(REASON),
        "train": attrs[TRAIN],
    }
