"""What is watched while traffic is split: the signals that are on, each with its evidence."""

from typing import Any, Protocol

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.drift import Drift
from mainline.canary.labels import Labels
from mainline.canary.latency import Latency
from mainline.canary.moments import Rate
from mainline.canary.pair import Pair
from mainline.canary.rates import Rates

JOIN_MARGIN = 0.1


class Signal(Protocol):
    """One thing that is watched. All evidence is in logs."""

    @property
    def canary(self) -> Rate:
        """So far."""

    @property
    def champion(self) -> Rate:
        """So far."""

    @property
    def harm(self) -> float:
        """Evidence that the canary is worse."""

    @property
    def without_top(self) -> float:
        """The same, without the user of the canary who does most for it."""

    @property
    def bucket(self) -> int | None:
        """That user's number; None where it is not known."""

    @property
    def shown(self) -> float | None:
        """Evidence that it is good enough to go on; None where that is not asked for."""

    def words(self) -> str:
        """What was seen, for people."""

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; raise ValueError, KeyError or TypeError if it is none of this signal."""


class Counted(Signal, Protocol):
    """One that is read from what both sides count."""

    def start(self, champion: Counts) -> None:
        """Hear, once and before all else, what the champion has counted since it began."""

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Take in what is new on both sides since the look before; alone, the champion is given no request."""


def watched(settings: config.Canary) -> dict[str, Counted]:
    """The signals that are on: those of config.JUDGED must show a canary to be good, for the others it is held."""
    on = settings.signals
    made: dict[str, Counted] = {}
    if on.errors:
        pairs = [_pair(on.errors), _pair(on.errors)]
        made["errors"] = Rates("errors", lambda c: (c.requests, c.failed), pairs, alike=settings.alike)
    if on.refusals:
        # callers who send what cannot be read are few, and on one side: so harm has its margin here, too
        pair = _pair(on.refusals, harm=(on.refusals.ratio, on.refusals.margin))
        words = ("requests", "were refused")
        made["refusals"] = Rates("refusals", _refused, [pair], alike=settings.alike, words=words)
    if on.latency:
        made["latency"] = Latency(on.latency, settings.baseline)
    if on.labels:
        allowed, wait = on.labels, on.labels.wait
        seconds = None if wait == "auto" else wait
        made["labels"] = Labels(lambda: _pair(allowed), alike=settings.alike, wait=seconds)
        made["joins"] = Drift(JOIN_MARGIN, lambda c: c.labels, "labels", rows=False)
    if on.drift:
        made["drift"] = Drift(on.drift.margin, lambda c: c.predictions, "predictions", rows=True)
    return made


def _refused(counts: Counts) -> Rate:
    return counts.requests, counts.refused


def _pair(allowed: config.Errors | config.Labels, harm: tuple[float, float] = (1.0, 0.0)) -> Pair:
    return Pair(allowed.ratio, allowed.margin, harm=harm)
