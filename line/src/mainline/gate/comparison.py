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
from mainline.gate import answers, rows, signature, tests
from mainline.gate.answers import Answers, Floats
from mainline.project import Project

LOG_LOSS_CLIP = 0.02  # a probability of a billionth says no more than "very sure", and must not decide a test alone
SQUARED_ERROR_CLIP = 2.0  # errors beyond two standard deviations of the target count as two


@dataclass(frozen=True)
class Comparison:
    """The true labels of n rows, and what each side says of them, in one order."""

    task: str
    classes: tuple[Any, ...]
    """Those that the challenger learnt, then those that only the rows have; none for numbers."""
    positive: Any
    spread: float
    """The standard deviation of the target over the training rows; the unit of squared_error."""
    order: rows.Places
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
            chance = np.zeros(len(self.labels))
            for position in range(len(self.classes)):
                np.copyto(chance, side.chance(position), where=self.labels == position)
            return -np.log(np.clip(chance, LOG_LOSS_CLIP, 1 - LOG_LOSS_CLIP)), -float(np.log(LOG_LOSS_CLIP))
        raise _not_for(metric, self.task)

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
            if abs(margin) >= most:
                raise ConfigError(f"params.yaml: gate.condition: no two models differ by {abs(margin):g} in {metric}")
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
        if not 0 < level < most:
            raise ConfigError(f"params.yaml: gate.baseline: {metric} lies between 0 and {most:.3g}, not at {level:g}")
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


# metrics that are no mean over rows: their tests hold for many rows only
ASYMPTOTIC: dict[str, Callable[[Comparison, float], float]] = {
    "roc_auc": _auc_p,
    "f1": _f1_p,
    "f1_macro": _f1_macro_p,
    "rmse": _rmse_p,
}


def read(project: Project, labels: Path, predictions: Path, other: Path | None) -> Comparison:
    """Read a comparison from files; they must stay as long as it is in use.

    Args:
        project: the challenger's.
        labels: a table with `row_id` and the target.
        predictions: the challenger's answers for those rows.
        other: the other side's; None stands for a model that ignores its input.

    Raises:
        Refused: an id stands twice, or the answers are not for these rows or not of the labels' kind.
    """
    about = signature.read(project)
    target, learnt = about["target"], list(about.get("classes") or ())
    ids, truth = rows.ids(labels), rows.column(labels, target)
    classes = [*learnt, *(label for label in pc.unique(truth).to_pylist() if label not in learnt)] if learnt else []
    order = rows.order(labels, ids)

    def said(path: Path) -> Answers:
        return answers.from_file(path, rows.places(path, ids, order), classes)

    train = project / "data/train.parquet"
    return Comparison(
        task=about["task"],
        classes=tuple(classes),
        positive=about.get("positive"),
        spread=1.0 if classes else float(np.std(answers.numbers(rows.column(train, target), train), ddof=1)),
        order=order,
        labels=answers.positions(truth, classes, labels) if classes else answers.numbers(truth, labels),
        new=said(predictions),
        old=said(other) if other else answers.dummy(rows.column(train, target), train, classes, len(truth)),
    )
