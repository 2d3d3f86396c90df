"""Signals that are the rate of something bad, read directly from the counters."""

import math
from collections.abc import Callable
from typing import Any

from mainline.canary.counts import Counts
from mainline.canary.evidence import Evidence

Rate = tuple[int, int]
"""How many there were, and how many of them were bad."""
NOTHING: Rate = (0, 0)


class Pair:
    """Evidence about one rate, for both questions: is the canary worse, and is it shown to be good enough?"""

    def __init__(self, ratio: float, margin: float, *, harm: tuple[float, float] = (1.0, 0.0)) -> None:
        """Args: ratio and margin up to which it is good enough; harm, those above which it is worse."""
        self._harm = Evidence(direction="harm", ratio=harm[0], margin=harm[1])
        # a late fault must be seen soon, so harm begins anew; to go on, all of the time counts
        self._shown = Evidence(direction="non_inferiority", ratio=ratio, margin=margin, restarts=False)
        self.harm, self.shown = 0.0, 0.0
        """Logs of the evidence that the canary is worse, and that it is good enough."""
        self._waiting: list[Rate] = [NOTHING] * 3

    def look(self, canary: Rate, champion: Rate, canary_to_show: Rate) -> None:
        """Take in what is new; the canary's bad ones may be others for harm than for going on.

        A batch needs requests on both sides, and is not over before: where there is little traffic, no look would see
        any. When it ends depends on how many there are, never on how many are bad, as the bets must have it.
        """
        new = canary, champion, canary_to_show
        ours, theirs, to_show = (add(before, each) for before, each in zip(self._waiting, new, strict=True))
        self._waiting = [ours, theirs, to_show]
        if ours[0] and theirs[0]:
            self._waiting = [NOTHING] * 3
            self.accuse(ours, theirs)
            self.shown = self._shown.update(*to_show, *theirs)

    def accuse(self, canary: Rate, champion: Rate) -> None:
        """Take in one batch as evidence of harm only."""
        self.harm = self._harm.update(*canary, *champion)

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {"harm": self._harm.state(), "shown": self._shown.state(), "waiting": self._waiting}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._harm = same(self._harm, state["harm"])
        self._shown = same(self._shown, state["shown"])
        self.harm, self.shown = self._harm.log_e, self._shown.log_e
        ours, theirs, to_show = state["waiting"]
        self._waiting = [rate(ours), rate(theirs), rate(to_show)]


class Rates:
    """A signal that is one rate, read directly from the counters."""

    def __init__(self, pair: Pair, read: Callable[[Counts], Rate], of: str, were: str) -> None:
        """Args: of and were, the words for what is counted and for what is bad."""
        self._pair, self._read, self._of, self._were = pair, read, of, were
        self.canary: Rate = (0, 0)
        self.champion: Rate = (0, 0)

    @property
    def harm(self) -> float:
        """Evidence that the canary has more of them."""
        return self._pair.harm

    @property
    def shown(self) -> float:
        """Evidence that it has not."""
        return self._pair.shown

    def start(self, champion: Counts) -> None:
        """Nothing of what came before is asked for."""

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Alone, the canary is compared with a bound of the champion's rate so far: as evidence of harm that is valid.

        Under the null the canary's rate is at most the bound's, and a champion's part that is no chance at all does
        the bets no harm. For going on it would be no evidence.
        """
        ours, theirs = self._read(canary), self._read(champion)
        if alone and not theirs[0]:
            total, bad = self.champion
            self._pair.accuse(ours, (total, min(total, math.ceil(bad + 3 + 2 * math.sqrt(bad)))))
        else:
            self._pair.look(ours, theirs, ours)
        self.canary, self.champion = add(self.canary, ours), add(self.champion, theirs)

    def words(self) -> str:
        """What was seen, for people."""
        return compared(self.canary, self.champion, self._of, self._were)

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {"pair": self._pair.state(), "canary": self.canary, "champion": self.champion}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._pair.restore(state["pair"])
        self.canary, self.champion = rate(state["canary"]), rate(state["champion"])


def compared(canary: Rate, champion: Rate, of: str, were: str, there: str | None = None) -> str:
    """Both sides' rates in a sentence, "14 of 120 requests of the canary failed, 3 of 1,100 of production's"."""
    if not canary[0]:
        return f"no {of} of the canary yet"
    side = f"{champion[1]:,} of {champion[0]:,} of production's"
    return f"{canary[1]:,} of {canary[0]:,} {of} of the canary {were}, {side}{f' {there}' if there else ''}"


def same(made: Evidence, state: dict[str, Any]) -> Evidence:
    """Evidence from a state, if it is about the same question as the one made by today's settings.

    Raises:
        ValueError: it is not.
    """
    read = Evidence.from_state(state)
    if any(made.state()[key] != state[key] for key in ("direction", "ratio", "margin", "restarts")):
        raise ValueError("it was gathered with other settings")
    return read


def rate(value: Any) -> Rate:
    """A rate from a state."""
    total, bad = value
    return int(total), int(bad)


def add(one: Rate, other: Rate) -> Rate:
    """Both together."""
    return one[0] + other[0], one[1] + other[1]
