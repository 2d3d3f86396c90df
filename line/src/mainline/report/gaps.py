"""Where the errors are: parts of the dev rows, and what closing each one's gap would bring to the whole score.

The error is the share of rows that are wrong; of numbers, the squared error as a share of the target's variance, so
that what a gap brings is accuracy or R squared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mainline.report.bootstrap import Interval, interval, resamples
from mainline.report.compare import Array, Comparison, Floats
from mainline.report.side import Side, Signature
from mainline.report.slices import find_slices, kind_of
from mainline.report.where import Where, where

MOST = 10
LOOKED_AT = 40  # whose intervals are worked out, those that would bring most
FEWEST = 20  # rows
SAME = 0.8  # of two parts that share so much of their rows, the second says nothing new


@dataclass(frozen=True)
class Part:
    """Some of the dev rows, (n,) of bool: those of a class, or those of a slice, which `where` says again."""

    label: str
    rows: Array
    where: Where | None
    of_class: str | None = None


@dataclass(frozen=True)
class Gap:
    """A part's error, its share of all errors, and what the whole score gains if it errs no more than it should."""

    part: Part
    rows: int
    error: float
    share: float
    brings: Interval


def gaps(c: Comparison, side: Side, declared: Sequence[str]) -> tuple[Gap, ...]:
    """The parts with more error than they should have, most to gain first; at most MOST, none that may be luck."""
    loss = losses(c)
    parts = [each for each in _parts(c, side.signature, declared) if FEWEST <= each.rows.sum() < len(loss)]
    if not parts or not loss.any():
        return ()
    level, ones = _human(c, side.labels), np.ones((1, len(loss)))
    point = _brings(loss, np.column_stack([each.rows for each in parts]).astype(float), ones, level)[0]
    order = [int(at) for at in np.argsort(-point, kind="stable")[:LOOKED_AT] if point[at] > 0]
    if not order:
        return ()
    masks = np.column_stack([parts[at].rows for at in order]).astype(float)
    drawn = np.concatenate([_brings(loss, masks, weights, level) for weights in resamples(len(loss))])
    found = [
        Gap(
            part=parts[at],
            rows=int(parts[at].rows.sum()),
            error=float(loss[parts[at].rows].mean()),
            share=float(loss[parts[at].rows].sum() / loss.sum()),
            brings=interval(float(point[at]), drawn[:, place]),
        )
        for place, at in enumerate(order)
    ]
    return _told_apart([each for each in found if each.brings.low > 0])[:MOST]


def losses(c: Comparison) -> Floats:
    """(n,) The challenger's error of each row."""
    if c.task != "regression":
        return np.asarray(c.challenger.label != c.truth, dtype=float)
    spread = float(np.var(c.truth))
    return np.asarray((c.challenger.label - c.truth) ** 2 / spread if spread else np.zeros(len(c.truth)), dtype=float)


def _parts(c: Comparison, signature: Signature, declared: Sequence[str]) -> list[Part]:
    found = [Part(f"{c.target}: {name}", c.truth == place, None, name) for place, name in enumerate(c.classes)]
    for each in find_slices(c, signature, declared):
        if each.column != c.target:
            kind = kind_of(signature, each.column, c.rows[each.column])
            found.append(Part(each.label, each.part, where(c.rows, each.column, each.part, kind)))
    return found


def _human(c: Comparison, labels: Mapping[str, Any]) -> float | None:
    """The error of one person by the others, where classes are told and people have told them twice."""
    level = (labels.get("human") or {}).get("accuracy")
    return 1 - float(level) if c.task != "regression" and isinstance(level, int | float) else None


def _brings(loss: Floats, parts: Floats, weights: Floats, level: float | None) -> Floats:
    """(b, parts) What the whole gains where a part's error falls to a level, else to the whole's."""
    total = weights.sum(axis=1, keepdims=True)
    should = (weights @ loss)[:, None] / total if level is None else level
    return np.asarray((weights @ (parts * loss[:, None]) - weights @ parts * should) / total)


def _told_apart(found: Sequence[Gap]) -> tuple[Gap, ...]:
    """Those that are not nearly the rows of one before; the most to gain stands."""
    kept: list[Gap] = []
    for each in sorted(found, key=lambda gap: -gap.brings.value):
        same = (_overlap(each.part.rows, other.part.rows) for other in kept)
        if all(share < SAME for share in same):
            kept.append(each)
    return tuple(kept)


def _overlap(one: Array, other: Array) -> float:
    return float((one & other).sum() / (one | other).sum())
