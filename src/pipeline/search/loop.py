"""The search itself: trials are drawn one ahead of those that are fitted, so that no core waits for the last fold."""

import statistics
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, NamedTuple

import optuna
from optuna.trial import FrozenTrial, Trial, TrialState

from pipeline import stop
from pipeline.search import study as studies
from pipeline.search.pool import Pool, Score
from pipeline.search.space import Model
from pipeline.search.study import KIND, REASON, SAME

SCORES, SECONDS, MINUTES = "scores", "fit_seconds", "minutes"
"""What is kept with a trial: the metric on each fold, processor seconds of all fits, minutes of searching up to it."""
DIED = "a process ended in the middle of it, as where memory runs out"
REPEATS = 30  # draws in a row that were all tried before: there is nothing else to draw


class Budget(NamedTuple):
    """When a search is over, all its sittings together."""

    minutes: float | None
    trials: int | None


class Begun(NamedTuple):
    """A trial that is being fitted; of one that repeats another, nothing is."""

    trial: Trial
    said: dict[str, Any]
    scores: "Sequence[Future[Score]]"


class Search:
    """One sitting of a search."""

    def __init__(self, study: optuna.Study, known: Sequence[Model], seed: int, budget: Budget) -> None:
        self.study, self._known, self._seed, self._budget = study, known, seed, budget
        self._before = spent(study)
        self._began = time.monotonic()
        self._repeats = 0

    @property
    def minutes(self) -> float:
        """Of searching so far, over all sittings."""
        return self._before + (time.monotonic() - self._began) / 60

    def run(self, pool: Callable[[], Pool], ahead: int, tell: Callable[[FrozenTrial], None]) -> None:
        """Try until the budget is spent.

        Trials are told in the order in which they were drawn, however long each takes: what is drawn next depends on
        no clock. What is fitted when the time is over is begun again by the next sitting.

        Args:
            ahead: how many trials are at work at a time.
            tell: is told of each trial that came to an end.
        """
        at_work, processes = deque[Begun](), pool()
        try:
            while True:
                with stop.held():
                    while len(at_work) < ahead and self._goes_on(at_work):
                        at_work.append(self._begin(processes, at_work))
                if not at_work or not self._ended(at_work[0]):
                    break
                begun = at_work.popleft()
                found = _scores(begun)
                if found is None:  # whose fault it was, shows when it is at work alone
                    processes = _anew(processes, pool)
                    found = _scores(begun._replace(scores=processes.fit(begun.said)))
                    processes = _anew(processes, pool) if found is None else processes
                    at_work = deque(_again(each, processes) for each in at_work)
                with stop.held():
                    if told := self._tell(begun, found):
                        tell(told)
        finally:
            processes.end()

    def _goes_on(self, at_work: Sequence[Begun]) -> bool:
        """Whether another trial is begun: what is tried in any case always is."""
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        if any(KIND in each.user_attrs for each in waiting):
            return True
        if self._repeats >= REPEATS or (self._budget.minutes and self.minutes >= self._budget.minutes):
            return False
        drawn = sum(KIND not in each.user_attrs for each in studies.ended(self.study))
        drawn += sum(KIND not in each.trial.user_attrs and bool(each.scores) for each in at_work)
        return self._budget.trials is None or drawn < self._budget.trials

    def _begin(self, processes: Pool, at_work: Sequence[Begun]) -> Begun:
        trial, said = studies.ask(self.study, self._known, self._seed)
        repeats = studies.same(self.study, said) is not None or any(said == each.said for each in at_work)
        self._repeats = self._repeats + 1 if repeats else 0
        return Begun(trial, said, () if repeats else processes.fit(said))

    def _ended(self, begun: Begun) -> bool:
        """Wait for a trial; one that was drawn from the models, as long as there is time."""
        if self._budget.minutes is None or KIND in begun.trial.user_attrs:
            wait(begun.scores)
            return True
        left = 60 * (self._budget.minutes - self.minutes)
        return not wait(begun.scores, timeout=max(left, 0.0)).not_done

    def _tell(self, begun: Begun, found: Sequence[Score] | None) -> FrozenTrial | None:
        """Keep what came of a trial, and answer it; nothing of one that repeats another."""
        if not begun.scores:
            self._repeat(begun)
            return None
        trial = begun.trial
        trial.set_user_attr(MINUTES, round(self.minutes, 4))
        trial.set_user_attr(SECONDS, round(sum(each.seconds for each in found or ()), 3))
        if reason := DIED if found is None else next((each.reason for each in found if each.reason), ""):
            trial.set_user_attr(REASON, reason)
            return self.study.tell(trial, state=TrialState.FAIL)
        values = [each.value for each in found or ()]
        trial.set_user_attr(SCORES, values)
        return self.study.tell(trial, statistics.fmean(values))

    def _repeat(self, begun: Begun) -> None:
        """Tell the sampler once more what it has drawn twice."""
        before = studies.same(self.study, begun.said)
        if before is not None:
            begun.trial.set_user_attr(SAME, before.number)
        good = before is not None and before.state == TrialState.COMPLETE
        self.study.tell(begun.trial, before.value if good and before else None, None if good else TrialState.FAIL)


def spent(study: optuna.Study) -> float:
    """Minutes of searching, up to the last trial that came to an end."""
    return max((each.user_attrs.get(MINUTES, 0.0) for each in study.get_trials(deepcopy=False)), default=0.0)


def _scores(begun: Begun) -> list[Score] | None:
    """What came of each fold; None where a process died."""
    try:
        return [each.result() for each in begun.scores]
    except BrokenProcessPool:
        return None


def _anew(broken: Pool, pool: Callable[[], Pool]) -> Pool:
    broken.end()
    return pool()


def _again(begun: Begun, processes: Pool) -> Begun:
    return begun._replace(scores=processes.fit(begun.said)) if begun.scores else begun
