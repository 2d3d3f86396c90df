"""What the cluster's judge answers: promote, next, hold, pause or rollback, each with a cause and a reason.

A judge that cannot read git, the API or the pods holds: it neither goes on nor goes back on what it does not know.
"""

import time
from dataclasses import dataclass
from typing import Any

from mainline.canary.judge import Opinion
from mainline.cluster.evidence import Evidence, Pair
from mainline.cluster.memory import Memory
from mainline.cluster.pods import HASH, Pods, Seen
from mainline.cluster.rollouts import Rollout
from mainline.errors import JudgeError, ToolFailed
from mainline.host.log import Log
from mainline.host.settings import Settings

Said = dict[str, Any]
PAUSE = 60.0  # seconds after which a question is a new one


@dataclass(frozen=True)
class Question:
    """Which pods stand beside which, by their labels; and how many of the users the canary has."""

    canary: str
    champion: str
    share: float = 0.0

    @classmethod
    def of_hashes(cls, canary: str, stable: str, share: float = 0.0) -> "Question":
        """Of Argo Rollouts' own labels."""
        return cls(f"{HASH}={canary}", f"{HASH}={stable}", share)

    def name(self, version: str = "", beside: str = "") -> str:
        """What its evidence is kept as; a hash has one version, other labels have one after the other."""
        sides = [(self.canary, version), (self.champion, beside)]
        named = [_hash(each) or f"{each}-{which}" for each, which in sides]
        return "-beside-".join(named)


class Answers:
    """Answers questions; many may ask at a time, of one pair one after the other."""

    def __init__(self, memory: Memory, settings: Settings, pods: Pods, evidence: Evidence, log: Log) -> None:
        self._memory, self._settings, self._pods = memory, settings, pods
        self._evidence, self._log = evidence, log
        self._versions: dict[str, str] = {}
        self._asked: dict[str, tuple[float, float]] = {}
        self.read = float("-inf")
        """When the last round of git that succeeded began, on this process' clock."""
        self.rollout: Rollout | None = None

    @property
    def ready(self) -> bool:
        """Whether git was read, by this process or the one before."""
        state = self._memory.state
        return self.read > float("-inf") or bool(state.wanted_canary or state.wanted_production)

    def judge(self, asked: Question, *, waits: bool = False) -> Said:
        """Look once, and say what follows; a rollback is written down before it is answered.

        Args:
            waits: it may go on already, and waits for a person: that takes as long as it takes.
        """
        if not self.ready:
            return hold("git was not read yet")
        if asked.canary == asked.champion:
            return hold("both sides are the same pods")
        try:
            version, beside = self._version(asked.canary), self._version(asked.champion)
            for side, known in ((asked.canary, version), (asked.champion, beside)):
                if not known:
                    return hold(f"no pod or ReplicaSet with {side} says by its label which version it is")
            pair = self._evidence.pair(asked.name(version, beside))
            with pair.lock:
                opinion = self._opinion(pair, asked, version, waits=waits)
            if opinion.answer == "rollback":
                self._roll_back(version, beside, opinion)
        except (ToolFailed, JudgeError) as error:
            self._log.wrong("judge", str(error))
            return hold(str(error))
        self._log.right("judge")
        return {**opinion.as_dict(), "version": version}

    def released(self, asked: Question) -> Said:
        """Judge on while it waits; next once deploy/production.env names its version."""
        said = self.judge(asked, waits=True)
        if said["answer"] in ("rollback", "pause") or said["cause"] == "unread":
            return said
        version = said["version"]
        if block := self._memory.barred(version):
            return {**said, "answer": "rollback", "cause": "barred", "reason": f"rolled back: {block.why}"}
        wanted = self._memory.state.wanted_production
        if wanted and wanted.version == version:
            return {
                **said,
                "answer": "next",
                "cause": "released",
                "reason": "may go on: deploy/production.env names it",
            }
        named = wanted.version if wanted else "nothing"
        why = f"held: deploy/production.env names {named}, and this is {version}"
        return {**said, "answer": "hold", "cause": "waits", "reason": why, "judge": said["reason"]}

    def barred(self, canary: str) -> Said:
        """Whether a version may be started at all, by the labels of its pods.

        It is said by git as it was read after the first question about these pods: they run what git names now, and
        with it a person may have lifted what barred the version.
        """
        try:
            version = self._version(canary)
        except ToolFailed as error:
            return hold(str(error))
        if not version:
            return hold(f"no pod or ReplicaSet with {canary} says by its label which version it is")
        if self.read < self._since(canary):
            return {**hold("git was not read yet, since it was asked about"), "version": version}
        if block := self._memory.barred(version):
            return {"answer": "rollback", "cause": "barred", "reason": f"rolled back: {block.why}", "version": version}
        return {"answer": "next", "cause": "good", "reason": "may go on: it is not barred", "version": version}

    def counted(self, selector: str) -> bool:
        """Whether some pods have had requests, or cannot be read."""
        try:
            seen = self._pods.seen(selector)
        except ToolFailed:
            return True
        return seen.counts is None or any(each.requests for each in seen.counts)

    def words(self, canary: str) -> str:
        """The judge's last words about the pods of a hash; empty where it has said none."""
        about = [pair for name, pair in list(self._evidence.pairs.items()) if name.startswith(f"{canary}-beside-")]
        last = max(about, key=lambda pair: pair.looked, default=None)
        return last.opinion.why if last and last.opinion else ""

    def _since(self, canary: str) -> float:
        """Since when these pods are asked about without a pause."""
        now = time.monotonic()
        first, last = self._asked.get(canary, (now, now))
        self._asked[canary] = (first if now - last < PAUSE else now), now
        return self._asked[canary][0]

    def _opinion(self, pair: Pair, asked: Question, version: str, *, waits: bool) -> Opinion:
        settings, words = self._settings.canary, self._memory.words(version)
        judge = self._evidence.seat(pair, settings)
        if judge.ended == "rollback" and self._memory.lifted(version):
            self._evidence.begin_anew(pair)
        if judge.ended == "pause" and (new := set(words) - set(pair.words)):
            judge.resume()
            self._memory.note("resumed", version, "a person lets it go on", force=max(new))
        before, new_here = judge.ended, not self._evidence.seat(pair, settings).points
        opinion = self._evidence.look(pair, settings, lambda: self._sides(asked), asked.share, waits=waits)
        if new_here:
            self._memory.note("started", version)
            self._memory.note("canary", version, share=asked.share)
        if opinion.answer == "pause" and before != "pause":
            pair.words = words
            self._evidence.keep(pair)
            self._memory.note("paused", version, opinion.why)
        return opinion

    def _sides(self, asked: Question) -> tuple[Seen, Seen]:
        return self._pods.seen(asked.canary), self._pods.seen(asked.champion)

    def _roll_back(self, version: str, beside: str, opinion: Opinion) -> None:
        """Bar it; not where both sides serve one version, or it is production that was asked about."""
        stable = self.rollout.stable if self.rollout else ""
        if version != beside and version != (self._version(f"{HASH}={stable}") if stable else ""):
            self._memory.roll_back(version, opinion.why, opinion.share)

    def _version(self, selector: str) -> str:
        """The version of some pods; what a template's hash names never changes."""
        if known := self._versions.get(selector):
            return known
        found = self._pods.version(selector)
        if found and _hash(selector):
            self._versions[selector] = found
        return found


def _hash(selector: str) -> str:
    """The hash that it names; empty where it goes by other labels."""
    return selector.removeprefix(f"{HASH}=") if selector.startswith(f"{HASH}=") else ""


def hold(why: str) -> Said:
    """Nothing is known to go by."""
    return {"answer": "hold", "cause": "unread", "reason": f"held: {why}"}
