"""What is watched while traffic is split: the signals that are on, each with its evidence."""

from typing import Any, Protocol

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.drift import Drift
from mainline.canary.latency import Latency
from mainline.canary.rates import Pair, Rate, Rates

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
    def shown(self) -> float | None:
        """Evidence that it is good enough to go on; None where that is not asked for."""

    def start(self, champion: Counts) -> None:
        """Hear, once and before all else, what the champion has counted since it began."""

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Take in what is new on both sides since the look before; alone, the champion is given no request."""

    def words(self) -> str:
        """What was seen, for people."""

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; raise ValueError, KeyError or TypeError if it is none of this signal."""


def watched(settings: config.Canary) -> dict[str, Signal]:
    """The signals that are on: a canary is rolled back for those of config.JUDGED, and held for the others."""
    on = settings.signals
    made: dict[str, Signal] = {}
    if on.errors:
        made["errors"] = Rates(_pair(on.errors), lambda c: (c.requests, c.failed), "requests", "failed")
    if on.refusals:
        # callers who send what cannot be read are few, and on one side: so harm has its margin here, too
        pair = _pair(on.refusals, harm=(on.refusals.ratio, on.refusals.margin))
        made["refusals"] = Rates(pair, lambda c: (c.requests, c.refused), "requests", "were refused")
    if on.latency:
        made["latency"] = Latency(on.latency, settings.baseline)
    if on.labels:
        made["labels"] = Rates(
            _pair(on.labels), lambda c: (c.labelled, c.feedback.get("wrong", 0)), "labelled answers", "were wrong"
        )
        made["joins"] = Drift(JOIN_MARGIN, lambda c: c.labels, "labels", rows=False)
    if on.drift:
        made["drift"] = Drift(on.drift.margin, lambda c: c.predictions, "predictions", rows=True)
    return made


def _pair(allowed: config.Errors | config.Labels, harm: tuple[float, float] = (1.0, 0.0)) -> Pair:
    return Pair(allowed.ratio, allowed.margin, harm=harm)
