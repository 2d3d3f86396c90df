"""`mainline judge --serve`: reads git and the Rollout again and again, and answers meanwhile."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainline import ledger
from mainline.cluster import rollouts
from mainline.cluster.answers import Answers
from mainline.cluster.api import Api
from mainline.cluster.evidence import Evidence
from mainline.cluster.kubeconfig import found
from mainline.cluster.memory import Memory
from mainline.cluster.pods import Pods
from mainline.cluster.server import Server
from mainline.host import desired, state
from mainline.host.log import Log
from mainline.host.rounds import Rounds
from mainline.host.settings import Settings
from mainline.host.sync import Back, Sync

TICK = 0.5
WATCH = 5.0  # seconds between looks at the Rollout


@dataclass(frozen=True)
class Options:
    """What it is started with."""

    address: tuple[str, int]
    folder: Path
    remote: str
    name: str = "cluster"
    """The cluster's, in the ledger."""
    namespace: str = ""
    port: int = 3000
    """Where each pod's /metrics is."""
    prometheus: str | None = None
    rollout: str | None = None
    interval: float = 10.0
    """Seconds between looks at the remote."""


class Git(Rounds[tuple[Back, float]]):
    """The host's rounds with the remote, each with when it began."""

    def __init__(self, sync: Sync, interval: float) -> None:
        super().__init__("git", interval)
        self.sync = sync

    def round(self) -> tuple[Back, float]:
        """Ask, and bring."""
        began = time.monotonic()
        return self.sync.round(), began


class Service:
    """One judge at work; its folder is locked by whoever made it."""

    def __init__(self, options: Options, log: Log | None = None, clock: Callable[[], float] = time.time) -> None:
        """Take up what was kept, and serve.

        Raises:
            MainlineError: there is no API, the address is taken, or what was kept of the settings is not understood.
        """
        self.options, self.log = options, log or Log()
        folder = options.folder
        self._repository = folder / "repo.git"
        self.api = Api(found(), options.namespace)  # first: where there is none, nothing is made
        desired.prepare(self._repository, options.remote)
        self.memory = Memory(folder, options.name, self.log, clock)
        self.settings = Settings(folder)
        self._pods = Pods(self.api, options.port, options.prometheus)
        self._evidence = Evidence(folder, self.log)
        self.answers = Answers(self.memory, self.settings, self._pods, self._evidence, self.log)
        self.git = Git(Sync(self._repository, options.interval), options.interval)
        self._commit, self._recalled, self._watched = "", False, float("-inf")
        self.server = Server(
            options.address, self.answers, self.api.namespace, self.known, lambda: self.settings.canary.share
        )

    def tick(self) -> None:
        """Take in what git said, look at the Rollout, and have events sent."""
        for back, began in self.git.come_back():
            self.hear(back, began)
        if self._recalled and time.monotonic() - self._watched >= WATCH:
            self._watched = time.monotonic()
            self.log.attempt("rollout", self.watch)
        outbox = self.memory.kept.outbox
        if outbox != self.git.sync.outbox:
            self.git.sync.outbox = outbox
            self.git.hurry()

    def hear(self, back: Back, began: float) -> None:
        """Take in what a round of git brought back."""
        self.log.found("git", back.unreachable)
        if back.unreachable or not back.desired:
            return
        self.log.found("ledger", back.unsent)
        if back.sent:
            self.memory.strike_off(back.sent)
        wanted = back.desired
        problems = "; ".join(wanted.problems)
        self.log.found("main", problems and f"{problems}; what that file wanted before stays wanted")
        if wanted.params is not None:
            self.log.attempt("settings", self.settings.take, wanted.params)
        now = self.memory.state
        canary = wanted.releases.get("canary", now.wanted_canary)
        production = wanted.releases.get("production", now.wanted_production)
        self.memory.want(canary, production, back.barred)
        if not self._recalled:
            self.log.attempt("ledger", self._recall)
        self._commit, self.answers.read = wanted.commit, began

    def watch(self) -> None:
        """Look at the Rollout, and take in what has happened."""
        rollout = rollouts.look(self.api, self.options.rollout)
        self.answers.rollout = rollout
        if rollout:
            rollouts.follow(rollout, self._pods, self.memory, self.answers.words(rollout.current))

    def known(self) -> dict[str, Any]:
        """What it knows, for people."""
        kept, state = self.memory.kept, self.memory.state
        wanted = {"canary": state.wanted_canary, "production": state.wanted_production}
        pairs = {name: pair.opinion for name, pair in list(self._evidence.pairs.items()) if pair.opinion}
        return {
            "name": self.options.name,
            "namespace": self.api.namespace,
            "commit": self._commit,
            "wanted": {name: each.version if each else None for name, each in wanted.items()},
            "production": self.memory.production or None,
            "barred": {each.version: each.why for each in state.barred if not each.lifted},
            "opinions": {
                name: {"answer": each.answer, "share": each.share, "reason": each.reason}
                for name, each in pairs.items()
            },
            "unsent": len(kept.outbox),
            "wrong": self.log.standing,
        }

    def _recall(self) -> None:
        self.memory.recall(ledger.read(self._repository))
        self._recalled = True


def run(options: Options) -> None:
    """Be the judge of a cluster, until SIGTERM.

    Raises:
        MainlineError: another works in the folder, or it cannot begin.
    """
    with state.locked(options.folder):
        service = Service(options)
        ended = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: ended.set())
        where = f"{options.address[0] or '*'}:{service.server.port}"
        service.log.say(f"judges {service.api.namespace} of {options.name} at {where}, for {options.remote}")
        service.git.start()
        while not ended.is_set():
            service.tick()
            ended.wait(TICK)
        service.server.close()
        service.log.say("ends; what it has gathered is kept")
