"""`mainline monitor`, from the question to the answer: reads the ledger, the profiles and the dev rows, and says it."""

import datetime
from collections.abc import Mapping
from typing import Any

from mainline import ledger, ui
from mainline.errors import ConfigError
from mainline.monitor import dev_rows, reach, reign, retrained, told
from mainline.monitor.profiles import profile
from mainline.monitor.verdict import HARMLESS, QUIET
from mainline.project import Project

HEAD = ("", "state", "evidence", "may move by", "how far it moved")
SHOWN = 8  # signals on a terminal


class NothingServed(ConfigError):
    """Nothing is in production, so that there is nothing to say of it."""


def ask(project: Project, until: str | None = None) -> dict[str, Any]:
    """What production says, up to a day.

    Args:
        until: as ISO 8601 writes a day; by default yesterday (UTC), the last that is over.

    Raises:
        ConfigError: it is no day.
        NothingServed: nothing was in production then.
        MonitorError: a profile is damaged.
        ToolFailed: the remote cannot be reached.
    """
    settings, last = project.monitor, _day(until)
    # who looks back sees what was known then; who looks now, what was accepted or promoted today, too
    entries = ledger.read(project.root).entries
    past = reign.reigns(entries, last if until else None)
    if not past or past[-1].until is not None:
        raise NothingServed(
            f"nothing was in production on {last}, by the ledger; `mainline history` shows what was when"
        )
    profiles = profile.read(project.root)
    with ui.waiting("reading the dev rows"):
        dev = dev_rows.of(project, past[-1].version)
    before = past[-2] if len(past) > 1 else None
    found = reach.reach(profiles, past[-1], last, settings, dev=dev, before=before)
    return told.told(found, profiles, past, retrained.last(entries))


def show(said: Mapping[str, Any]) -> None:
    """Print it."""
    mark = "\u2713" if said["verdict"] in (QUIET, HARMLESS) else "\u2717"
    ui.outcome(mark, f"{said['version']}: {said['verdict']} (up to {said['until']})")
    for line in said["why"]:
        ui.say(f"  {line}")
    if rows := said["signals"][:SHOWN]:
        keys = ("title", "state", "odds", "tolerance", "moved")
        ui.table(HEAD, [[each[key] for key in keys] for each in rows])
    if said["risk"]:
        ui.say(f"{'errors' if said['risk']['squared'] else 'wrong answers'}: {said['risk']['words']}")
    for line in said["cannot"]:
        ui.warn(f"not watched: {line}")


def _day(text: str | None) -> datetime.date:
    today = datetime.datetime.now(datetime.UTC).date()
    if text is None:
        return today - datetime.timedelta(days=1)
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"--until {text[:40]}: no day; write it as 2026-03-01") from None
    if day >= today:
        raise ConfigError(f"--until {text}: that day is not over (UTC); a part of a day is never judged")
    return day
