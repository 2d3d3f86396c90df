"""Whether the canary answers otherwise: the share of each answer on both sides, both ways."""

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mainline.canary.counts import Counts
from mainline.canary.evidence import Evidence, mean_evidence
from mainline.canary.moments import Rate
from mainline.canary.pair import same
from mainline.canary.rates import compared

MOST_ANSWERS = 50  # that are told apart; the rest count as one
OTHERS = "others"


class Drift:
    """A signal that is a distribution. Another one is no fault by itself: it asks for a person."""

    shown = None
    bucket = None

    def __init__(self, margin: float, read: Callable[[Counts], Mapping[str, int]], of: str, *, rows: bool) -> None:
        """Args: of, the word for what is counted; rows, whether several may come of one request."""
        self._margin, self._read, self._of, self._rows = margin, read, of, rows
        self._evidence: dict[str, tuple[Evidence, Evidence]] = {}
        self._furthest = ""
        self.harm = 0.0
        """Log of the evidence that any answer has another share."""
        self._sums: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._due: tuple[dict[str, float], dict[str, float]] = ({}, {})
        self._waiting: tuple[Counter[str], Counter[str]] = (Counter(), Counter())

    @property
    def without_top(self) -> float:
        """The same: whose answers they are is not known."""
        return self.harm

    @property
    def canary(self) -> Rate:
        """How many answers, and how many that stand out most."""
        return self._side(0)

    @property
    def champion(self) -> Rate:
        """The same of production."""
        return self._side(1)

    def start(self, champion: Counts) -> None:
        """The answers to tell apart are chosen here, never by what comes after."""
        known = self._read(champion)
        self._tell_apart(sorted(known, key=lambda answer: (-known[answer], answer))[:MOST_ANSWERS])

    def look(self, canary: Counts, champion: Counts, *, alone: bool = False) -> None:
        """Take in what is new."""
        for waiting, new in zip(self._waiting, (self._units(0, canary), self._units(1, champion)), strict=True):
            waiting.update(new)
        ours, theirs = self._waiting
        total, their_total = ours.total(), theirs.total()
        if not total or not their_total:  # a batch needs both sides: as for rates
            return
        self._waiting = Counter(), Counter()
        logs = {}
        for answer, (more, less) in self._evidence.items():
            a, b = ours[answer], theirs[answer]
            up = more.update(total, a, their_total, b)
            logs[answer] = up, less.update(total, total - a, their_total, their_total - b)
        self._weigh(logs)

    def words(self) -> str:
        """What was seen, for people."""
        answer = self._furthest
        were = "had answers that production does not know" if answer == OTHERS else f"were {answer!r}"
        return compared(self.canary, self.champion, self._of, were)

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON."""
        evidence = {answer: [each.state() for each in both] for answer, both in self._evidence.items()}
        waiting = [dict(each) for each in self._waiting]
        return {"evidence": evidence, "sums": list(self._sums), "due": list(self._due), "waiting": waiting}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        made = self._made()
        self._evidence = {
            answer: (same(made, more), same(made, less)) for answer, (more, less) in state["evidence"].items()
        }
        one, two = ({str(answer): int(count) for answer, count in each.items()} for each in state["sums"])
        self._sums = one, two
        ours, theirs = ({str(answer): float(count) for answer, count in each.items()} for each in state["due"])
        self._due = ours, theirs
        a, b = (Counter({str(answer): int(count) for answer, count in each.items()}) for each in state["waiting"])
        self._waiting = a, b
        self._weigh({answer: (more.log_e, less.log_e) for answer, (more, less) in self._evidence.items()})

    def _made(self) -> Evidence:
        return Evidence(direction="harm", margin=self._margin)

    def _tell_apart(self, answers: list[str]) -> None:
        self._evidence = {answer: (self._made(), self._made()) for answer in [*answers, OTHERS]}

    def _units(self, place: int, counts: Counts) -> dict[str, int]:
        """Answers in requests: rows sent together are alike, and do not pass for as many observations.

        What is left of a whole one waits for the next look. For requests of one size the evidence keeps its promise
        however alike their rows are, as the geometric mean of a bet's factors is at most the arithmetic one.
        """
        answers = self._read(counts)
        scale = min(1.0, counts.answered / max(1, sum(answers.values()))) if self._rows else 1.0
        due, sums, new = self._due[place], self._sums[place], dict.fromkeys(self._evidence, 0)
        for answer, count in answers.items():
            name = answer if answer in new else OTHERS
            waiting = due.get(name, 0.0) + count * scale
            whole = math.floor(waiting + 1e-9)
            due[name] = waiting - whole
            new[name] += whole
            sums[name] = sums.get(name, 0) + whole
        return new

    def _weigh(self, logs: dict[str, tuple[float, float]]) -> None:
        if not logs:  # the first look is still to come
            return
        self._furthest = max(logs, key=lambda answer: max(logs[answer]))
        self.harm = mean_evidence(log for both in logs.values() for log in both)

    def _side(self, place: int) -> Rate:
        sums = self._sums[place]
        return sum(sums.values()), sums.get(self._furthest, 0)
