"""A small world for tests: days of requests with labels, as profiles; what changes on which day is said."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from mainline.monitor.dev_rows import DevRows
from mainline.monitor.profiles.bins import CONFIDENCES, RIGHT_OR_WRONG
from mainline.monitor.profiles.book import UNIT, Book
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.signals import AGE_BUCKETS, ANSWERS, BLOCKS, CONFIDENCE, Signal, Version
from mainline.monitor.reign import Reign

FIRST = date(2026, 1, 5)
NAME, OLDER = "0123456789ab-cdef0123", "ba9876543210-01234567"
AGE = ("missing", "below 18", "18 to 30", "30 to 40", "40 to 55", "55 to 90", "above 90")
PLAN = ("missing", "basic", "plus", "pro", "unseen")
YES_NO = ("no", "yes")
SURE = tuple(f"{n}" for n in range(len(CONFIDENCES) + 1))
LOAD = np.array([0.05, 0.10, 0.20, 0.25, 0.25, 0.15])
LATE = np.array([0.2, 0.2, 0.2, 0.35, 0.03, 0.02, 0.0])  # of labels, by age


@dataclass(frozen=True)
class World:
    """What days are like; each may be changed from a day on."""

    requests: int = 1000
    age: tuple[float, ...] = (0.01, 0.0, 0.25, 0.25, 0.25, 0.24, 0.0)
    plan: tuple[float, ...] = (0.0, 0.6, 0.3, 0.1, 0.0)
    answers: tuple[float, ...] = (0.7, 0.3)
    wrong: float = 0.10
    unsure: float = 0.5
    """Of the answers of which the model is not quite sure: they are wrong in 18%, the others in 2%."""
    labelled: float = 0.1
    days_differ: float = 0.0
    """Standard deviation of a day's own part of the rate of wrong answers."""


def version(name: str = NAME) -> Version:
    """What is counted."""
    signals = (
        Signal("column:age", "number", AGE),
        Signal("column:plan", "category", PLAN),
        Signal(ANSWERS, "answers", YES_NO),
        Signal(CONFIDENCE, "confidence", SURE),
    )
    return Version(name, "binary", signals, (*YES_NO, "another"), RIGHT_OR_WRONG)


def book(rng: np.random.Generator, world: World) -> tuple[Book, np.ndarray, np.ndarray]:
    """A day's counts, and the labels (answers, ages, scores) and truths (ages, labels) of its answers."""
    about = version()
    rows = rng.poisson(world.requests * LOAD)
    sure = np.zeros(len(SURE))
    sure[10], sure[-2] = world.unsure, 1 - world.unsure
    parts = [
        rng.multinomial(rows, np.array(shares) / np.sum(shares)).ravel()
        for shares in (world.age, world.plan, world.answers, sure)
    ]
    made = Book(
        np.concatenate(parts).astype(np.int64) * UNIT, parts[2].reshape(BLOCKS, -1).sum(axis=0).astype(np.int64)
    )
    assert made.counts.size == about.size
    rate = float(np.clip(world.wrong + rng.normal(0, world.days_differ), 0, 1)) if world.days_differ else world.wrong
    labelled = rng.binomial(made.answered, world.labelled)
    wrong = rng.binomial(labelled, rate)
    labels = np.stack([rng.multinomial(each, LATE) for each in (*(labelled - wrong), *wrong)])
    labels = labels.reshape(2, 2, AGE_BUCKETS).transpose(1, 2, 0)  # answers, ages, scores
    truths = np.zeros((AGE_BUCKETS, 3), np.int64)
    truths[:, 0] = labels[0, :, 0] + labels[1, :, 1]
    truths[:, 1] = labels[1, :, 0] + labels[0, :, 1]
    return made, labels, truths


def books(
    days: int,
    world: World | None = None,
    *,
    then: World | None = None,
    at: int = 0,
    seed: int = 0,
    older: int = 0,
    without: tuple[int, ...] = (),
    name: str = NAME,
    first: date = FIRST,
) -> dict[date, dict[str, Book]]:
    """Days of a version, each as a host has counted it.

    Args:
        then, at: another world from that day on.
        older: days of OLDER before, in the same world.
        without: days on which no profile came.
        first: the version's first day.
    """

    def day(n: int) -> date:
        return first + timedelta(days=n)

    rng = np.random.default_rng(seed)
    found: dict[date, dict[str, Book]] = {}
    for n in range(-older, days):
        called = name if n >= 0 else OLDER
        made, labels, truths = book(rng, then if then is not None and n >= at else world or World())
        found.setdefault(day(n), {}).setdefault(called, Book.empty(version())).add(made)
        for bucket, after in enumerate((0, 1, 3, 6, 13, 27, 40)):
            if n + after >= days:
                continue
            part, known = np.zeros_like(labels), np.zeros_like(truths)
            part[:, bucket], known[bucket] = labels[:, bucket], truths[bucket]
            late = Book.empty(version())
            late.labels[day(n)], late.truths[day(n)] = part.ravel(), known.ravel()
            found.setdefault(day(n + after), {}).setdefault(called, Book.empty(version())).add(late)
    return {when: each for when, each in found.items() if (when - first).days not in without}


def profiles(*arguments: Any, **more: Any) -> Profiles:
    """The same, added up."""
    return Profiles.of({name: version(name) for name in (NAME, OLDER)}, books(*arguments, **more).items())


def reign(accepted: date | None = None, since: date = FIRST) -> Reign:
    """NAME's."""
    return Reign(NAME, since, None, accepted)


def older(days: int) -> Reign:
    """OLDER's, before."""
    return Reign(OLDER, FIRST - timedelta(days=days), FIRST - timedelta(days=1))


def dev(rows: int = 2000, world: World | None = None) -> DevRows:
    """Dev rows as the world is: no chance in it."""
    base = world or World()
    counted = np.zeros((len(SURE), 2))
    for at, share, wrong in ((10, base.unsure, 0.18), (len(SURE) - 2, 1 - base.unsure, 0.02)):
        counted[at] = rows * share * (1 - wrong), rows * share * wrong
    return DevRows(np.array([rows * (1 - base.wrong), rows * base.wrong]), counted)


def day(n: int) -> date:
    """The n-th day of NAME, from 0."""
    return FIRST + timedelta(days=n)
