"""The judge: looks at both sides of a split again and again, and says after each look what to do."""

from dataclasses import replace
from typing import Any, Self

from pydantic import ValidationError

from mainline import config
from mainline.canary import rules
from mainline.canary.counts import Counts
from mainline.canary.evidence import split_mismatch
from mainline.canary.labels import Labels
from mainline.canary.opinion import STATE, Opinion, Point, State
from mainline.canary.rates import Rates
from mainline.canary.routed import Routed
from mainline.canary.rules import Ruling
from mainline.canary.second import Second
from mainline.canary.sides import NAMES, Readings, Sides
from mainline.canary.signals import Signal, watched
from mainline.errors import JudgeError

__all__ = ["Judge", "Opinion", "Point", "Readings"]

MOST_POINTS = 400


class Judge:
    """Evidence about one canary. It may be asked as often as one likes; how often changes nothing in its promises."""

    def __init__(self, settings: config.Canary) -> None:
        self._settings = settings
        self._signals = watched(settings)
        self._second = Second()
        self._sides = Sides()
        self._share, self._step, self._began = -1.0, 0, 0.0
        self._seen: float | None = None
        self._arrived = [0, 0]
        self._split_of: tuple[int, int] | None = None
        self._nameless = False
        self._end: Ruling | None = None
        self.points: list[Point] = []
        """The evidence over time: each look's at first, of a long time fewer."""

    def observe(
        self,
        canary: Readings,
        champion: Readings,
        share: float,
        now: float,
        why: str = "",
        *,
        waits: bool = False,
        routed: Routed | None = None,
    ) -> Opinion:
        """Take in what both sides have counted by now.

        The first look only sets where counting starts. A look that could not read one side reads neither: both are
        compared over the same time.

        Args:
            share: of the users that the canary has, 0 (its requests are copies) to 1.
            now: seconds, on one clock from look to look.
            why: what kept a side from being read, for the reason.
            waits: it may go on already, and waits for a person: that takes as long as it takes.
            routed: what the router tells by now; None where there is none, or it could not be read.

        Raises:
            JudgeError: the readings are of other versions than before.
            ValueError: share is no share.
        """
        if not 0 <= share <= 1:
            raise ValueError(f"share must be from 0 to 1, not {share!r}")
        fresh = share != self._share
        if fresh:
            self._share, self._step, self._began = share, self._step + 1, now
            self._arrived, self._split_of = [0, 0], None
        unread = ""
        if canary is None or champion is None:
            unread = self._unread(canary is None, now, why)
        else:
            self._take(*self._sides.read(canary, champion), fresh, routed)
            self._seen = now
        return self._opinion(now, unread, waits)

    @property
    def ended(self) -> str:
        """What stays whatever comes: rollback or pause; empty while neither was said."""
        return self._end.answer if self._end else ""

    def resume(self) -> None:
        """Go on after a pause, as a person says: the evidence that paused it begins anew, all else stays."""
        if self._end and self._end.answer == "pause":
            self._end = None
        refusals = self._signals.get("refusals")
        if isinstance(refusals, Rates):
            refusals.begin_anew()
        self._second.begin_anew()

    def state(self) -> dict[str, Any]:
        """All there is to know, fit for JSON: `from_state` goes on from it to the last bit."""
        state = State(
            format=2,
            signals={name: signal.state() for name, signal in self._all().items()},
            sides=self._sides.state(),
            step=(self._share, self._step, self._began, (self._arrived[0], self._arrived[1])),
            seen=self._seen,
            split_of=self._split_of,
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

    def _all(self) -> dict[str, Signal]:
        return {**self._signals, "second": self._second}

    def _restore(self, state: State) -> None:
        signals = self._all()
        if list(state.signals) != list(signals):
            raise ValueError("it was gathered with other settings of canary.signals")
        for name, signal in signals.items():
            signal.restore(state.signals[name])
        self._sides.restore(state.sides)
        self._share, self._step, self._began, arrived = state.step
        self._arrived, self._seen, self._end = list(arrived), state.seen, state.end
        self._split_of = state.split_of
        self.points = list(state.points)

    def _take(self, ours: Counts, theirs: Counts, fresh: bool, routed: Routed | None) -> None:
        if routed and routed.unit == self._sides.unit:
            self._nameless = routed.nameless > 0
            if self._settings.signals.second and self._share > 0:
                self._second.hear(routed, self._share)
            if not fresh:
                self._split_of = routed.seen or self._split_of
        ours = replace(ours, both=self._second.both)
        if self._seen is None:
            for signal in self._signals.values():
                signal.start(self._sides.standing)
            return
        if not fresh:  # what came before the share was changed says nothing about it
            self._arrived = [self._arrived[0] + ours.requests, self._arrived[1] + theirs.requests]
        for signal in self._signals.values():
            signal.look(ours, theirs, alone=self._share == 1 and not theirs.requests)

    def _opinion(self, now: float, unread: str, waits: bool) -> Opinion:
        signals = self._all()
        if not self._second.heard:
            del signals["second"]
        situation = rules.Situation(
            settings=self._settings,
            signals=signals,
            share=self._share,
            age=max(0.0, now - self._began),
            split=self._split(),
            arrived=(self._arrived[0], self._arrived[1]),
            unread=unread,
            waits=waits,
            seen=self._split_of,
            second=self._second.asks,
            users=self._sides.users[0],
        )
        ruling = self._ruling(situation)
        opinion = Opinion(
            answer=ruling.answer,
            cause=ruling.cause,
            reason=ruling.reason,
            signals={name: _seen(signal) for name, signal in signals.items()},
            harm=situation.harm,
            split=situation.split,
            share=self._share,
            step=self._step,
            requests=self._arrived[0],
            restarts=self._sides.restarts,
            users=dict(zip(NAMES, self._sides.users, strict=True)),
            bucket=ruling.bucket,
            notes=self._notes(),
        )
        self._remember(opinion, now)
        return opinion

    def _ruling(self, situation: rules.Situation) -> Ruling:
        """What follows; a rollback and a pause stay: who asks again must hear them again."""
        if self._end and self._end.answer == "rollback":
            return self._end
        ruling = rules.decide(situation)
        if ruling.answer in ("rollback", "pause") and not (self._end and ruling.answer == "pause"):
            self._end = ruling
        return self._end or ruling

    def _notes(self) -> list[str]:
        """What cannot be promised, as nothing tells it."""
        if self._seen is None:
            return []
        labels = self._signals.get("labels")
        told = {
            "each request counts as a user of its own: the services do not tell of users": bool(self._sides.users[0]),
            "labels count as they come, however old their answers are": not isinstance(labels, Labels) or labels.by_age,
            f"users who send no {self._settings.user_header} are known by their address: all behind one are one": (
                not self._nameless or not self._sides.users[0]
            ),
            "production is not asked for what the canary fails or refuses": self._second.heard,
        }
        return [note for note, known in told.items() if not known]

    def _split(self) -> float:
        """Log of the evidence against every share that is within the tolerance: the least of theirs."""
        allowed = self._settings.signals.split
        if allowed is None or not 0 < self._share < 1:
            return 0.0
        odds = self._share / (1 - self._share)
        low, high = (each / (1 + each) for each in (odds / (1 + allowed.tolerance), odds * (1 + allowed.tolerance)))
        ours, theirs = self._split_of or self._arrived
        nearest = min(max(ours / max(1, ours + theirs), low), high)
        return min(split_mismatch(ours, theirs, share) for share in {low, nearest, high})

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
        "without_top": signal.without_top,
        "non_inferiority": signal.shown,
        "canary": signal.canary[::-1],
        "champion": signal.champion[::-1],
    }
