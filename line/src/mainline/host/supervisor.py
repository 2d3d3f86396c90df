"""Keeps services alive: starts them, sees them get ready, warm, hang and die, and lets them go."""

import time
from collections.abc import Callable
from dataclasses import replace

from mainline.errors import ToolFailed
from mainline.host import probe
from mainline.host.log import Log
from mainline.host.model import Died, Event, Failed, Placed, Ready, Release, Slot, Warm
from mainline.host.router import Router
from mainline.host.slots import Service, Slots

READY_WITHIN = 120.0  # seconds
HUNG_AFTER = 30.0
DRAINED_WITHIN = 30.0
ENDED_WITHIN = 20.0
LONGEST_PAUSE = 60.0


class Supervisor:
    """The services of a host, by slot."""

    ready_within, hung_after = READY_WITHIN, HUNG_AFTER

    def __init__(
        self, slots: Slots, services: dict[Slot, Service], log: Log, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Args: clock, seconds that no change of the time of day moves."""
        self._slots, self.services, self._log, self._clock = slots, services, log, clock
        self._answered: dict[Slot, float] = {}
        self._tries: dict[Slot, int] = {}
        self._not_before: dict[Slot, float] = {}
        self._leaves: dict[Slot, float] = {}
        self._asked_to_end: dict[Slot, float] = {}
        self._refused: dict[Slot, str] = {}

    def look(self, place: Placed, router: Router) -> Event | None:
        """What has become of a service since the last look."""
        service, now = self.services.get(place.slot), self._clock()
        if service is None or not service.pid or service.version != place.release.version:
            return Died(place.slot, "it does not run", now) if place.up else None
        answers = probe.ready(service.address)
        if not service.alive(answers=answers):
            return Died(place.slot, self._ended(service, "it ended"), now)
        if place.up:
            return self._watch(place, service, answers)
        if answers and place.phase == "starting":
            return Ready(place.slot)
        if answers and self._is_warm(service):
            router.set_slot(place.slot, service.address.removeprefix("http://"), service.version)
            self._answered[place.slot] = now
            return Warm(place.slot)
        if now - service.since > self.ready_within:
            return Failed(place.slot, self._ended(service, f"it was not ready within {self.ready_within:g} s"))
        return None

    def run(self, slot: Slot, release: Release, production: Slot | None) -> bool:
        """See to it that a release runs in a slot.

        Returns:
            Whether it was started now.

        Raises:
            ToolFailed: it cannot be started; it is tried again after a pause.
        """
        service, now = self.services.get(slot), self._clock()
        if service and service.pid and service.version == release.version:
            return False
        if service and service.pid:
            self._slots.end(service, hard=True)
        if now < self._not_before.get(slot, 0.0):
            if slot in self._refused:
                raise ToolFailed(self._refused[slot])  # still so: that nothing is tried now is no recovery
            return False
        if not self._slots.fetched(slot, release):
            return False
        self._pause(slot)
        same = service if service and service.version == release.version else None
        # what was remembered by an agent of an earlier version may name an edge several times
        edges = probe.rising((same.edges if same else self._edges(slot, production)).split(","))
        try:
            started = self._slots.start(slot, release, before=same.port if same else None, edges=edges)
        except ToolFailed as error:
            self._refused[slot] = str(error)
            raise
        self._refused.pop(slot, None)
        self.services[slot] = replace(started, since=now)
        self._log.say(f"{slot}: {release.version} starts")
        return True

    def retire(self, place: Placed, router: Router) -> bool:
        """See to it that nothing runs in a slot, and nothing is cut off that could be answered.

        Returns:
            Whether it is so.
        """
        slot, service, now = place.slot, self.services.get(place.slot), self._clock()
        if service and service.alive():
            asked, since = self._asked_to_end.get(slot), self._leaves.setdefault(slot, now)
            if asked is None and (now - since > DRAINED_WITHIN or router.drained(slot)):
                self._slots.end(service, hard=False)
                self._asked_to_end[slot] = now
            elif asked is not None and now - asked > ENDED_WITHIN:
                self._slots.end(service, hard=True)
            return False
        if service:
            self._slots.end(service, hard=True)  # what a dead parent left behind
        if slot in router.slots:
            router.set_slot(slot, None)
        for each in (self.services, self._leaves, self._asked_to_end, self._tries, self._not_before, self._refused):
            each.pop(slot, None)  # type: ignore[attr-defined]
        return True

    def settle(self, slot: Slot) -> None:
        """Forget failures of long ago."""
        service = self.services.get(slot)
        if service and service.pid and self._clock() - service.since > 10 * LONGEST_PAUSE:
            self._tries.pop(slot, None)

    def starting(self, slot: Slot) -> bool:
        """Whether a service was started that may still get ready."""
        service = self.services.get(slot)
        return bool(service and service.pid and self._clock() - service.since < self.ready_within)

    def _watch(self, place: Placed, service: Service, answers: bool) -> Event | None:
        now = self._clock()
        last = self._answered.setdefault(place.slot, now)
        if answers:
            self._answered[place.slot] = now
            self.settle(place.slot)
        elif now - last > self.hung_after:
            return Died(place.slot, self._ended(service, f"it did not answer for {self.hung_after:g} s"), now)
        return None

    def _is_warm(self, service: Service) -> bool:
        try:
            probe.warm_up(service.address, service.version)
        except ToolFailed as error:
            self._log.wrong(service.slot, f"{service.slot}: {service.version} does not predict yet: {error}")
            return False
        self._log.right(service.slot)
        return True

    def _ended(self, service: Service, why: str) -> str:
        """End all of a service, and say what it said last."""
        said = self._slots.last_words(service)
        self._slots.end(service, hard=True)
        self.services[service.slot] = replace(service, pid=0, born="")
        self._answered.pop(service.slot, None)
        self._log.say(f"{service.slot}: {service.version}: {why} ({said})")
        return f"{why} ({said})"

    def _edges(self, slot: Slot, production: Slot | None) -> str:
        """A candidate counts its predictions between the values that production does."""
        standing = self.services.get(production) if production and production != slot else None
        if standing is None or not standing.pid:
            return ""
        try:
            return standing.edges or probe.edges(standing.address)
        except ToolFailed:
            return ""

    def _pause(self, slot: Slot) -> None:
        """The first start again is at once, the next after 2, 4, 8 ... seconds."""
        tries = self._tries.get(slot, 0)
        self._tries[slot] = tries + 1
        self._not_before[slot] = self._clock() + (min(LONGEST_PAUSE, 2.0**tries) if tries else 0.0)
