"""Simulated weeks on a real host: traffic at full speed, records with the clock set back, counted by the monitor."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from mainline import ui
from mainline.host import sync
from mainline.monitor import asked, outcomes
from mainline.monitor.profiles import profile
from mainline.run import replay
from mainline.run.days import DAY, PER_DAY, SET_BACK, SIMULATED, Plan, changed, requests
from mainline.run.host import Host
from mainline.run.live import Live
from mainline.run.scratch import Scratch
from mainline.run.users import Tally

WAIT = 1  # days that a label is waited for: monitor.wait
FOLDER = "days"
"""Of the records, in the run's folder."""


@dataclass(frozen=True)
class Stretch:
    """The simulated days of one version, and what came of them."""

    version: str
    days: tuple[date, ...]
    told: Mapping[str, Any]
    """What `mainline monitor --json` says on the last of them."""
    wrong: tuple[tuple[date, float], ...]
    """The share of each day's labelled answers that were wrong; of a regression the mean clipped squared error."""

    def rate(self, days: int) -> float | None:
        """The same of its last days together; None without a label."""
        found = [rate for _, rate in self.wrong[-days:]]
        return sum(found) / len(found) if found else None


@dataclass(frozen=True)
class Weeks:
    """Users of a host, over weeks."""

    scratch: Scratch
    host: Host
    old: Live
    """What users ask about in the world as it was."""
    coming: Live
    """Rows that come out of the new world, before it changes them."""
    columns: Sequence[Mapping[str, Any]]
    plan: Plan
    tally: Tally
    """What has failed is noted here."""

    @property
    def new(self) -> Live:
        """What users ask about in the new world; what is right stays."""
        return Live([changed(row, self.columns) for row in self.coming.rows], self.coming.labels)

    @property
    def records(self) -> str:
        """Where the records go, from the clone's root."""
        return os.path.relpath(self.scratch.folder / FOLDER, self.scratch.root)

    def live(self, days: tuple[date, ...]) -> Stretch:
        """Have the version in production answer all who ask on some days, and the monitor count it."""
        began, production = time.monotonic(), self.host.look().state.production
        assert production is not None
        release = production.release
        self._since(days[0], release.version, release.commit)
        worlds = self.old, self.new
        stream = requests(days, (len(self.old.rows), len(self.new.rows)), self.plan.share, seed=len(days))
        asked_of = [(worlds[each.changed], each.place) for each in stream]
        questions = [replay.Question(world.rows[place], world.labels[place]) for world, place in asked_of]
        ids = replay.ask(self.host.port, self.host.key, questions, self.tally)
        answered = {name: each for name, each in zip(ids, stream, strict=True) if name}
        path = self.scratch.folder / FOLDER / f"records-{days[0]:%Y%m%d}T000000-1-000001.jsonl"
        replay.write(self.host.folder / "slots" / production.slot / "records", answered, path)
        seconds = time.monotonic() - began
        ui.good(
            f"{SIMULATED} {days[0]} to {days[-1]}: {len(answered):,} requests, {PER_DAY} a day, in {seconds:.0f} s; "
            "answers, labels and records are real, the records' clock is set back"
        )
        self.scratch.mainline("monitor", "--fold", self.records)
        return self._looked_back(release.version, days)

    def _since(self, first: date, version: str, commit: str) -> None:
        """Write into the clone's ledger that a version came into production the day before.

        By what its host has written it did so today; so it is taken out first.
        """
        moment = datetime.combine(first - DAY, datetime.min.time(), UTC)
        for event, production in (("withdrawn", None), ("promoted", version)):
            entry = {
                "kind": "deployment",
                "id": f"{event}-{first}",
                "time": moment.isoformat(timespec="seconds"),
                "event": event,
                "version": version,
                "commit": commit,
                "share": 1.0 if production else 0.0,
                "reason": SET_BACK,
                "production": production,
                "force": "",
            }
            sync.deliver(self.scratch.root, entry)

    def _looked_back(self, version: str, days: tuple[date, ...]) -> Stretch:
        project = self.scratch.project
        told = asked.ask(project, str(days[-1]))
        counts = outcomes.in_time(profile.read(project.root), version, days, WAIT).sum(axis=1)
        values = outcomes.score_values(counts.shape[1])
        wrong = [(day, float(row @ values / row.sum())) for day, row in zip(days, counts, strict=True) if row.sum()]
        return Stretch(version, days, json.loads(json.dumps(told)), tuple(wrong))
