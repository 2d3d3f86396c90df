"""Evidence about one rate, for both questions: is the canary worse, and is it shown to be good enough?"""

import math
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from mainline.canary.evidence import Evidence
from mainline.canary.moments import NOTHING, Rate, Users, add

NOBODY = Users()


class Pair:
    """Two bets on one rate, tempered by what is known of the users behind it."""

    def __init__(self, ratio: float, margin: float, *, harm: tuple[float, float] = (1.0, 0.0)) -> None:
        """Args: ratio and margin up to which it is good enough; harm, those above which it is worse."""
        self._asked = harm, (ratio, margin)
        self.users = NOBODY
        self.harm, self.without_top, self.shown = 0.0, 0.0, 0.0
        """Logs of the evidence that the canary is worse, that it is so without its worst user, and is good enough."""
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget the evidence."""
        (ratio, margin), shown = self._asked
        self._harm = Evidence(direction="harm", ratio=ratio, margin=margin)
        # a late fault must be seen soon, so harm begins anew; to go on, all of the time counts
        self._shown = Evidence(direction="non_inferiority", ratio=shown[0], margin=shown[1], restarts=False)
        self._waiting: list[Rate] = [NOTHING] * 3
        self.weigh(self.users)

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
            self._harm.update(*ours, *theirs)
            self._shown.update(*to_show, *theirs)
            self.weigh(self.users)

    def accuse(self, canary: Rate, champion: Rate) -> None:
        """Take in one batch as evidence of harm only."""
        self._harm.update(*canary, *champion)
        self.weigh(self.users)

    def weigh(self, users: Users) -> None:
        """Temper all evidence so far by what is known of the users now."""
        self.users = users
        self.harm = self._harm.tempered(users.harm)
        self.without_top = self._harm.tempered(users.harm, users.top) if users.top[0] else self.harm
        self.shown = self._shown.tempered(users.shown)

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {
            "harm": self._harm.state(),
            "shown": self._shown.state(),
            "waiting": self._waiting,
            "users": astuple(self.users),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state; raise ValueError, KeyError or TypeError if it is none of this pair."""
        self._harm = same(self._harm, state["harm"])
        self._shown = same(self._shown, state["shown"])
        ours, theirs, to_show = state["waiting"]
        self._waiting = [rate(ours), rate(theirs), rate(to_show)]
        harm, shown, top, bucket = state["users"]
        self.weigh(Users(float(harm), float(shown), rate(top), None if bucket is None else int(bucket)))


def bound(champion: Rate) -> Rate:
    """What a champion that is given no request any more would at most have been bad at, by what it was so far.

    Under the null the canary's rate is at most the bound's, and a champion's part that is no chance at all does the
    bets no harm. For going on it would be no evidence.
    """
    total, bad = champion
    return total, min(total, math.ceil(bad + 3 + 2 * math.sqrt(bad)))


def same(made: Evidence, state: dict[str, Any]) -> Evidence:
    """Evidence from a state, if it is about the same question as the one made by today's settings.

    Raises:
        ValueError: it is not.
    """
    read = Evidence.from_state(state)
    if any(made.state()[key] != state[key] for key in ("direction", "ratio", "margin", "restarts")):
        raise ValueError("it was gathered with other settings")
    return read


def rate(value: Sequence[Any]) -> Rate:
    """A rate from a state."""
    total, bad = value
    return int(total), int(bad)
