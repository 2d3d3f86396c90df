"""The evidence of each signal of a version, day by day: against its first weeks, and later against its first eight.

What is allowed is fixed before the days that are judged by it: a reference of four whole weeks, longer until it has
2,000 requests, and from the 57th day on one of eight weeks, with which the evidence begins anew.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np

from mainline.monitor import evidence
from mainline.monitor.evidence import scores
from mainline.monitor.evidence.null import WATCHABLE, Floats
from mainline.monitor.evidence.reference import Reference

WEEK, SHORT, LONG = 7, 28, 56
ENOUGH = 2000  # requests of a reference
ALWAYS_MISSING = 2  # bins of a column of which training saw no value
QUALITY = 0.005, 1.25  # what is missing, out of range or unknown may grow to this times its share, and by that much
APART: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "number": {"missing": (0,), "out of range": (1, -1)},
    "category": {"missing": (0,), "never seen before": (-1,)},
    "date": {"missing": (0,)},
    "text": {"missing": (0,)},
}
"""Of each kind of column, the bins that say something of its quality, by their place."""

Asked = tuple[tuple[str, ...], Floats, float, float]
"""Names and scores (S, K), the tolerance and the ratio that are allowed."""
Scorer = Callable[[Floats], list[Asked]]
"""What is asked of a signal whose reference has so many units in each bin (K,)."""


class Span(NamedTuple):
    """A reference, and the days that are compared with it; both in order, without a gap."""

    reference: tuple[date, ...]
    days: tuple[date, ...]


@dataclass(frozen=True)
class Watched:
    """One signal's evidence."""

    name: str
    days: tuple[date, ...]
    logs: Floats
    """(days,) log R."""
    tolerance: float
    """How far its mean score may move at least; infinite where none can be watched."""
    unwatched: tuple[str, ...] = ()
    """Its scores that days move so much anyway that a change would not show."""
    way: str = ""
    """The score that has moved furthest lately, in words."""
    moved: float = 0.0
    """By how much its mean has risen."""
    since: date | None = None
    """Since when, where an alarm was reached."""

    @property
    def alarm(self) -> date | None:
        """The first day on which its own evidence reached the bar."""
        return first_above(self.days, self.logs)


def spans(days: Sequence[date], units: Mapping[date, float]) -> list[Span]:
    """The references of a version's days; none where there are too few days or requests yet."""
    short = needed(days, units)
    if short is None:
        return []
    if short >= LONG:
        return [Span(tuple(days[:short]), tuple(days[short:]))]
    found = [Span(tuple(days[:short]), tuple(days[short:LONG]))]
    if len(days) > LONG:
        found.append(Span(tuple(days[:LONG]), tuple(days[LONG:])))
    return found


def needed(days: Sequence[date], units: Mapping[date, float]) -> int | None:
    """How many of these days make a reference: whole weeks; None where they are too few."""
    length = SHORT
    while length <= len(days):
        if sum(units.get(day, 0.0) for day in days[:length]) >= ENOUGH:
            return length
        length += WEEK
    return None


def compared(parts: Sequence[Span]) -> tuple[date, ...]:
    """The days that are compared with a reference."""
    return tuple(day for part in parts for day in part.days)


def watched(name: str, counts: Floats, days: Sequence[date], parts: Sequence[Span], ask: Scorer) -> Watched:
    """The evidence of a signal.

    Args:
        counts: (days, T, K) of units on `days`, which have no gap.
        parts: at least one.
        ask: what is looked at.
    """
    place = {day: at for at, day in enumerate(days)}
    of = {days: counts[[place[day] for day in days]] for part in parts for days in part}
    made = [_part(part, of[part.reference], of[part.days], ask) for part in parts]
    last = next((each for each in reversed(made) if len(each.logs)), made[0])
    since = next((each.since for each in made if each.since), None)
    logs = np.concatenate([each.logs for each in made])
    return Watched(name, compared(parts), logs, last.tolerance, last.unwatched, last.way, last.moved, since)


class _Part(NamedTuple):
    """Of one span, what Watched says of all."""

    logs: Floats
    tolerance: float
    unwatched: tuple[str, ...]
    way: str = ""
    moved: float = 0.0
    since: date | None = None


def _part(part: Span, before: Floats, later: Floats, ask: Scorer) -> _Part:
    """The evidence of a span's days, from its counts before and on them."""
    asked = ask(before.sum(axis=(0, 1)))
    found = [(names, Reference.of(before, what, least, ratio)) for names, what, least, ratio in asked]
    pairs = [
        (name, *each) for names, of in found for name, *each in zip(names, of.watchable, of.null.tolerance, strict=True)
    ]
    unwatched = tuple(name for name, seen, _ in pairs if not seen)
    tolerance = min((float(may) for _, seen, may in pairs[: len(asked[0][0])] if seen), default=np.inf)
    gains = [each.null.gains(later)[:, each.watchable] for _, each in found if each.watchable.any()]
    if not gains:
        return _Part(np.full(len(later), -np.inf), np.inf, unwatched)
    if not len(later):
        return _Part(np.zeros(0), tolerance, unwatched)
    joined = np.concatenate(gains, axis=1)
    logs = evidence.combined(evidence.evidence(joined), np.full(joined.shape[1], 1 / joined.shape[1]))
    alarm = first_above(part.days, logs)
    since = part.days[evidence.since(joined[: part.days.index(alarm) + 1])] if alarm else None
    return _Part(logs, tolerance, unwatched, *_furthest(found, later[-SHORT:]), since)


def _furthest(found: Sequence[tuple[tuple[str, ...], Reference]], lately: Floats) -> tuple[str, float]:
    """The score whose mean has risen most beyond what it may, and by how much."""
    best, way, moved = -np.inf, "", 0.0
    for names, each in found:
        for name, far, may in zip(names, each.null.moved(lately), each.null.tolerance, strict=True):
            if may <= WATCHABLE and far / may > best:
                best, way, moved = far / may, name, float(far)
    return way, moved


def together(found: Sequence[tuple[Watched, float]]) -> Floats:
    """(days,) log of the weighted sum of R over signals; weights that add up to at most 1."""
    if not found or not len(found[0][0].logs):
        return np.zeros(0)
    return evidence.combined(np.stack([each.logs for each, _ in found], axis=1), [weight for _, weight in found])


def first_above(days: Sequence[date], logs: Floats) -> date | None:
    """The first day on which the evidence reaches the bar."""
    (above,) = np.nonzero(logs >= np.log(evidence.BAR))
    return days[above[0]] if len(above) else None


def column(bins: Sequence[str], kind: str, tolerance: float) -> Scorer:
    """What is looked at in a column."""
    there = len(bins) > ALWAYS_MISSING
    apart = {said: [at % len(bins) for at in places] for said, places in APART[kind].items() if there or places == (0,)}

    def ask(reference: Floats) -> list[Asked]:
        named = (
            scores.categorical(reference, bins, apart=[at for each in apart.values() for at in each])
            if kind == "category"
            else scores.numeric(reference, missing=0)
        )
        found: list[Asked] = [(*named, tolerance, 1.0)] if named[0] else []
        shares = np.array([np.isin(np.arange(len(bins)), which) for which in apart.values()], dtype=np.float64)
        return [*found, (tuple(f"more {said}" for said in apart), shares, *QUALITY)]

    return ask


def answers(bins: Sequence[str], tolerance: float) -> Scorer:
    """What is looked at in answers, and in labels: the share of each, both ways."""
    return lambda reference: [(*scores.categorical(reference, bins), tolerance, 1.0)]


def fixed(name: str, score: Floats, tolerance: float) -> Scorer:
    """One score (K,) whose mean must not rise."""
    return lambda _: [((name,), score[None], tolerance, 1.0)]


def every_day(first: date, last: date) -> tuple[date, ...]:
    """All days from one to another, both included."""
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
