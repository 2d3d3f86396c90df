"""What the model is held against: simpler models, people, and levels that others have stated; each on its own rows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mainline.report.bootstrap import Estimate, Interval
from mainline.report.side import Side
from mainline.report.text import plural

SCORES = {"balanced_accuracy": "balanced accuracy", "r2": "R\N{SUPERSCRIPT TWO}"}
HUMAN = {"accuracy": "accuracy", "mean_absolute_error": "MAE"}
Z = 1.96  # of 95%


@dataclass(frozen=True)
class Baseline:
    """One level: who reaches it, in which measure, on which rows."""

    name: str
    measure: str
    rows: str
    level: Interval


def baselines(side: Side, champion: Side | None, made: Sequence[Estimate]) -> tuple[Baseline, ...]:
    """All that there are, with the model itself among them.

    Args:
        side: the challenger.
        made: its estimates on the dev rows, the first of which counts.
    """
    return (*_simpler(side), *_dev(side, champion, made), *_human(side.labels), *_stated(side.params))


def _simpler(side: Side) -> Iterator[Baseline]:
    """Simpler models and this one, out of fold on training rows."""
    found = side.diagnosis
    if not found.get("rows"):
        return
    measure = SCORES.get(str(found.get("score")), str(found.get("score")))
    rows = f"{plural(int(found['rows']), 'training row')}, out of fold"
    for each in found.get("simpler") or ():
        yield Baseline(str(each["name"]), measure, rows, _around(each))
    yield Baseline("this model", measure, rows, _around(found["model"]))


def _around(figure: Mapping[str, Any]) -> Interval:
    value, wide = float(figure["score"]), Z * float(figure["se"])
    return Interval(value, value - wide, value + wide) if wide else Interval(value, math.nan, math.nan)


def _dev(side: Side, champion: Side | None, made: Sequence[Estimate]) -> Iterator[Baseline]:
    first, rows = made[0], plural(len(side.dev), "dev row")
    if champion is not None and first.champion is not None:
        yield Baseline("the champion", first.metric.name, rows, first.champion)
    yield Baseline("this model", first.metric.name, rows, first.challenger)


def _human(labels: Mapping[str, Any]) -> Iterator[Baseline]:
    found = labels.get("human") or {}
    for key, measure in HUMAN.items():
        if key in found:
            level = Interval(*(float(found.get(name, math.nan)) for name in (key, "low", "high")))
            rows = f"{plural(int(found.get('rows', 0)), 'row')} with labels of two people or more"
            yield Baseline("one person, by the others", measure, rows, level)


def _stated(params: Mapping[str, Any]) -> Iterator[Baseline]:
    """Levels of the literature: what people have written down, and nobody has tested here."""
    card = params.get("card")
    said = card.get("literature") if isinstance(card, Mapping) else None
    for source, level in (said or {}).items():
        yield Baseline(str(source), "as stated there", "not tested here", Interval(float(level), math.nan, math.nan))
