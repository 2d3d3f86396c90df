"""`mainline judge`: reads both sides again and again, keeps the judge's state, and ends with its answer."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mainline import config
from mainline.canary import plot
from mainline.canary.counts import Counts
from mainline.canary.judge import Judge, Opinion
from mainline.canary.kept import write
from mainline.canary.scrape import Source, Unread, source
from mainline.errors import ConfigError, JudgeError

EXIT = {"promote": 0, "rollback": 3, "hold": 4, "next": 5, "pause": 6}


@dataclass(frozen=True)
class Watch:
    """What to look at, and where to keep what was seen."""

    canary: str
    champion: str
    share: float
    prometheus: str | None = None
    interval: float = 10.0
    """Seconds between looks."""
    once: bool = False
    state: Path | None = None
    plot: Path | None = None


def watch(settings: config.Canary, what: Watch, tell: Callable[[Opinion], None]) -> Opinion:
    """Look until there is an answer other than to go on looking; once, if so wanted.

    Args:
        tell: is given the opinion of each look.

    Returns:
        The last one.

    Raises:
        ConfigError: an address is none, or one look is wanted with nothing to compare it with.
        JudgeError: the state is damaged, or is of another canary or other settings; or cannot be written.
    """
    if what.once and what.state is None:
        raise ConfigError("--once needs --state FILE: what is new shows only against the look before")
    sides = source(what.canary, what.prometheus), source(what.champion, what.prometheus)
    judge = _begun(settings, what.state)
    # from one process to the next only the time of day goes on; while one runs, nobody sets its clock
    offset = time.time() - time.monotonic()
    while True:
        began = time.monotonic()
        opinion = _look(judge, *sides, what.share, offset + began)
        if what.state:
            write(what.state, json.dumps(judge.state()))
        if what.plot:
            write(what.plot, plot.draw(judge.points, settings, opinion.reason))
        tell(opinion)
        if what.once or opinion.answer != "hold" or opinion.cause == "timeout":
            return opinion
        time.sleep(max(0.0, what.interval - (time.monotonic() - began)))


def line(opinion: Opinion) -> str:
    """An opinion for a person: when, and why."""
    return f"{time.strftime('%H:%M:%S')} {100 * opinion.share:g}%  {opinion.reason}"


def _look(judge: Judge, canary: Source, champion: Source, share: float, now: float) -> Opinion:
    ours, theirs = _read(canary), _read(champion)
    why = next((each for each in (ours, theirs) if isinstance(each, str)), "")
    seen = [None if isinstance(each, str) else each for each in (ours, theirs)]
    return judge.observe(seen[0], seen[1], share, now, why)


def _read(side: Source) -> list[Counts] | str:
    """Counts, or why there are none."""
    try:
        return side()
    except Unread as error:
        return str(error)


def _begun(settings: config.Canary, path: Path | None) -> Judge:
    if path is None or not path.exists():
        return Judge(settings)
    anew = f"{path}: to begin anew, remove it"
    try:
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise JudgeError(f"the judge's state cannot be read ({str(error)[:100]}); {anew}") from None
    try:
        return Judge.from_state(settings, state)
    except JudgeError as error:
        raise JudgeError(f"{error}; {anew}") from None
