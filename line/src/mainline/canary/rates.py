"""Signals that are the rate of something bad, read directly from the counters."""

from collections.abc import Callable, Sequence
from typing import Any

from mainline.canary import units
from mainline.canary.counts import Counts
from mainline.canary.evidence import mean_evidence
from mainline.canary.moments import NOTHING, Rate, Users, add
from mainline.canary.pair import Pair, bound, rate

FIRST = 8  # of a bucket's requests, that units.FIRST counts


class Rates:
    """A signal that is one rate, read directly from the counters.

    Where a service tells of its users, harm is the mean of two views: of all requests, and of each user's first few, so
    that users who ask a lot do not hide what many see. What the canary failed and production failed as well is no harm.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[Counts], Rate],
        pairs: Sequence[Pair],
        *,
        alike: float = 0.0,
        words: tuple[str, str] = ("requests", "failed"),
    ) -> None:
        """Args: pairs, of all requests, and of the first of each user, if that view counts; words, for what is
        counted and for what is bad."""
        self._name, self._read, self._alike, self._words = name, read, alike, words
        self._pairs = dict(zip((units.ALL, units.FIRST), pairs, strict=False))
        self._told = False
        self._spared = dict.fromkeys(self._pairs, 0)
        self.canary: Rate = NOTHING
        self.champion: Rate = NOTHING

    @property
    def harm(self) -> float:
        """Evidence that the canary has more of them."""
        return mean_evidence(pair.harm for pair in self._used())

    @property
    def without_top(self) -> float:
        """The same, without the user who has most of them."""
        return mean_evidence(pair.without_top for pair in self._used())

    @property
    def shown(self) -> float:
        """Evidence that it has not: of all requests."""
        return self._pairs[units.ALL].shown

    @property
    def bucket(self) -> int | None:
        """The user of the canary who has most of them."""
        return self._pairs[units.ALL].users.bucket

    def start(self, champion: Counts) -> None:
        """Nothing of what came before is asked for."""

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Alone, the canary is compared with a bound of the champion's rate so far: as evidence of harm."""
        ours, theirs = self._read(canary), self._read(champion)
        self._take(units.ALL, ours, theirs, canary, bound(self.champion) if alone and not theirs[0] else None)
        self.canary, self.champion = add(self.canary, ours), add(self.champion, theirs)
        self._told = self._told or bool(canary.moments and champion.moments)
        if self._told:
            self._of_users(canary, champion)

    def begin_anew(self) -> None:
        """Forget the evidence: what was seen so far has been answered for."""
        for pair in self._pairs.values():
            pair.begin_anew()
        self.canary = self.champion = NOTHING

    def words(self) -> str:
        """What was seen, for people."""
        return compared(self.canary, self.champion, *self._words)

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {
            "pairs": {view: pair.state() for view, pair in self._pairs.items()},
            "told": self._told,
            "spared": self._spared,
            "canary": self.canary,
            "champion": self.champion,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for view, pair in self._pairs.items():
            pair.restore(state["pairs"][view])
        self._told = bool(state["told"])
        self._spared = {view: int(state["spared"][view]) for view in self._pairs}
        self.canary, self.champion = rate(state["canary"]), rate(state["champion"])

    def _used(self) -> list[Pair]:
        return list(self._pairs.values()) if self._told else [self._pairs[units.ALL]]

    def _of_users(self, canary: Counts, champion: Counts) -> None:
        if units.FIRST in self._pairs:
            first = units.key(self._name, units.FIRST)
            ours, theirs = canary.fresh.get(first, NOTHING), champion.fresh.get(first, NOTHING)
            self._take(units.FIRST, ours, theirs, canary, None)
        for view, pair in self._pairs.items():
            name = units.key(self._name, view)
            if name in canary.moments and name in champion.moments:
                both = canary.both.get(self._name, {}) if view == units.ALL else {}  # which of the first is not known
                pair.weigh(Users.of(canary.moments[name], champion.moments[name], self._alike, both))

    def _take(self, view: str, ours: Rate, theirs: Rate, canary: Counts, instead: Rate | None) -> None:
        """One view's batch: less what production failed as well, as soon as that is known; it only weakens harm."""
        both = canary.both.get(self._name, {}).values()
        known = sum(both) if view == units.ALL else sum(min(each, FIRST) for each in both)
        spared = min(max(0, known - self._spared[view]), ours[1])
        self._spared[view] += spared
        harmed = ours[0], ours[1] - spared
        if instead is None:
            self._pairs[view].look(harmed, theirs, ours)
        else:
            self._pairs[view].accuse(harmed, instead)


def compared(canary: Rate, champion: Rate, of: str, were: str, there: str | None = None) -> str:
    """Both sides' rates in a sentence, "14 of 120 requests of the canary failed, 3 of 1,100 of production's"."""
    if not canary[0]:
        return f"no {of} of the canary yet"
    side = f"{champion[1]:,} of {champion[0]:,} of production's"
    return f"{canary[1]:,} of {canary[0]:,} {of} of the canary {were}, {side}{f' {there}' if there else ''}"
