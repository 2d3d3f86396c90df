"""The verdict on the version in production, computed anew from all profiles: quiet, drifted, suspected or worse."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from mainline.monitor import outcomes, watch
from mainline.monitor.evidence.null import Floats
from mainline.monitor.outcomes import Risk
from mainline.monitor.profiles.signals import CONFIDENCE
from mainline.monitor.reign import Reign
from mainline.monitor.watch import Span, Watched

QUIET, DRIFTED, SUSPECTED, WORSE, BLIND = "quiet", "drifted", "suspected", "worse", "blind"
HARMLESS = "drifted, shown to do no harm"
EXIT = {QUIET: 0, HARMLESS: 0, WORSE: 3, DRIFTED: 5, SUSPECTED: 6, BLIND: 7}
COLUMN = "column:"  # how their signals' names begin
SILENT = 2  # days without a profile after which nothing is known


@dataclass(frozen=True)
class Verdict:
    """What is said of a version, and what it rests on."""

    reign: Reign
    until: date
    """The last whole day."""
    silent: int
    """For how many days no profile has come, up to the last whole one."""
    days: tuple[date, ...] = ()
    """Those that are looked at."""
    parts: tuple[Span, ...] = ()
    signals: tuple[Watched, ...] = ()
    """Columns, answers and confidence."""
    drift: Floats = field(default_factory=lambda: np.zeros(0))
    """(watched days,) log R of all signals together."""
    risk: Risk | str = "no profile of it yet"
    """Or why it cannot be watched."""
    labels: tuple[Watched, ...] = ()
    labelled: Floats = field(default_factory=lambda: np.zeros(0))
    """(days of the labels,) log R of all about labels together."""
    cannot: tuple[str, ...] = ()
    """What cannot be watched, and why."""

    @property
    def word(self) -> str:
        """The verdict."""
        if self.worse:
            return WORSE
        if self.drifted and not self.harmless:
            return SUSPECTED if any(each.name == CONFIDENCE for each in self.named) else DRIFTED
        if self.silent >= SILENT:
            return BLIND
        return HARMLESS if self.drifted else QUIET

    @property
    def drifted(self) -> date | None:
        """The day on which the evidence of drift reached the bar."""
        return watch.first_above(watch.compared(self.parts), self.drift)

    @property
    def harmless(self) -> date | None:
        """The day by which labels had shown that the drift does no harm."""
        return (
            outcomes.shown_harmless(self.risk, self.drifted) if self.drifted and isinstance(self.risk, Risk) else None
        )

    @property
    def worse(self) -> date | None:
        """The day of answers with which the evidence of risk reached the bar."""
        return self.risk.watched.alarm if isinstance(self.risk, Risk) else None

    @property
    def changed_labels(self) -> date | None:
        """The day of answers with which the evidence that labels come otherwise reached the bar."""
        return watch.first_above(self.labels[0].days, self.labelled) if self.labels else None

    @property
    def named(self) -> tuple[Watched, ...]:
        """The signals whose own evidence reached the bar, the strongest first."""
        return tuple(sorted((each for each in self.signals if each.alarm), key=lambda each: -each.logs.max()))


def title(name: str) -> str:
    """A signal's name for people."""
    return name.removeprefix(COLUMN) if name != CONFIDENCE else "estimated risk"
