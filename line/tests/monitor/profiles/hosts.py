"""Hosts that count, without a service."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from line.tests.monitor.profiles import recorded
from mainline.monitor.profiles import files, fold, push
from mainline.monitor.profiles.intake import Folded
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.profile import Profiles
from mainline.monitor.profiles.records import parse
from mainline.monitor.profiles.store import Store


@dataclass(frozen=True)
class Counter:
    """A host: its records, its database, its repository."""

    folder: Path

    @property
    def records(self) -> Path:
        """Where its service records."""
        return self.folder / "records"

    def fold(self, records: Path | None = None, days: float = 60.0) -> Folded:
        """Count what is new, at a time so many days after the first Monday."""
        with Store(self.folder) as store:
            return fold.fold(store, records or self.records, lambda: recorded.clock(days))

    def push(self, days: float = 60.0, *, today: bool = False) -> push.Sent:
        """Send what is to be sent."""
        with Store(self.folder) as store:
            return push.push(store, self.folder / "repo.git", lambda: recorded.clock(days), today=today)

    def profiles(self) -> Profiles:
        """What it has counted, as if all of it had been sent."""
        with Store(self.folder) as store:
            plans = [Plan.of(parse(line.encode())) for line in store.lines().values()]
            versions = {plan.version.name: plan.version for plan in plans}
            texts = {day: files.text_of_day(store.entries(day)).encode() for day in store.days()}
        days = ((date.fromordinal(day), files.books_from("x", text, versions)) for day, text in texts.items())
        return Profiles.of(versions, days)

    def bytes(self) -> dict[date, bytes]:
        """The files that it would send, by day; without those that say nothing."""
        with Store(self.folder) as store:
            found = {date.fromordinal(day): store.entries(day) for day in store.days()}
        return {day: files.text_of_day(entries).encode() for day, entries in found.items() if entries}
