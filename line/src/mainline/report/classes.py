"""Class by class: precision, recall and F1 of both sides, and which classes are taken for which."""

from dataclasses import dataclass

import numpy as np

from mainline.report.compare import Array, Comparison, Floats, Predicted

MATRIX_LIMIT = 12  # more classes than this and a matrix cannot be read: list the pairs


@dataclass(frozen=True)
class ClassScore:
    """Precision, recall and F1 of one class, each in 0..1 (0 where nothing was predicted)."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class ClassRow:
    """One class; `rows` is how many dev rows are truly of it."""

    name: str
    rows: int
    challenger: ClassScore
    champion: ClassScore | None

    @property
    def gap(self) -> float:
        """Challenger's F1 minus the champion's; with no champion, F1 minus 1."""
        return self.challenger.f1 - (self.champion.f1 if self.champion else 1.0)


@dataclass(frozen=True)
class Pair:
    """Rows truly of class `truth` taken for class `taken`."""

    truth: str
    taken: str
    challenger: int
    champion: int | None


def confusion(c: Comparison, said: Predicted) -> Array:
    """(classes, classes) counts: truth down, prediction across."""
    size = len(c.classes)
    return np.bincount(c.truth * size + said.label, minlength=size * size).reshape(size, size)


def _scores(counts: Array) -> Floats:
    """(3, classes): precision, recall, F1."""
    hits, true, called = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    ratios = [(hits, called), (hits, true), (2 * hits, true + called)]
    return np.array([np.divide(a, b, out=np.zeros(len(hits)), where=b > 0) for a, b in ratios])


def class_rows(c: Comparison) -> tuple[ClassRow, ...]:
    """One row for each class, in the signature's order; none for a regression."""
    if c.task == "regression":
        return ()
    each = [_scores(confusion(c, side)) for side in c.sides]
    support = np.bincount(c.truth, minlength=len(c.classes))
    return tuple(
        ClassRow(
            name=name,
            rows=int(support[k]),
            challenger=ClassScore(*map(float, each[-1][:, k])),
            champion=ClassScore(*map(float, each[0][:, k])) if c.champion else None,
        )
        for k, name in enumerate(c.classes)
    )


def most_changed(rows: tuple[ClassRow, ...], limit: int) -> tuple[ClassRow, ...]:
    """All rows when they fit, else the `limit` with the largest gap, in their own order."""
    if len(rows) <= limit:
        return rows
    widest = sorted(range(len(rows)), key=lambda k: (-abs(rows[k].gap), k))[:limit]
    return tuple(rows[k] for k in sorted(widest))


def confused_pairs(c: Comparison, limit: int) -> tuple[Pair, ...]:
    """The pairs of classes confused most often by either side."""
    counts = [confusion(c, side) for side in c.sides]
    worst = np.maximum.reduce(counts).copy()
    np.fill_diagonal(worst, 0)
    order = np.argsort(-worst, axis=None, kind="stable")[:limit]
    size = len(c.classes)
    return tuple(
        Pair(
            truth=c.classes[i // size],
            taken=c.classes[i % size],
            challenger=int(counts[-1].flat[i]),
            champion=int(counts[0].flat[i]) if c.champion else None,
        )
        for i in order
        if worst.flat[i] > 0
    )
