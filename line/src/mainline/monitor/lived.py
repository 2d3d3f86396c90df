"""What each version had promised on the dev rows, beside what labels said of it in production."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scipy.stats import spearmanr

from mainline import ledger
from mainline.monitor import dev_rows, outcomes, reign
from mainline.monitor.profiles import profile
from mainline.project import Project

HEAD = ("version", "in production", "error on dev rows", "error in production", "labels")
ENOUGH = 5  # versions from which on their ranks say something


@dataclass(frozen=True)
class Lived:
    """A version's time in production."""

    version: str
    first: date
    last: date | None
    promised: float | None
    """Share of dev rows that it got wrong, or of a regression the mean clipped squared error; None where
    no `mainline monitor` of this clone has measured it."""
    found: float | None
    """The same of its labelled answers."""
    labels: int

    def cells(self) -> tuple[str, ...]:
        """Under HEAD."""
        rates = ["" if rate is None else f"{rate:.1%}" for rate in (self.promised, self.found)]
        return self.version, f"{self.first} to {self.last or 'now'}", *rates, f"{self.labels:,}" if self.labels else ""


def lived(project: Project) -> list[Lived]:
    """All versions that labels came for, by their first day; each with all its days in production.

    Raises:
        MonitorError: a profile is damaged.
        ToolFailed: the remote cannot be reached.
    """
    past = reign.reigns(ledger.read(project.root).entries)
    profiles = profile.read(project.root)
    found = []
    for version in dict.fromkeys(each.version for each in past):
        if version not in profiles.versions:
            continue
        mine = [each for each in past if each.version == version]
        last = mine[-1].until
        days = [day for day in profiles.days(version) if any(_within(day, each) for each in mine)]
        counts = profiles.labels(version, days).sum(axis=(0, 1, 2))
        if not (labels := int(counts.sum())):
            continue
        values = outcomes.score_values(len(counts))
        dev = dev_rows.kept(project, version)
        promised = float(dev.scores @ values / dev.scores.sum()) if dev else None
        found.append(Lived(version, mine[0].since, last, promised, float(counts @ values / labels), labels))
    return found


def _within(day: date, each: reign.Reign) -> bool:
    return each.since <= day and (each.until is None or day <= each.until)


def agreement(found: Sequence[Lived]) -> str:
    """Whether what does better on dev rows does better in production, in a sentence; empty of fewer than five."""
    pairs = [(each.promised, each.found) for each in found if each.promised is not None and each.found is not None]
    if len(pairs) < ENOUGH or any(len(set(side)) < 2 for side in zip(*pairs, strict=True)):
        return ""
    rank = float(spearmanr(*zip(*pairs, strict=True)).statistic)
    return f"rank correlation of the two, over {len(pairs)} versions: {rank:.2f} (1: dev rows tell which is better)"
