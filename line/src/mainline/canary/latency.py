"""Whether the canary is slower, from histograms: how often it exceeds what the champion seldom did before."""

import math
from typing import Any

from mainline import config
from mainline.canary.counts import Counts
from mainline.canary.evidence import mean_evidence
from mainline.canary.moments import Rate, add
from mainline.canary.pair import Pair, rate
from mainline.canary.rates import compared

QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
EXACTNESS = 0.005  # of bucket edges, which are rounded: 1.25 times one may just miss the next


class Latency:
    """A signal of three rates: answers above the champion's p50, p95 and p99, once `baseline` answers have told them.

    L, the quantile, or the floor where that is more, is the upper edge of a bucket, so that what is above can be
    counted exactly. An answer of the champion is slow above L, one of the canary is, for harm, above the first edge
    from (1 + slower) L on, and to go on, above the last edge up to there. So whoever is at most that much slower at any
    quantile is not rolled back for it, and who goes on is shown to be at most that much slower; in between the canary
    is held.

    The baseline is what the champion has counted when the canary starts, or, where that is less, until there is
    enough: a young champion would otherwise never have one. L then depends only on what came before the answers that
    are judged by it, as bets must.
    """

    def __init__(self, settings: config.Latency, baseline: int) -> None:
        self._slower, self._floor, self._baseline = settings.slower, settings.floor_ms / 1000, baseline
        self._pairs = {name: Pair(1.0, getattr(settings, name)) for name in QUANTILES}
        self._sums: dict[str, tuple[Rate, Rate]] = {name: ((0, 0), (0, 0)) for name in QUANTILES}
        self._before: dict[float, int] = {}
        self._edges: dict[str, tuple[float, float, float]] = {}
        self._alike = True

    @property
    def harm(self) -> float:
        """Evidence that the canary is slower at any of the three."""
        return mean_evidence(pair.harm for pair in self._pairs.values())

    @property
    def without_top(self) -> float:
        """The same: a histogram does not know whose answers they are."""
        return self.harm

    bucket = None

    @property
    def shown(self) -> float:
        """Evidence that it is not, at the one that shows least."""
        return min(pair.shown for pair in self._pairs.values())

    @property
    def canary(self) -> Rate:
        """How many answers, and how many slow ones at the quantile that says most of harm."""
        return self._sums[self._worst()][0]

    @property
    def champion(self) -> Rate:
        """The same of production."""
        return self._sums[self._worst()][1]

    def start(self, champion: Counts) -> None:
        """What it counted so far says what slow is."""
        self._learn(champion)

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Take in what is new, or learn from it what slow is."""
        if not self._edges:
            self._learn(champion)
        elif canary.latency and champion.latency:
            self._compare(canary, champion)

    def words(self) -> str:
        """What was seen, for people."""
        if not self._edges:
            seen = self._before.get(math.inf, 0)
            return f"{seen:,} of the {self._baseline:,} answers of production that say what slow is"
        if not self._alike:
            return "the two sides count time in other buckets"
        edge, harm, _ = self._edges[self._worst()]
        return compared(self.canary, self.champion, "answers", f"took over {_ms(harm)}", f"over {_ms(edge)}")

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        return {
            "settings": [self._slower, self._floor, self._baseline],
            "pairs": {name: pair.state() for name, pair in self._pairs.items()},
            "sums": self._sums,
            "before": {str(edge): count for edge, count in self._before.items()},
            "edges": {name: [str(edge) for edge in edges] for name, edges in self._edges.items()},
            "alike": self._alike,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        if state["settings"] != [self._slower, self._floor, self._baseline]:
            raise ValueError("it was gathered with other settings")
        for name, pair in self._pairs.items():
            pair.restore(state["pairs"][name])
            one, two = state["sums"][name]
            self._sums[name] = rate(one), rate(two)
        self._before = {float(edge): int(count) for edge, count in state["before"].items()}
        self._edges = {name: (float(a), float(b), float(c)) for name, (a, b, c) in state["edges"].items()}
        self._alike = bool(state["alike"])

    def _learn(self, champion: Counts) -> None:
        for edge, count in champion.latency.items():
            self._before[edge] = self._before.get(edge, 0) + count
        total = self._before.get(math.inf, 0)
        finite = sorted(edge for edge in self._before if edge < math.inf)
        if total < self._baseline or not finite:
            return
        for name, share in QUANTILES.items():
            edge = next((each for each in finite if self._before[each] >= share * total), finite[-1])
            edge = max(edge, next((each for each in finite if each >= self._floor), finite[-1]))
            allowed = (1 + self._slower) * edge
            above = next((each for each in finite if each >= allowed * (1 - EXACTNESS)), math.inf)
            below = max(each for each in finite if each <= allowed * (1 + EXACTNESS))
            self._edges[name] = edge, above, below

    def _compare(self, canary: Counts, champion: Counts) -> None:
        for name, (edge, harm, show) in self._edges.items():
            ours, to_show, theirs = _slow(canary, harm), _slow(canary, show), _slow(champion, edge)
            self._alike = ours is not None and to_show is not None and theirs is not None
            if ours and to_show and theirs:
                before = self._sums[name]
                self._sums[name] = add(before[0], ours), add(before[1], theirs)
                self._pairs[name].look(ours, theirs, to_show)

    def _worst(self) -> str:
        return max(self._pairs, key=lambda name: self._pairs[name].harm)


def _slow(counts: Counts, edge: float) -> Rate | None:
    """How many answers there were, and how many slower; None where the edge is not known."""
    slower = counts.slower(edge)
    return None if slower is None else (counts.latency.get(math.inf, 0), slower)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
