"""How the records of a version are counted: what the first line of their file says, understood and bounded."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from mainline.monitor.profiles import bins, sides
from mainline.monitor.profiles.bins import Bins
from mainline.monitor.profiles.sides import Window
from mainline.monitor.profiles.signals import ANSWERS, CONFIDENCE, MOST_BINS, MOST_NAME, Signal, Version

MOST_COLUMNS = 1_000
MOST_CLASSES = 100  # with a bin of their own; the rest share one
MOST_LABELS = 100_000
MOST_DECILES = 20
NO_SCALE = 0.0
KINDS = {"numeric": "number", "date": "date", "categorical": "category", "text": "text"}


@dataclass(frozen=True)
class Plan:
    """How to count one version."""

    version: Version
    columns: tuple[tuple[str, Bins], ...]
    classes: Mapping[Any, int] | None
    """The place of each class; None of a regression."""
    edges: tuple[float, ...]
    """Of a regression: the deciles of its target, between which its answers and labels are counted."""
    left_out: int
    """How many columns are more than can be counted."""
    read: tuple[str, ...]
    """The columns that are to be read: those that are counted, or all where they tell a row's side."""
    window: Window | None
    """Which rows are sealed; None where that cannot be told of them."""

    @property
    def scale(self) -> float:
        """Of a regression: how large an error is the largest that is told apart."""
        return self.edges[-1] - self.edges[0] if self.edges else NO_SCALE

    @classmethod
    def of(cls, line: Any) -> "Plan":
        """Understand a line of kind `columns`.

        Raises:
            ValueError: it is none.
        """
        try:
            name, task, given = line["model_version"], line["task"], line["columns"]
            classes = None if task == "regression" else _classes(line["classes"])
            edges = _rising(line["deciles"]) if classes is None else ()
            named = [(_name(column), column) for column in given]
            window = sides.sealed_window(line)
        except (KeyError, TypeError, AttributeError):
            raise ValueError("not what columns are") from None
        if not isinstance(name, str) or not 0 < len(quote(name, safe="")) <= MOST_NAME or not isinstance(task, str):
            raise ValueError("a version without a name, or with one too long")
        if len({each for each, _ in named}) < len(named):
            raise ValueError("two columns of one name")
        own = _answer_signals(classes, edges)
        kept = _fitting(named, MOST_BINS - sum(len(signal.bins) for signal in own))
        signals = [Signal(f"column:{each}", KINDS[column["kind"]], made.words) for each, column, made in kept]
        version = Version(name, task, (*signals, *own), _truths(own[0].bins, classes), _scores(classes))
        columns = tuple((each, made) for each, _, made in kept)
        recorded = tuple(each for each, _ in named)
        if window is None or not window.tells(recorded):
            recorded, window = tuple(each for each, _ in columns), None
        return cls(version, columns, classes, edges, len(named) - len(kept), recorded, window)


def _fitting(named: Sequence[tuple[str, Any]], room: int) -> list[tuple[str, Any, Bins]]:
    """The first columns, as many as can be counted, with their bins."""
    kept: list[tuple[str, Any, Bins]] = []
    for name, column in named:
        made = _bins(column)
        if len(kept) < MOST_COLUMNS and len(name) <= MOST_NAME and len(made.words) <= room:
            kept.append((name, column, made))
            room -= len(made.words)
    return kept


def _name(column: Any) -> str:
    name = column["name"]
    if not isinstance(name, str) or not name or column["kind"] not in KINDS:
        raise ValueError("a column without a name, or of no kind")
    return name


def _bins(column: Mapping[str, Any]) -> Bins:
    kind = column["kind"]
    if kind == "date":
        return bins.date()
    if kind == "categorical":
        said = column.get("categories") or []
        if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
            raise ValueError("categories that are none")
        return bins.category(list(dict.fromkeys(said))[: bins.MOST_CATEGORIES])
    deciles = _rising(column.get("deciles") or [])
    if kind == "text":
        return bins.text(deciles)
    limits = column.get("minimum"), column.get("maximum")
    if limits == (None, None):
        return bins.number(None, None, ())
    minimum, maximum = _rising([limits[0]])[0], _rising([limits[1]])[0]
    if minimum > maximum:
        raise ValueError("a smallest value above the largest")
    return bins.number(minimum, maximum, deciles)


def _answer_signals(classes: Mapping[Any, int] | None, edges: tuple[float, ...]) -> list[Signal]:
    if classes is None:
        return [Signal(ANSWERS, ANSWERS, bins.between(edges))]
    own = tuple(bins.shown(str(label)) for label in list(classes)[:MOST_CLASSES])
    words = (*own, bins.ANOTHER) if len(classes) > MOST_CLASSES else own
    return [Signal(ANSWERS, ANSWERS, words), Signal(CONFIDENCE, CONFIDENCE, bins.between(bins.CONFIDENCES))]


def _truths(answers: tuple[str, ...], classes: Mapping[Any, int] | None) -> tuple[str, ...]:
    """A label may be a class that the model does not know."""
    return answers if classes is None or len(classes) > MOST_CLASSES else (*answers, bins.ANOTHER)


def _scores(classes: Mapping[Any, int] | None) -> tuple[str, ...]:
    return bins.parts_of_error() if classes is None else bins.RIGHT_OR_WRONG


def _classes(said: Any) -> dict[Any, int]:
    if not isinstance(said, list) or not 0 < len(said) <= MOST_LABELS:
        raise ValueError("no classes, or too many")
    if not all(type(each) in (str, int, float, bool) for each in said) or len(set(said)) < len(said):
        raise ValueError("a class that is none, or named twice")
    return {label: place for place, label in enumerate(said)}


def _rising(said: Any) -> tuple[float, ...]:
    if not isinstance(said, list) or len(said) > MOST_DECILES or not all(type(each) in (int, float) for each in said):
        raise ValueError("deciles that are none")
    try:
        numbers = tuple(map(float, said))
    except OverflowError:
        raise ValueError("a number that is too large") from None
    if not all(map(math.isfinite, numbers)) or any(low >= high for low, high in pairwise(numbers)):
        raise ValueError("deciles that do not rise")
    return numbers
