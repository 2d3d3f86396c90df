"""Whether to train again: a reason, and rows enough to learn from and to be judged by. Drift alone is no reason.

What slows it down keeps the promise (at most twelve a year, one at a time, rows that can judge) or saves work: where
training again did not help, the next one takes twice the new rows, then four times.
"""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from mainline import retraining
from mainline.gate import levels
from mainline.gate.another_set import FEWEST
from mainline.gate.verdict import NOT_CERTIFIED

PART = 0.05  # of the training rows, that new ones must come to


@dataclass(frozen=True)
class Past:
    """A retraining that was judged."""

    day: date
    verdict: str
    learnt: int
    """How many new rows it was trained on."""
    until: str = ""
    """The last day of predictions whose rows it has judged by; empty where they were the source's alone."""


@dataclass(frozen=True)
class Seen:
    """What decides."""

    today: date
    every: int
    trained: int
    """The champion's training rows."""
    since: date
    """When the champion, or the last retraining, was made."""
    learn: int
    """New rows that training would see, over the champion's."""
    source: int
    """How many of them are new in the source."""
    fresh: int
    """Rows that have judged nothing yet, and would judge this one."""
    spread: float | None
    """The variance of the champion's losses on the dev rows, as a share of the largest; None where it has none."""
    max_mde: float
    past: tuple[Past, ...] = ()
    worse: str = ""
    """What the monitor says of a champion that is worse than allowed; empty of any other."""


@dataclass(frozen=True)
class Decision:
    """Whether it is due."""

    why: str
    """One of retraining.TRIGGERS; empty where it is not due."""
    words: str
    """The evidence, or why not, as one sentence."""
    waits: tuple[str, ...] = ()
    """What it waits for, and how much of that is there."""

    @property
    def due(self) -> bool:
        """Whether to train again now."""
        return bool(self.why)


def decide(seen: Seen, *, now: bool = False) -> Decision:
    """Whether to train again, where nothing holds it.

    Args:
        now: a person asks: only what keeps the promise stands in the way.
    """
    failed = failures(seen.past)
    wanted, judges = to_learn(seen), to_judge(seen)
    learn = _of("new rows to learn from", seen.learn, wanted)
    fresh = _to_judge(seen, judges)
    if now:
        needed = judges // 2 ** len(failed)
        if seen.fresh < needed:
            return Decision("", "asked for, and it waits for rows", (_to_judge(seen, needed),))
        return Decision("asked", "A person asked for it.")
    enough = seen.learn >= wanted and seen.fresh >= judges
    if seen.worse:
        if seen.fresh >= judges and (enough or not failed):
            return Decision("worse", seen.worse)
        return Decision("", "worse is said, and it waits for rows", (*([learn] if failed else []), fresh))
    if enough and seen.source >= wanted:
        return Decision("new data", f"The source has {seen.source:,} new rows to learn from, {wanted:,} are enough.")
    days = (seen.today - seen.since).days
    if enough and days >= seen.every:
        return Decision("every", f"{days} days since {seen.since}, and {seen.learn:,} new rows to learn from.")
    return Decision("", "nothing is worse than allowed, and it waits", (_of("days", days, seen.every), learn, fresh))


def failures(past: tuple[Past, ...]) -> list[Past]:
    """The retrainings that were not certified since the last that was, in order."""
    found: list[Past] = []
    for each in past:
        found = [*found, each] if each.verdict == NOT_CERTIFIED else []
    return found


def to_learn(seen: Seen) -> int:
    """How many new training rows are enough."""
    failed = failures(seen.past)
    least = max(1, math.ceil(PART * seen.trained))
    return int(max([least, *(each.learnt for each in failed[:1])]) * 2 ** len(failed))


def to_judge(seen: Seen) -> int:
    """How many fresh rows are enough to see a gain of gate.max_mde at a retraining's level."""
    alone = levels.detectable_effect(retraining.LEVEL, min(seen.spread or 0.0, 1.0), 1)
    needed = max(FEWEST, levels.rows_discordant_needed(retraining.LEVEL), math.ceil((alone / seen.max_mde) ** 2))
    return int(needed * 2 ** len(failures(seen.past)))


def held(mode: str, there: str, past: tuple[Past, ...], today: date, *, comes: bool = True) -> str:
    """What stands in the way whatever speaks for training again; empty where nothing does.

    Args:
        mode: retrain.mode.
        comes: whether a row may come from anywhere.
        there: a retraining's branch that nothing has become of yet; empty where there is none.
    """
    if mode == "off":
        return "retrain.mode is off"
    if not comes:
        return "no row comes by itself: retrain.records names none, and data.source changes by a commit"
    if there:
        return f"{there} is open; one at a time: `mainline retrain --settle` says what becomes of it"
    first = today - timedelta(days=retraining.DAYS)  # that day, too, as the gate counts hours
    year = [each for each in past if each.day >= first]
    if len(year) >= retraining.A_YEAR:
        again = year[-retraining.A_YEAR].day + timedelta(days=retraining.DAYS + 1)
        return f"{len(year)} retrainings were judged within a year, as many as may be; the next from {again} on"
    return ""


def _to_judge(seen: Seen, wanted: int) -> str:
    """With why there may be fewer than came: of a day that was asked about, a label that comes later judges nothing."""
    judged = max((each.until for each in seen.past), default="")
    why = f"; rows of days up to {judged} have judged" if judged and seen.fresh < wanted else ""
    return _of("fresh rows to judge it by", seen.fresh, wanted) + why


def _of(what: str, there: int, wanted: int) -> str:
    return f"{what}: {there:,} of {wanted:,}"
