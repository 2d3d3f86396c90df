"""`mainline agent`: looks at git and at what runs, asks the machine what follows, remembers it, and has it done."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mainline.errors import MainlineError
from mainline.host import attested, blocklist, desired, executor, machine, state, sync
from mainline.host.analysis import Analysis
from mainline.host.counting import Counting, Report
from mainline.host.desired import Desired
from mainline.host.executor import Options
from mainline.host.log import Log
from mainline.host.model import Action, Block, Event, Gone, Judged, Placed, Record, Retire, Route, Slot, Wanted
from mainline.host.settings import Settings
from mainline.host.slots import Service, Slots
from mainline.host.state import Memory
from mainline.host.supervisor import Supervisor
from mainline.host.sync import Back, Sync

URGENT = ("rolled back", "paused", "failed", "reverted")


class Agent:
    """One agent at work; its folder is locked by whoever made it."""

    def __init__(
        self,
        options: Options,
        log: Log | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take up what runs.

        Args:
            clock: the time of day, for what people read.
            monotonic: seconds, for all that takes a while: no change of the time of day moves them.

        Raises:
            MainlineError: the memory cannot be read, or the router cannot be had.
        """
        self.options, self.log, self._clock = options, log or Log(), clock
        self.memory: Memory = state.load(options.folder)
        self.settings = Settings(options.folder)
        worked = self.memory.clock
        self._monotonic, self._begun = monotonic, worked - monotonic()
        kept = [Service(**each) for each in self.memory.services.values()]
        # an agent of before went by the time of day
        services: dict[Slot, Service] = {each.slot: replace(each, since=min(each.since, worked)) for each in kept}
        repository = options.folder / "repo.git"
        desired.prepare(repository, options.remote)
        proof = attested.proof(repository) if options.attested else None
        self._slots = Slots(options.folder / "slots", options.bentos, self.log.say, options.limits, proof)
        if lost := self._slots.sweep(services.values()):
            self.log.say(f"processes that a crash had left behind, and that were ended: {lost}")
        self.supervisor = Supervisor(self._slots, services, self.log, self._worked)
        self.analysis = Analysis(self.log, self.memory.judged, self.memory.judge)
        self.sync = Sync(repository, options.interval)
        self.sync.outbox = self.memory.outbox
        self.counting = Counting(options.folder, self._slots, clock)
        self.router = options.router(self.settings.canary)
        self._unsaved = False

    def _worked(self) -> float:
        """For how many seconds agents of this folder have worked: no change of the time of day moves that."""
        return self._begun + self._monotonic()

    def tick(self) -> None:
        """One look at everything, and what follows from it."""
        for back in self.sync.come_back():
            self.hear(back)
        self.counting.services = tuple(self.supervisor.services.values())
        for report in self.counting.come_back():
            self.note(report)
        self.log.attempt("router", self._ensure_router)
        for place in (self.memory.state.production, self.memory.state.other):
            if place and place.phase != "leaving":
                self.log.attempt(f"look at {place.slot}", self._look, place)
        self.log.attempt("judge", self._ask_judge)
        for order in machine.orders(self.memory.state):
            slot = order.production if isinstance(order, Route) else getattr(order, "slot", "")
            self.log.attempt(f"{type(order).__name__.lower()} {slot}", self._carry_out, order)
        self.log.attempt("logs", self._slots.shorten_logs)
        if self._unsaved:
            self.log.attempt("memory", self._remember)

    def hear(self, back: Back) -> None:
        """Take in what a round of sync brought back."""
        self.log.found("git", back.unreachable)
        if back.unreachable:
            return
        self.log.found("ledger", back.unsent)
        if back.sent:
            self.log.attempt("outbox", self._strike_off, back.sent)
        if back.desired:
            self._want(back.desired, back.barred)

    def note(self, report: Report) -> None:
        """Say what a round of counting came to."""
        for line in report.passed:
            self.log.wrong(line, line)
        self.log.found("records", report.uncounted)
        self.log.found("profiles", report.unsent)

    def _want(self, found: Desired, barred: tuple[Block, ...]) -> None:
        problems = "; ".join(found.problems)
        self.log.found("main", problems and f"{problems}; what that file wanted before stays wanted")
        if found.params is not None:
            self.log.attempt("settings", self._take_settings, found.params)
        now = self.memory.state
        canary = found.releases.get("canary", now.wanted_canary)
        production = found.releases.get("production", now.wanted_production)
        if (canary, production) != (now.wanted_canary, now.wanted_production):
            self.log.attempt("wish", self._take, Wanted(canary, production, barred))
        for release in (canary, production):
            if release and not blocklist.allowed(self.memory.state, release):
                block = blocklist.block_of(self.memory.state, release.version)
                why = f"{block.why}; `mainline deploy --force` has it again" if block else ""
                self.log.wrong(release.version, f"{release.version} is not started again: {why}")

    def _look(self, place: Placed) -> None:
        self._take(self.supervisor.look(place, self.router))

    def _ask_judge(self) -> None:
        state, services = self.memory.state, self.supervisor.services
        heard = self.analysis.look(state, services, self.settings.canary, self._worked(), self.router.told)
        if heard is None or self.memory.state.other is None:
            return
        opinion = heard.opinion
        urgent = opinion.answer in ("rollback", "pause")
        self._remember(urgent=urgent, judge=heard.evidence, judged=heard.about, opinion=opinion.as_dict())
        self._take(Judged(self.memory.state.other.release.version, opinion.answer, opinion.why))

    def _take(self, event: Event | None) -> None:
        """Let the machine answer an event; what it says is remembered before it is done.

        Where it cannot be remembered it is put off, unless it takes a bad version out of traffic.
        """
        if event is None:
            return
        before = self.memory.state
        after, actions = machine.step(before, event, self.settings.rules, self._clock())
        records = [action for action in actions if isinstance(action, Record)]
        if after == before and not records:
            return
        urgent = any(record.event in URGENT for record in records)
        more = {"judge": self.analysis.resume(self.settings.canary)} if _resumes(records) else {}
        self._remember(urgent=urgent, state=after, outbox=(*self.memory.outbox, *map(self._entry, records)), **more)
        for record in records:
            self.log.say(_said(record))
        if records:
            self.sync.hurry()

    def _carry_out(self, order: Action) -> None:
        if not executor.carry_out(order, self.memory.state, self.supervisor, self.router):
            return
        if isinstance(order, Retire):
            self._take(Gone(order.slot))
        else:
            self._unsaved = True
            self._remember()

    def _remember(self, *, urgent: bool = False, **changes: Any) -> None:
        """Keep a change on the disk, then in mind.

        Raises:
            ToolFailed: it cannot be kept; an urgent one is in mind all the same.
        """
        services: dict[str, dict[str, Any]] = {slot: each.to_json() for slot, each in self.supervisor.services.items()}
        memory: Memory = replace(self.memory, services=services, clock=self._worked(), **changes)
        try:
            state.save(self.options.folder, memory)
            self._unsaved = False
        except MainlineError as error:
            self._unsaved = True
            if not urgent:
                raise
            self.log.wrong("memory", str(error))
        self.memory = memory
        self.sync.outbox = memory.outbox

    def _strike_off(self, sent: tuple[str, ...]) -> None:
        self._remember(outbox=tuple(event for event in self.memory.outbox if event["id"] not in sent))

    def _entry(self, record: Record) -> dict[str, Any]:
        return sync.entry(record, self._clock())

    def _take_settings(self, params: str) -> None:
        before = self.settings.canary
        self.settings.take(params)
        now = self.settings.canary
        if (now.user_header, now.signals.second) != (before.user_header, before.signals.second):
            self.router = self.options.router(now)

    def _ensure_router(self) -> None:
        if self.router.ensure():
            self.log.say("the router had ended, and was started again")


def _resumes(records: list[Record]) -> bool:
    return any(record.event == "resumed" for record in records)


def _said(record: Record) -> str:
    share = f" at {record.share:.0%}" if record.event in ("canary", "releasing") and record.share else ""
    return f"{record.event}: {record.version}{share}{f' ({record.reason})' if record.reason else ''}"
