"""What came of each step of `mainline run`, held to what the step means to show: pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mainline.config import ACCUSED

State = Literal["shown", "open", "wrong"]
MARKS: dict[State, str] = {"shown": "\u2713", "open": "\u00b7", "wrong": "\u2717"}
CERTIFIED, NOT_CERTIFIED, REFUSED = 0, 3, 4  # what `mainline gate` ends with
WHY_NOT = {
    NOT_CERTIFIED: "not certified: this table's sealed rows do not show that it is better",
    REFUSED: "refused by the gate, which says why above",
}


@dataclass(frozen=True)
class Outcome:
    """What came of one step.

    state:
        shown   the step showed what it is there for
        open    it could not, and need not: a table may have no better model, or too few rows to show one
        wrong   anything else; the run ends with an error then
    """

    name: str
    said: str
    state: State

    @property
    def mark(self) -> str:
        """A tick, a dot or a cross."""
        return MARKS[self.state]

    def __str__(self) -> str:
        return f"{self.name}: {self.said}"


def _held_to(*, meant: bool) -> State:
    return "shown" if meant else "wrong"


def better(name: str, code: int, *, other: bool) -> Outcome:
    """A model that most tables reward, before the gate.

    Args:
        code: what the gate ended with.
        other: whether it is another model than the champion.
    """
    if code == CERTIFIED and other:
        return Outcome(name, "certified and merged", "shown")
    if code == CERTIFIED:
        return Outcome(name, "the champion's own model, so there was nothing to certify", "open")
    return Outcome(name, f"{WHY_NOT[code]}, so not merged", "open")


def worse(name: str, code: int, *, other: bool) -> Outcome:
    """A model that learns nothing, before the gate."""
    if code == NOT_CERTIFIED:
        return Outcome(name, "not certified, not merged", "shown")
    if code == CERTIFIED and other:
        return Outcome(name, "certified, though it learns nothing; not merged", "wrong")
    if code == CERTIFIED:
        return Outcome(name, "the champion's own model, so there was nothing to refuse", "open")
    return Outcome(name, f"{WHY_NOT[code]}; not merged", "open")


def promoted(name: str, tag: str, became: str, why: str) -> Outcome:
    """A release that is good: judged as a canary, then at each step.

    Args:
        became: in production, passed, rolled back, failed or held.
    """
    said = f"in production as {tag}" if became == "in production" else f"{became}, and was to get into production"
    return Outcome(name, said + (f"; {why}" if why else ""), _held_to(meant=became == "in production"))


def taken_back(name: str, signal: str, became: str, why: str, harmed: Sequence[str]) -> Outcome:
    """A release that is broken: the judge is to take it back, on the signal that it is broken in.

    Args:
        harmed: the signals on which the judge rolled it back; none where it was not the judge.
    """
    if became == "rolled back" and signal in harmed:
        return Outcome(name, f"rolled back; {why}", "shown")
    if became == "rolled back" and not harmed:
        became = "given up, and not by the judge"
    return Outcome(name, f"{became}, and was to be rolled back on its {signal}; {why or 'no reason given'}", "wrong")


def harmed(opinion: Mapping[str, Any] | None, alpha: float) -> tuple[str, ...]:
    """The signals on which the judge rolled a version back: each that says so by itself, else that which says it most.

    Args:
        opinion: the judge's last opinion of that version, None where it had none.
        alpha: canary.alpha.
    """
    if not opinion or opinion.get("cause") != "harm":  # it says so of a rollback only
        return ()
    logs = {name: float(said["harm"]) for name, said in opinion["signals"].items() if name in ACCUSED}
    by_harm = sorted(logs, key=logs.__getitem__, reverse=True)
    return tuple(name for i, name in enumerate(by_harm) if i == 0 or logs[name] >= -math.log(alpha))


def users(answered: int, failed: Sequence[str]) -> Outcome:
    """What the users saw, all the while."""
    if failed:
        said = f"got {answered:,} answers; {len(failed):,} requests of theirs failed, the first: {failed[0]}"
        return Outcome("users", said, "wrong")
    return Outcome("users", f"got {answered:,} answers; no request of theirs failed", _held_to(meant=answered > 0))


@dataclass
class Came:
    """How far the loop came, step by step: simulated days by their number, shares of wrong answers."""

    drifted: int | None = None
    worse: int | None = None
    retrained: bool = False
    gate: int | None = None
    """What it ended with."""
    fresh: int = 0
    """Rows that judged the retraining."""
    released: bool | None = None
    before: float | None = None
    """Wrong in the new world, by the version that was there."""
    after: float | None = None
    """The same by the retrained one."""
    squared: bool = False
    """Whether these are a regression's mean squared errors, as shares of the largest that counts."""
    failed: list[str] = field(default_factory=list)
    """Requests of its users that got no answer, with the reason."""
    why: str = ""
    """Why it went no further, where no figure says it."""


def loop(came: Came) -> Outcome:
    """The users' world changes: seen, trained again, judged, released, and better."""
    fell = came.before is not None and came.after is not None and came.after < came.before
    state: State = "wrong" if came.released is False or came.failed else "shown" if fell else "open"
    failed = f"; {len(came.failed):,} requests failed, the first: {came.failed[0]}" if came.failed else ""
    return Outcome("the loop", ", ".join(_way(came)) + _rates(came) + failed, state)


def _way(came: Came) -> Iterator[str]:
    for day, word in ((came.drifted, "drifted"), (came.worse, "worse")):
        if day is not None:
            yield f"{word} on day {day}"
    if came.worse is None and not came.why:
        yield "not worse than allowed, so that nothing is to be trained again"
    if came.retrained:
        yield "trained again"
    if came.gate == CERTIFIED:
        yield f"certified on {came.fresh:,} fresh rows"
    elif came.gate == NOT_CERTIFIED:
        yield f"not certified: {came.fresh:,} fresh rows do not show that it is better; not merged"
    elif came.gate is not None:
        yield f"{WHY_NOT[came.gate]}; not merged"
    if came.released is not None:
        yield "in production" if came.released else "and was to get into production, as said above"
    if came.why:
        yield came.why


def _rates(came: Came) -> str:
    if came.before is None or came.after is None:
        return ""
    what = "the squared error" if came.squared else "wrong answers"
    return f"; {what} in the new world: {came.before:.0%} before, {came.after:.0%} after"


def unmeant(outcomes: Sequence[Outcome]) -> str:
    """The one line about what the run did not mean to show; empty where there is nothing of it."""
    wrong = [str(each) for each in outcomes if each.state == "wrong"]
    return f"the run did not go as it is meant to: {'; '.join(wrong)}" if wrong else ""
