"""The judge: looks at both sides of a split again and again, and says after each look what to do."""

from collections.abc import Sequence
from functools import reduce
from typing import Any, Self

from pydantic import ValidationError

from mainline import config
from mainline.canary import rules
from mainline.canary.counts import Counts, Meter
from mainline.canary.evidence import split_mismatch
from mainline.canary.opinion import STATE, Opinion, Point, State
from mainline.canary.rules import Ruling
from mainline.canary.signals import Signal, watched
from mainline.errors import JudgeError

__all__ = ["Judge", "Opinion", "Point", "Readings"]

MOST_POINTS = 400
SIDES = ("canary", "champion")

Readings = Counts | Sequence[Counts] | None
"""What a side has counted: of one process or of each, or None where it could not be read."""


class Judge:
    """Evidence about one canary. It may be asked as often as one likes; how often changes nothing in its promises."""

    def __init__(self, settings: config.Canary) -> None:
        self._settings = settings
        self._signals = watched(settings)
        self._meters = [Meter(), Meter()]
        self._versions = ["", ""]
        self._share, self._step, self._began = -1.0, 0, 0.0
        self._seen: float | None = None
        self._arrived = [0, 0]
        self._end: Ruling | None = None
        self.points: list[Point] = []
        """The evidence over time: each look's at first, of a long time fewer."""

    def observe(
        self, canary: Readings, champion: Readings, share: float, now: float, why: str = "", *, waits: bool = False
    ) -> Opinion:
        """Take in what both sides have counted by now.

        The first look only sets where counting starts. A look that could not read one side reads neither: both are
        compared over the same time.

        Args:
            share: of the users that the canary has, 0 (its requests are copies) to 1.
            now: seconds, on one clock from look to look.
            why: what kept a side from being read, for the reason.
            waits: it may go on already, and waits for a person: that takes as long as it takes.

        Raises:
            JudgeError: the readings are of other versions than before.
            ValueError: share is no share.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share must be from 0 to 1, not {share!r}")
        fresh = share != self._share
        if fresh:
            self._share, self._step, self._began = share, self._step + 1, now
            self._arrived = [0, 0]
        unread = ""
        if canary is None or champion is None:
            unread = self._unread(canary is None, now, why)
        else:
            self._take(_each(canary), _each(champion), fresh)
            self._seen = now
        return self._opinion(now, unread, waits)

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON: `from_state` goes on from it to the last bit."""
        state = State(
            format=1,
            signals={name: signal.state() for name, signal in self._signals.items()},
            meters=(self._meters[0].state(), self._meters[1].state()),
            versions=(self._versions[0], self._versions[1]),
            step=(self._share, self._step, self._began, (self._arrived[0], self._arrived[1])),
            seen=self._seen,
            end=self._end,
            points=self.points,
        )
        return dict(STATE.dump_python(state, mode="json"))

    @classmethod
    def from_state(cls, settings: config.Canary, state: dict[str, Any]) -> Self:
        """The judge that `state` was taken of.

        Raises:
            JudgeError: it is no such state, or was gathered with other settings of canary.signals.
        """
        made = cls(settings)
        try:
            made._restore(STATE.validate_python(state))
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            raise _damaged(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(str(error) or type(error).__name__) from None
        return made

    def _restore(self, state: State) -> None:
        if list(state.signals) != list(self._signals):
            raise ValueError("it was gathered with other settings of canary.signals")
        for name, signal in self._signals.items():
            signal.restore(state.signals[name])
        self._meters = [Meter.from_state(each) for each in state.meters]
        self._versions = list(state.versions)
        self._share, self._step, self._began, arrived = state.step
        self._arrived, self._seen, self._end = list(arrived), state.seen, state.end
        self.points = list(state.points)

    def _take(self, canary: Sequence[Counts], champion: Sequence[Counts], fresh: bool) -> None:
        for i, readings in enumerate((canary, champion)):
            self._versions[i] = _version(SIDES[i], self._versions[i], readings)
        ours, theirs = self._meters[0].read(canary), self._meters[1].read(champion)
        if self._seen is None:
            for signal in self._signals.values():
                signal.start(reduce(Counts.plus, champion, Counts()))
            return
        if not fresh:  # what came before the share was changed says nothing about it
            self._arrived = [self._arrived[0] + ours.requests, self._arrived[1] + theirs.requests]
        for signal in self._signals.values():
            signal.look(ours, theirs, alone=self._share == 1 and not theirs.requests)

    def _opinion(self, now: float, unread: str, waits: bool) -> Opinion:
        situation = rules.Situation(
            settings=self._settings,
            signals=self._signals,
            share=self._share,
            age=max(0.0, now - self._began),
            split=self._split(),
            arrived=(self._arrived[0], self._arrived[1]),
            unread=unread,
            waits=waits,
        )
        ruling = self._end or rules.decide(situation)
        if ruling.answer == "rollback":  # whatever comes later: who asks again must hear it again
            self._end = ruling
        opinion = Opinion(
            answer=ruling.answer,
            cause=ruling.cause,
            reason=ruling.reason,
            signals={name: _seen(signal) for name, signal in self._signals.items()},
            harm=situation.harm,
            split=situation.split,
            share=self._share,
            step=self._step,
            requests=self._arrived[0],
            restarts={side: meter.restarts for side, meter in zip(SIDES, self._meters, strict=True)},
        )
        self._remember(opinion, now)
        return opinion

    def _split(self) -> float:
        """Log of the evidence against every share that is within the tolerance: the least of theirs."""
        allowed = self._settings.signals.split
        if allowed is None or not 0 < self._share < 1:
            return 0.0
        odds = self._share / (1 - self._share)
        low, high = (each / (1 + each) for each in (odds / (1 + allowed.tolerance), odds * (1 + allowed.tolerance)))
        found = self._arrived[0] / max(1, sum(self._arrived))
        nearest = min(max(found, low), high)
        return min(split_mismatch(self._arrived[0], self._arrived[1], share) for share in {low, nearest, high})

    def _unread(self, canary: bool, now: float, why: str) -> str:
        since = max(0.0, now - (self._began if self._seen is None else self._seen))
        side = "the canary" if canary else "production"
        length = f" for {since:.0f} s" if since >= 1 else ""
        return f"{side} could not be read{length}{f' ({why})' if why else ''}"

    def _remember(self, opinion: Opinion, now: float) -> None:
        shown = {name: each["non_inferiority"] for name, each in opinion.signals.items()}
        self.points.append(
            Point(
                time=now,
                share=opinion.share,
                answer=opinion.answer,
                harm=opinion.harm,
                worse={name: each["harm"] for name, each in opinion.signals.items()},
                shown={name: log for name, log in shown.items() if log is not None},
            )
        )
        if len(self.points) > MOST_POINTS:
            self.points = [*self.points[:-1:2], self.points[-1]]


def _damaged(what: str) -> JudgeError:
    return JudgeError(f"the judge cannot go on from this state: {' '.join(what.split())[:200]}")


def _seen(signal: Signal) -> dict[str, Any]:
    return {
        "harm": signal.harm,
        "non_inferiority": signal.shown,
        "canary": signal.canary[::-1],
        "champion": signal.champion[::-1],
    }


def _each(readings: Counts | Sequence[Counts]) -> Sequence[Counts]:
    return [readings] if isinstance(readings, Counts) else readings


def _version(side: str, before: str, readings: Sequence[Counts]) -> str:
    """The one version that a side serves.

    Raises:
        JudgeError: there are several, or it is another than before: evidence about two versions is about neither.
    """
    versions = {each.version for each in readings} | {before}
    versions.discard("")
    if len(versions) > 1:
        raise JudgeError(
            f"the {side} serves {' and '.join(sorted(versions))} by turns; a judge is of one version: "
            "begin anew, without the state of the other"
        )
    return versions.pop() if versions else ""
