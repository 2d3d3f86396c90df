"""Two models' answers for the same rows, as the gate's tests read them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from mainline import config
from mainline.errors import ConfigError, Refused
from mainline.gate import answers, columns, rows, signature, tests
from mainline.gate.answers import Answers, Floats
from mainline.project import Project

LOG_LOSS_CLIP = 0.02  # a probability of a billionth says no more than "very sure", and must not decide a test alone
OTHER_TASK = "nothing compares them: merge it as a new set, by itself: `mainline gate rotate --new-rows`"
SQUARED_ERROR_CLIP = 2.0  # errors beyond two units of the target count as two


@dataclass(frozen=True)
class Comparison:
    """The true labels of n rows, and what each side says of them, in one order."""

    task: str
    classes: tuple[Any, ...]
    """Those that either side learnt, the challenger's first, then those that only the rows have; none for numbers."""
    positive: Any
    spread: float
    """How far the target usually differs over main's training rows; the unit of squared_error."""
    order: columns.Places
    """The order in which a sequential test sees the rows, (n,): that of the hash of their ids."""
    labels: NDArray[Any]
    """(n,): numbers or, of classes, their positions."""
    new: Answers
    old: Answers

    def loss(self, metric: str, side: Answers) -> tuple[Floats, float]:
        """A bounded loss of every row, (n,), and the most it can be.

        Raises:
            ConfigError: the metric is not for this task.
            Refused: it takes probabilities, and there are none.
        """
        if metric == "squared_error" and not self.classes:
            error = np.abs(side.prediction - self.labels) / self.spread
            return np.minimum(error, SQUARED_ERROR_CLIP) ** 2, SQUARED_ERROR_CLIP**2
        if metric == "accuracy" and self.classes:
            return (side.prediction != self.labels).astype(np.float64), 1.0
        if metric == "brier" and self.classes:
            squares = np.zeros(len(self.labels))
            for position in range(len(self.classes)):
                squares += (side.chance(position) - (self.labels == position)) ** 2
            return squares / 2, 1.0
        if metric == "log_loss" and self.classes:
            true, total = np.zeros(len(self.labels)), np.zeros(len(self.labels))
            for position in range(len(self.classes)):
                chance = side.chance(position)
                np.copyto(true, chance, where=self.labels == position)
                total += chance  # a share of it is proper, whatever a side says of every class
            shares = np.divide(true, total, out=np.zeros_like(true), where=total > 0)
            return -np.log(np.clip(shares, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)), -float(np.log(LOG_LOSS_CLIP))
        raise _not_for(metric, self.task)

    def as_mean(self, metric: config.Metric) -> config.Metric:
        """A metric, and in place of one that is no mean over rows the usual one of the task."""
        usual: config.Metric = "accuracy" if self.classes else "squared_error"
        return usual if metric in ASYMPTOTIC else metric

    def require(self, settings: config.Gate, *, first: bool) -> None:
        """Refuse terms that no rows could be judged by, before any sealed label meets an answer.

        Args:
            first: there is no champion, so that `baseline` is the condition.

        Raises:
            ConfigError: a metric is not for this task, or a margin or level is more than it can be.
            Refused: a metric takes probabilities, and a side has none.
        """
        for metric in settings.metrics(self.task):
            stated = first and settings.baseline != "dummy"
            if metric in ASYMPTOTIC:
                if stated:
                    raise ConfigError(f"params.yaml: gate.baseline: a level of {metric} cannot be tested; use dummy")
                if (metric in OF_CLASSES) != bool(self.classes) or (metric in OF_TWO and self.task != "binary"):
                    raise _not_for(metric, self.task)
                continue
            most = max(self.loss(metric, side)[1] for side in (self.new, self.old))
            if stated:
                if settings.baseline == "human":
                    raise ConfigError("params.yaml: gate.baseline: human needs a first model; here, say a number")
                _check_level(metric, float(settings.baseline), most)
            elif not first:
                _check_margin(metric, settings.condition.margin, most)

    def rejects(self, metric: config.Metric, margin: float, alpha: float) -> bool:
        """Whether the rows show, at level alpha, that the challenger's gain exceeds the margin.

        Raises:
            Refused: the rows are too few for the test of this metric, or unfit for it.
            ConfigError: the metric is not for this task, or the margin is more than the metric can differ by.
        """
        try:
            if metric in ASYMPTOTIC:
                return ASYMPTOTIC[metric](self, margin) <= alpha
            new, most = self.loss(metric, self.new)
            old, _ = self.loss(metric, self.old)
            _check_margin(metric, margin, most)
            if metric == "accuracy":
                b, c = int(np.sum(new < old)), int(np.sum(new > old))
                return tests.paired_counts_p(b, c, len(new), margin=margin, alpha=alpha) <= alpha
            gains = (old - new)[self.order]
            return tests.bounded_loss_rejects(gains, margin=margin, low=-most, high=most, alpha=alpha)
        except ValueError as error:
            raise Refused(f"{metric} cannot be tested on these rows: {error}") from None

    def rejects_level(self, metric: config.Metric, level: float, alpha: float) -> bool:
        """Whether the rows show that the challenger is better than a stated level of the metric.

        Raises:
            ConfigError: levels can be stated for accuracy and bounded losses only, and within their bounds.
        """
        if metric in ASYMPTOTIC:
            raise ConfigError(f"params.yaml: gate.baseline: a level of {metric} cannot be tested; use dummy")
        loss, most = self.loss(metric, self.new)
        _check_level(metric, level, most)
        bar = 1 - level if metric == "accuracy" else level
        gains = (bar - loss)[self.order]
        try:
            return tests.bounded_loss_rejects(gains, margin=0.0, low=bar - most, high=bar, alpha=alpha)
        except ValueError as error:
            raise Refused(f"{metric} cannot be tested on these rows: {error}") from None

    def spread_of_gain(self, metric: config.Metric) -> float | None:
        """The variance of the rows' gains, as shares of the largest possible: in [0, 1]; None where there is none."""
        if metric in ASYMPTOTIC:
            return None
        (new, most), (old, _) = self.loss(metric, self.new), self.loss(metric, self.old)
        return float(np.var((old - new) / most))

    def old_losses(self, metric: config.Metric) -> tuple[float, float, float] | None:
        """Mean and variance of the old side's losses, as shares of the largest, and that one; None where none is."""
        if metric in ASYMPTOTIC:
            return None
        loss, most = self.loss(metric, self.old)
        return float(np.mean(loss / most)), float(np.var(loss / most)), most


def _check_margin(metric: str, margin: float, most: float) -> None:
    if abs(margin) >= most:
        raise ConfigError(f"params.yaml: gate.condition: no two models differ by {abs(margin):g} in {metric}")


def _check_level(metric: str, level: float, most: float) -> None:
    if not 0 < level < most:
        raise ConfigError(f"params.yaml: gate.baseline: {metric} lies between 0 and {most:.3g}, not at {level:g}")


def _not_for(metric: str, task: str) -> ConfigError:
    return ConfigError(f"params.yaml: gate.metric: {metric} is not for a {task} task")


def _positive(comparison: Comparison, metric: str) -> int:
    if comparison.task != "binary":
        raise _not_for(metric, comparison.task)
    return comparison.classes.index(comparison.positive)


def _auc_p(comparison: Comparison, margin: float) -> float:
    at = _positive(comparison, "roc_auc")
    return tests.auc_p(comparison.labels == at, comparison.old.chance(at), comparison.new.chance(at), margin=margin)


def _f1_p(comparison: Comparison, margin: float) -> float:
    at = _positive(comparison, "f1")
    columns = (comparison.labels, comparison.old.prediction, comparison.new.prediction)
    return tests.f1_p(*[(column == at).astype(int) for column in columns], average="binary", margin=margin)


def _f1_macro_p(comparison: Comparison, margin: float) -> float:
    if not comparison.classes:
        raise _not_for("f1_macro", comparison.task)
    return tests.f1_p(
        comparison.labels, comparison.old.prediction, comparison.new.prediction, average="macro", margin=margin
    )


def _rmse_p(comparison: Comparison, margin: float) -> float:
    if comparison.classes:
        raise _not_for("rmse", comparison.task)
    return tests.rmse_p(comparison.labels, comparison.old.prediction, comparison.new.prediction, margin=margin)


OF_CLASSES, OF_TWO = ("roc_auc", "f1", "f1_macro"), ("roc_auc", "f1")
# metrics that are no mean over rows: their tests hold for many rows only
ASYMPTOTIC: dict[str, Callable[[Comparison, float], float]] = {
    "roc_auc": _auc_p,
    "f1": _f1_p,
    "f1_macro": _f1_macro_p,
    "rmse": _rmse_p,
}


def read(
    project: Project,
    labels: Path,
    predictions: Path,
    other: Path | None,
    *,
    main: Project | None = None,
    unit: float = 0.0,
) -> Comparison:
    """Read a comparison from files; they must stay as long as it is in use.

    Args:
        project: the challenger's.
        labels: a table with `row_id` and the target: the rows that are judged on.
        predictions: the challenger's answers; rows that they lack are answered as wrongly as can be.
        other: the other side's; None stands for a model that ignores its input.
        main: whose rows these are, where they are not the challenger's own.
        unit: of squared_error; by default that of main's training rows.

    Raises:
        Refused: an id stands twice, or the answers are not of the labels' kind, or the other side's lack rows.
    """
    main = main or project
    about, theirs = signature.read(project), signature.read(main)
    target = theirs["target"]
    ids, truth = columns.ids(labels), columns.column(labels, target)
    classes = _classes(about, theirs, pc.unique(truth).to_pylist())
    order, train = columns.order(labels, ids), main / rows.TRAIN
    known = answers.positions(truth, classes, labels) if classes else answers.numbers(truth, labels)
    spread = 1.0 if classes else unit or answers.unit(columns.column(train, target), train)

    def said(path: Path) -> Answers:
        found = answers.from_file(path, columns.places(path, ids), classes)
        if path is other and found.absent is not None:
            raise Refused(f"{path.name} of main: not about all rows of {labels.name}; run `mainline lock` there")
        off = 0.0 if classes else max(float(np.ptp(known)), SQUARED_ERROR_CLIP * spread)
        return found.at_worst(known, classes, off)

    return Comparison(
        task=theirs["task"],
        classes=tuple(classes),
        positive=theirs.get("positive"),
        spread=spread,
        order=order,
        labels=known,
        new=said(predictions),
        old=said(other) if other else answers.dummy(columns.column(train, target), train, classes, len(truth)),
    )


def _classes(mine: dict[str, Any], theirs: dict[str, Any], there: list[Any]) -> list[Any]:
    """All classes: the challenger's, the other side's, and those that only the rows have; none for numbers."""
    learnt = [mine.get("classes") or [], theirs.get("classes") or []]
    found = list(dict.fromkeys([*learnt[0], *learnt[1], *there])) if any(learnt) else []
    texts = {isinstance(label, str) for label in (*learnt[0], *learnt[1])}
    if bool(learnt[0]) != bool(learnt[1]) or len(texts) > 1:
        raise Refused(f"models/signature.json: the task, {mine['task']}, is not main's, {theirs['task']}; {OTHER_TASK}")
    return found


def on_dev_rows(project: Project, main: Project, other: Project | None, unit: float = 0.0) -> Comparison:
    """What two sides say of main's dev rows; no other side stands for a model that ignores its input."""
    old = other / answers.DEV if other else None
    return read(project, main / rows.DEV, project / answers.DEV, old, main=main, unit=unit)


def on_sealed_rows(project: Project, main: Project, other: Project | None, unit: float = 0.0) -> Comparison:
    """The same of main's sealed rows."""
    old = other / answers.SEALED if other else None
    return read(project, main / rows.LABELS, project / answers.SEALED, old, main=main, unit=unit)
