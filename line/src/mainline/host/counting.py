"""Counts the records of the slots once an hour, and sends the counts once a day, on a thread of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import MainlineError, ToolFailed
from mainline.host.model import SLOTS
from mainline.host.rounds import Rounds
from mainline.host.slots import Service, Slots
from mainline.monitor.profiles import fold, push
from mainline.monitor.profiles.store import Store

HOUR = 3600.0


@dataclass(frozen=True)
class Report:
    """What one round came to; each a line for people, empty where nothing is wrong."""

    passed: tuple[str, ...] = ()
    """Records that were passed over or lost: said once, as they will not come again."""
    uncounted: str = ""
    unsent: str = ""


class Counting(Rounds[Report]):
    """Folds the slots' records into monitor.db, and brings the counts to the branch mainline/monitor."""

    def __init__(self, folder: Path, slots: Slots, clock: Callable[[], float] = time.time) -> None:
        """Args: the agent's folder, with its own repository; its slots; the time of day."""
        super().__init__("counting", HOUR)
        self._folder, self._slots, self._clock = folder, slots, clock
        self.services: tuple[Service, ...] = ()
        """Those that run: what a container has recorded is asked of its engine."""

    def round(self) -> Report:
        """Count, and send."""
        passed: list[str] = []
        uncounted, unsent = "", ""
        try:
            with Store(self._folder) as store:
                uncounted = self._count(store, passed)
                try:
                    passed += push.push(store, self._folder / "repo.git", self._clock).problems
                except MainlineError as error:
                    unsent = f"monitor: {error}; what was counted is kept, and sent later"
        except (MainlineError, OSError) as error:
            uncounted = f"monitor: {error}"
        return Report(tuple(f"monitor: {each}" for each in passed), uncounted, unsent)

    def _count(self, store: Store, passed: list[str]) -> str:
        wrong = ""
        for slot in SLOTS:
            passed += fold.fold(store, self._slots.records(slot), self._clock).problems
        for service in (each for each in self.services if each.engine):
            try:
                with self._slots.containers.records(service.engine, service.slot, service.name) as folder:
                    passed += fold.fold(store, folder, self._clock).problems
            except (ToolFailed, OSError) as error:
                by_hand = f"{service.engine} cp {service.name}:/records FOLDER; mainline monitor --fold FOLDER"
                wrong = f"monitor: the records of slot {service.slot} cannot be read ({error}); by hand: {by_hand}"
        return wrong
