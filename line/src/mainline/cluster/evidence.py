"""One judge a pair of versions, asked by one at a time, whose evidence outlives this process."""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainline import config
from mainline.canary.judge import Judge, Opinion
from mainline.canary.kept import write
from mainline.cluster.pods import Seen
from mainline.errors import JudgeError
from mainline.host.log import Log

OFTEN = 1.0  # seconds between looks at one pair
MOST = 50  # pairs that are kept


@dataclass
class Pair:
    """What is known of a canary beside a champion."""

    path: Path
    lock: threading.Lock = field(default_factory=threading.Lock)
    judge: Judge | None = None
    settings: config.Canary | None = None
    opinion: Opinion | None = None
    looked: float = 0.0
    words: tuple[str, ...] = ()
    """What people had written by the time of its pause."""


class Evidence:
    """The pairs, each in a file of its own."""

    def __init__(self, folder: Path, log: Log) -> None:
        self._folder, self._log = folder / "pairs", log
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self.pairs: dict[str, Pair] = {}

    def pair(self, name: str) -> Pair:
        """The pair of this name; what was kept of it is read when it is looked at."""
        with self._lock:
            return self.pairs.setdefault(name, Pair(self._folder / f"{re.sub(r'[^A-Za-z0-9._-]', '_', name)}.json"))

    def seat(self, pair: Pair, settings: config.Canary) -> Judge:
        """The judge of a pair: the one that sits, or one that goes on from what was kept; call it under the lock."""
        if pair.judge and pair.settings == settings:
            return pair.judge
        if pair.judge:
            kept: dict[str, Any] | None = pair.judge.state()
        else:
            kept = self._kept(pair)
        pair.judge, pair.settings = self._begun(pair, settings, kept), settings
        return pair.judge

    def begin_anew(self, pair: Pair) -> None:
        """Forget what is known of a pair, as a person has its canary again; call it under the lock."""
        pair.judge, pair.opinion = None, None
        pair.path.unlink(missing_ok=True)

    def keep(self, pair: Pair) -> None:
        """Write a pair down; call it under the lock."""
        if pair.judge is None:
            return
        try:
            write(pair.path, json.dumps({"words": pair.words, "judge": pair.judge.state()}))
            self._log.right("evidence")
        except JudgeError as error:
            self._log.wrong("evidence", str(error))
        self._tidy()

    def look(
        self,
        pair: Pair,
        settings: config.Canary,
        sides: Callable[[], tuple[Seen, Seen]],
        share: float,
        *,
        waits: bool = False,
    ) -> Opinion:
        """Look at both sides, unless that was a moment ago; call it under the lock.

        Raises:
            JudgeError: a side serves several versions.
            ToolFailed: the API does not answer.
        """
        judge, now = self.seat(pair, settings), time.monotonic()
        if pair.opinion and pair.opinion.share == share and now - pair.looked < OFTEN:
            return pair.opinion
        canary, champion = sides()
        why = "" if canary.counts and champion.counts else canary.why or champion.why
        pair.opinion = judge.observe(canary.counts, champion.counts, share, OFFSET + now, why, waits=waits)
        pair.looked = now
        self.keep(pair)
        return pair.opinion

    def _kept(self, pair: Pair) -> dict[str, Any] | None:
        try:
            said = json.loads(pair.path.read_text(encoding="utf-8"))
            pair.words = tuple(map(str, said["words"]))
            return dict(said["judge"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            self._log.say(f"! {pair.path}: cannot be read ({str(error)[:100]}); the evidence is gathered anew")
            return None

    def _begun(self, pair: Pair, settings: config.Canary, kept: dict[str, Any] | None) -> Judge:
        if kept is not None:
            try:
                return Judge.from_state(settings, kept)
            except JudgeError as error:
                self._log.say(f"! {pair.path.stem}: {error}; the evidence is gathered anew")
        return Judge(settings)

    def _tidy(self) -> None:
        """Leave the pairs that were looked at last."""
        files = sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for each in files[MOST:]:
            each.unlink(missing_ok=True)


# from one process to the next only the time of day goes on; while one runs, nobody sets its clock
OFFSET = time.time() - time.monotonic()
