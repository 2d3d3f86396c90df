"""Which version is in production, since which day, and from when on its days are looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from mainline.ledger import Entry

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Reign:
    """A version's time in production, in whole days (UTC)."""

    version: str
    since: date
    """The first whole day."""
    until: date | None
    """The last whole day; None while it lasts."""
    accepted: date | None = None
    """The day on which a person last accepted what production had become; its reference begins on the next."""

    @property
    def start(self) -> date:
        """The first day that is looked at."""
        return self.accepted + DAY if self.accepted else self.since


def reigns(entries: Sequence[Entry], until: date | None = None) -> list[Reign]:
    """Who was in production when, by the ledger, oldest first; a version that came back has one for each time.

    Of several hosts, the last word counts.

    Args:
        until: as it was known at the end of this day; by default all that is known.
    """
    found: list[Reign] = []
    for entry in entries:
        day = _day(entry)
        if until is not None and day > until:
            continue
        if entry["kind"] == "accepted" and found and entry["version"] == found[-1].version:
            last = found[-1]
            found[-1] = Reign(last.version, last.since, None, max(day, last.since - DAY))
        if entry["kind"] != "deployment":
            continue
        version = entry["production"] or ""
        if version == (found[-1].version if found and found[-1].until is None else ""):
            continue
        if found and found[-1].until is None:
            last = found[-1]
            found[-1] = Reign(last.version, last.since, day - DAY, last.accepted)
        if version:
            found.append(Reign(version, day + DAY, None))
    return found


def _day(entry: Entry) -> date:
    return datetime.fromisoformat(entry["time"]).astimezone(UTC).date()
