"""The signal of wrong labels: at one age of the answers on both sides, where the service tells it."""

from collections.abc import Callable
from typing import Any

from mainline.canary import cohorts, units
from mainline.canary.cohorts import Cohorts
from mainline.canary.counts import Counts
from mainline.canary.evidence import mean_evidence
from mainline.canary.moments import NOTHING, Moments, Rate, Users, add
from mainline.canary.pair import Pair, bound, rate
from mainline.canary.rates import compared

VIEWS = (units.ALL, units.FIRST)
UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class Labels:
    """Wrong answers among the labelled ones, or, where only wrong ones are told, among all.

    Harm is the mean over the ages and over both views; the canary goes on by the last age alone. Of a service that does
    not tell ages, labels count as they come.
    """

    def __init__(self, make: Callable[[], Pair], *, alike: float = 0.0, wait: float | None = None) -> None:
        self._make, self._alike, self._wait = make, alike, wait
        self._as_they_come = make()
        self._told = False
        self._cohorts: Cohorts | None = None
        self._pairs: dict[str, Pair] = {}
        self._lost: list[float] = []
        self.canary: Rate = NOTHING
        self.champion: Rate = NOTHING

    @property
    def harm(self) -> float:
        """Evidence that more of the canary's are wrong."""
        return self._mean(lambda pair: pair.harm)

    @property
    def without_top(self) -> float:
        """The same, without the user who has most of them."""
        return self._mean(lambda pair: pair.without_top)

    @property
    def shown(self) -> float:
        """Evidence that no more are wrong than allowed."""
        if not self._told:
            return self._as_they_come.shown
        if self._cohorts is None or self._cohorts.ages[-1] in self._lost:
            return 0.0
        return mean_evidence(pair.shown for pair in self._of(self._cohorts.ages[-1]))

    @property
    def bucket(self) -> int | None:
        """The user of the canary who has most of them."""
        found = [pair for pair in self._pairs.values() if pair.users.bucket is not None]
        return max(found, key=lambda pair: pair.harm).users.bucket if found else None

    @property
    def by_age(self) -> bool:
        """Whether the service tells ages."""
        return self._told

    def start(self, champion: Counts) -> None:
        """How late production's labels come says at which age they are judged."""
        self._choose(champion)

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Take in what is new on both sides."""
        self._told = self._told or bool(canary.moments and champion.moments)
        if not self._told:
            self._come(canary, champion, alone)
            return
        before = self._cohorts
        self._choose(champion)
        if self._cohorts is None:
            return
        if before is None:
            self.canary = self.champion = NOTHING
        self._lost = [age for age in self._cohorts.ages if self._forgets(canary, age) or self._forgets(champion, age)]
        for age in self._cohorts.ages:
            for view in VIEWS:
                self._take(units.key(self._cohorts.signal, view, age), canary, champion, alone)
        last = units.key(self._cohorts.signal, units.ALL, self._cohorts.ages[-1])
        self.canary = add(self.canary, canary.fresh.get(last, NOTHING))
        self.champion = add(self.champion, champion.fresh.get(last, NOTHING))

    def words(self) -> str:
        """What was seen, for people."""
        if not self._told:
            return compared(self.canary, self.champion, "labelled answers", "were wrong")
        if self._cohorts is None:
            return (
                f"fewer than {cohorts.ENOUGH} right or wrong labels of production tell how late labels come "
                "(canary.signals.labels.wait sets it)"
            )
        age = self._cohorts.ages[-1]
        if age in self._lost:
            return f"over {cohorts.MOST_LOST:.0%} of the answers are forgotten before they are {length(age)} old"
        of = "labelled answers" if self._cohorts.signal == "labels" else "answers"
        return compared(self.canary, self.champion, of, f"were wrong after {length(age)}")

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {
            "settings": [self._wait],
            "come": self._as_they_come.state(),
            "told": self._told,
            "cohorts": [self._cohorts.signal, list(self._cohorts.ages)] if self._cohorts else None,
            "pairs": {name: pair.state() for name, pair in self._pairs.items()},
            "lost": self._lost,
            "canary": self.canary,
            "champion": self.champion,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        if state["settings"] != [self._wait]:
            raise ValueError("it was gathered with other settings")
        self._as_they_come.restore(state["come"])
        self._told = bool(state["told"])
        self._cohorts = None
        if state["cohorts"] is not None:
            signal, ages = state["cohorts"]
            self._cohorts = Cohorts(str(signal), tuple(float(age) for age in ages))
        self._pairs = {}
        for name, each in state["pairs"].items():
            self._pairs[str(name)] = pair = self._make()
            pair.restore(each)
        self._lost = [float(age) for age in state["lost"]]
        self.canary, self.champion = rate(state["canary"]), rate(state["champion"])

    def _choose(self, champion: Counts) -> None:
        if self._cohorts is None:
            self._cohorts = cohorts.chosen(champion.ages, self._wait)

    def _come(self, canary: Counts, champion: Counts, alone: bool) -> None:
        ours, theirs = ((each.labelled, each.feedback.get("wrong", 0)) for each in (canary, champion))
        if alone and not theirs[0]:
            self._as_they_come.accuse(ours, bound(self.champion))
        else:
            self._as_they_come.look(ours, theirs, ours)
        self.canary, self.champion = add(self.canary, ours), add(self.champion, theirs)

    def _take(self, name: str, canary: Counts, champion: Counts, alone: bool) -> None:
        pair = self._pairs.setdefault(name, self._make())
        ours, theirs = canary.fresh.get(name, NOTHING), champion.fresh.get(name, NOTHING)
        so_far = champion.moments.get(name, Moments())
        if alone and not theirs[0] and so_far.n:
            pair.accuse(ours, bound((so_far.n, so_far.b)))
        else:
            pair.look(ours, theirs, ours)
        if name in canary.moments and so_far.n:
            pair.weigh(Users.of(canary.moments[name], so_far, self._alike))

    def _forgets(self, side: Counts, age: float) -> bool:
        rows = side.moments.get(units.key("complaints", units.ALL, age), Moments()).n
        return cohorts.lost(rows, side.lost.get(age, 0))

    def _of(self, age: float) -> list[Pair]:
        names = [units.key(self._cohorts.signal, view, age) for view in VIEWS] if self._cohorts else []
        return [self._pairs.setdefault(name, self._make()) for name in names]

    def _mean(self, of: Callable[[Pair], float]) -> float:
        if not self._told:
            return of(self._as_they_come)
        ages = [age for age in self._cohorts.ages if age not in self._lost] if self._cohorts else []
        return mean_evidence([of(pair) for age in ages for pair in self._of(age)] or [0.0])


def length(seconds: float) -> str:
    """A time as people say it.

    >>> length(10), length(300), length(7200), length(259200)
    ('10 s', '5 min', '2 h', '3 d')
    """
    size, unit = next((each for each in UNITS if seconds >= each[0]), UNITS[-1])
    return f"{seconds / size:g} {unit}"
