"""Asks the judge about the candidate, on time, with what both services have counted."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mainline import config
from mainline.canary import scrape
from mainline.canary.counts import Counts
from mainline.canary.judge import Judge, Opinion
from mainline.canary.routed import Routed
from mainline.errors import JudgeError, ToolFailed
from mainline.host.log import Log
from mainline.host.model import SERVING, Placed, Slot, State
from mainline.host.slots import Service


@dataclass(frozen=True)
class Heard:
    """What the judge says of a candidate now, and the evidence to keep."""

    opinion: Opinion
    about: str
    evidence: dict[str, Any]


class Analysis:
    """One judge a candidate; another candidate, or another production beside it, gets a new one."""

    def __init__(self, log: Log, about: str = "", evidence: dict[str, Any] | None = None) -> None:
        """Args: what was kept of the evidence, and whom it is about."""
        self._log, self._about, self._evidence = log, about, evidence
        self._judge: Judge | None = None
        self._settings: config.Canary | None = None
        self._next = 0.0

    def look(
        self,
        state: State,
        services: dict[Slot, Service],
        settings: config.Canary,
        now: float,
        told: Callable[[], Routed | None] = lambda: None,
    ) -> Heard | None:
        """Ask, if it is time and there is anyone to ask about.

        Args:
            now: seconds, on a clock that only goes forward, also from one agent to the next.
            told: what the router knows of users.
        """
        production, other = state.production, state.other
        if not production or not other or other.phase not in SERVING or settings.strategy == "all_at_once":
            return None
        if now < self._next and self._about == _pair(production, other):
            return None
        self._next = now + settings.interval
        judge = self._seated(_pair(production, other), settings)
        (canary, why), (champion, why_not) = (_counts(services.get(each.slot)) for each in (other, production))
        try:
            waits = other.phase == "passed" or bool(other.paused)
            why, routed = why or why_not, _routed(told)
            opinion = judge.observe(canary, champion, other.gets, now, why, waits=waits, routed=routed)
        except JudgeError as error:
            self._log.wrong("judge", str(error))
            return None
        return Heard(opinion, self._about, judge.state())

    def resume(self, settings: config.Canary) -> dict[str, Any] | None:
        """Let the judge go on after a pause, as a person says; answers the evidence to keep."""
        if not self._about:
            return None
        judge = self._seated(self._about, settings)
        judge.resume()
        return judge.state()

    def _seated(self, about: str, settings: config.Canary) -> Judge:
        """The judge of this pair: the one that sits, one that goes on from what was kept, or a new one."""
        if self._judge and (self._about, self._settings) == (about, settings):
            return self._judge
        kept = self._judge.state() if self._judge else self._evidence
        judge = Judge(settings)
        if kept is not None and self._about == about:
            try:
                judge = Judge.from_state(settings, kept)
            except JudgeError as error:
                self._log.say(f"! {error}; the evidence is gathered anew")
        self._judge, self._about, self._settings, self._evidence = judge, about, settings, None
        return judge


def _pair(production: Placed, other: Placed) -> str:
    return f"{other.release.version} in {other.slot} beside {production.release.version}"


def _routed(told: Callable[[], Routed | None]) -> Routed | None:
    """What the router knows; one that does not answer is asked again at the next look."""
    try:
        return told()
    except ToolFailed:
        return None


def _counts(service: Service | None) -> tuple[list[Counts] | None, str]:
    if service is None or not service.pid:
        return None, "it does not run"
    try:
        return scrape.source(service.address)(), ""
    except scrape.Unread as error:
        return None, str(error)
