"""What follows from the evidence: roll back, pause, hold, go on, or promote; each with its reason in words."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mainline import config
from mainline.canary.evidence import mean_evidence
from mainline.canary.signals import Signal
from mainline.canary.wording import below, listed, odds

Answer = Literal["promote", "next", "hold", "pause", "rollback"]
Cause = Literal[
    "harm",
    "refused",
    "second",
    "alone",
    "split",
    "drift",
    "joins",
    "unread",
    "traffic",
    "looking",
    "good",
    "timeout",
]
SPLIT_BAR = math.log(20)
MOST_USERS = 1e6  # that are worth saying
PLACES = {"joins": "labels find their predictions on the two sides unevenly", "drift": "the canary answers otherwise"}


@dataclass(frozen=True)
class Ruling:
    """An answer, why in one word, and why in a sentence that begins with the answer's name."""

    answer: Answer
    cause: Cause
    reason: str
    bucket: int | None = None
    """Of the user who alone makes the canary look worse."""


@dataclass(frozen=True)
class Situation:
    """All that an answer depends on."""

    settings: config.Canary
    signals: Mapping[str, Signal]
    share: float
    age: float
    """Seconds since the share was last changed."""
    arrived: tuple[int, int]
    """Requests of the canary and of the champion, since then."""
    split: float
    """Log of the evidence that they do not follow the share."""
    unread: str = ""
    """Why the last look saw nothing; empty if it did."""
    waits: bool = False
    """Whether the canary may go on already, and waits for a person; no time is over then."""
    seen: tuple[int, int] | None = None
    """Users on either side since then; None where only requests are counted."""
    second: float = 0.0
    """Log of the evidence that production answers what the canary fails or refuses."""
    users: int = 0
    """Of the canary, so far; 0 where each request counts as one of its own."""

    @property
    def judged(self) -> dict[str, Signal]:
        """The signals that a canary must be shown to be good in."""
        return {name: signal for name, signal in self.signals.items() if name in config.JUDGED}

    @property
    def accused(self) -> dict[str, Signal]:
        """Those that it is rolled back for."""
        return {name: signal for name, signal in self.signals.items() if name in config.ACCUSED}

    @property
    def harm(self) -> float:
        """Log of the evidence that the canary is worse in any of them."""
        return mean_evidence([signal.harm for signal in self.accused.values()] or [0.0])

    @property
    def without_top(self) -> float:
        """The same, without the user who does most for each."""
        return mean_evidence([signal.without_top for signal in self.accused.values()] or [0.0])

    @property
    def bar(self) -> float:
        """Log of the evidence that a canary is rolled back for."""
        return -math.log(self.settings.alpha)


def decide(s: Situation) -> Ruling:
    """The answer, by the rules in their order."""
    held = _split(s)
    if held is None and s.harm >= s.bar and s.without_top >= s.bar:
        return Ruling("rollback", "harm", f"rolled back: {_harm(s)}; odds {odds(s.harm)}")
    paused = _pause(s) if held is None else None
    if paused:
        return paused
    held = held or _alone(s) or _unread(s) or _otherwise(s)
    if held is None and s.arrived[0] == 0:
        held = Ruling("hold", "traffic", "held: the canary has had no request at this share yet")
    held = held or _not_shown(s)
    if held is None:
        names = listed(list(s.judged))
        return _onward(s, "good", f"on {s.arrived[0]:,} requests at this share; shown to be as good in {names}")
    return _late(s, held) if s.age >= s.settings.timeout and not s.waits else held


def _split(s: Situation) -> Ruling | None:
    if s.split < SPLIT_BAR:
        return None
    canary, champion = s.seen or s.arrived
    of = "users" if s.seen else "requests"
    worse = f"; it may be worse, too: {_harm(s)}" if s.harm >= s.bar else ""
    return Ruling(
        "hold",
        "split",
        f"held: the canary got {canary:,} of {canary + champion:,} {of} at a share of {100 * s.share:g}%, so the "
        f"two sides cannot be compared{worse}; odds {odds(s.split)}",
    )


def _harm(s: Situation) -> str:
    """What is worse: every signal that says so by itself, else the one that says it most."""
    by_harm = sorted(s.accused.values(), key=lambda signal: -signal.harm)
    return "; ".join(signal.words() for i, signal in enumerate(by_harm) if i == 0 or signal.harm >= s.bar)


def _pause(s: Situation) -> Ruling | None:
    """What one client may bring about, or a stranger, or what is no fault to whoever meant it: a person is asked.

    Each of the two has half of alpha.
    """
    twice = s.bar + math.log(2)
    refusals, second = s.signals.get("refusals"), s.signals.get("second")
    for cause, signal, log in (
        ("refused", refusals, min(refusals.harm, refusals.without_top) if refusals else 0.0),
        ("second", second, s.second),
    ):
        if signal and log >= twice:
            reason = f"paused: {signal.words()}; odds {odds(log)}; a person must decide"
            return Ruling("pause", "refused" if cause == "refused" else "second", reason)
    return None


def _alone(s: Situation) -> Ruling | None:
    """Evidence that one user alone carries: no canary is barred for that."""
    refusals = s.signals.get("refusals")
    signal = max(s.accused.values(), key=lambda each: each.harm, default=None)
    log = s.harm
    if log < s.bar and refusals and refusals.harm >= s.bar + math.log(2):
        signal, log = refusals, refusals.harm
    if signal is None or log < s.bar:
        return None
    who = "" if signal.bucket is None else f" (number {signal.bucket} of the router's)"
    reason = f"held: one bucket of users alone{who} makes it look worse: {signal.words()}; odds {odds(log)}"
    return Ruling("hold", "alone", reason, signal.bucket)


def _unread(s: Situation) -> Ruling | None:
    return Ruling("hold", "unread", f"held: {s.unread}") if s.unread else None


def _otherwise(s: Situation) -> Ruling | None:
    """A difference that is no fault by itself, and that a person must look at."""
    for name in ("joins", "drift"):
        signal = s.signals.get(name)
        if signal and signal.harm >= s.bar:
            cause: Cause = "joins" if name == "joins" else "drift"
            reason = f"held: {PLACES[name]}: {signal.words()}; odds {odds(signal.harm)}"
            return Ruling("hold", cause, reason)
    return None


def _not_shown(s: Situation) -> Ruling | None:
    bar = -math.log(s.settings.beta)
    missing = {name: signal.shown or 0.0 for name, signal in s.judged.items() if (signal.shown or 0.0) < bar}
    if missing:
        least = min(missing, key=lambda name: missing[name])
        figures = [f"{name} ({below(log)} of {1 / s.settings.beta:g})" for name, log in missing.items()]
        signal = s.signals[least]
        hint = ""
        if least == "labels" and not signal.champion[0]:
            hint = " (labels come by POST /feedback; where there are none: canary.signals.labels: false)"
        so_far = _so_far(s, missing[least])
        reason = f"held: not yet shown to be as good in {listed(figures)}; {signal.words()}{so_far}{hint}"
        return Ruling("hold", "looking", reason)
    if s.age < s.settings.minimum:
        return Ruling("hold", "looking", f"held: {s.age:.0f} s of the {s.settings.minimum:g} s that a step lasts")
    return None


def _so_far(s: Situation, log_e: float) -> str:
    """How many users there are, and about how many are needed, should the evidence go on as it came."""
    if not s.users:
        return ""
    needed = -s.users * math.log(s.settings.beta) / log_e if log_e > 0 else math.inf
    about = f", about {float(f'{needed:.2g}'):,.0f} needed" if needed <= MOST_USERS else ""
    return f"; {s.users:,} users so far{about}"


def _late(s: Situation, held: Ruling) -> Ruling:
    over = f"{s.settings.timeout:g} s are over"
    rest = held.reason.removeprefix("held: ")
    if s.settings.on_timeout == "rollback" and held.cause != "alone":
        return Ruling("rollback", "timeout", f"rolled back: {over}; {rest}")
    if s.settings.on_timeout == "promote" and held.cause == "looking":
        return _onward(s, "timeout", f"{over}; {rest}")
    return Ruling("hold", "timeout", f"held: {over}, and a person must decide; {rest}", held.bucket)


def _onward(s: Situation, cause: Cause, why: str) -> Ruling:
    if s.share < s.settings.steps[-1]:
        return Ruling("next", cause, f"may go on: {why}")
    return Ruling("promote", cause, f"promoted: {why}")
