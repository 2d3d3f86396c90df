"""How far a long run is: one line that moves on a terminal, a line now and then anywhere else."""

import math
import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

WIDTH = 24
MOVING, STANDING = 0.2, 10.0  # seconds between two looks at it


class Shows(Protocol):
    """Is told how far a file is."""

    def show(self, done: int) -> None:
        """So many of its rows are done."""

    def clear(self) -> None:
        """No more of them will be."""


class Progress:
    """Says how many rows are done, how fast, and how long the rest will take."""

    def __init__(self, total: Callable[[], float], done: int, stream: TextIO = sys.stderr) -> None:
        self._total, self._before, self._stream = total, done, stream
        self._moves = stream.isatty()
        self._began = self._said = time.monotonic()

    def show(self, done: int) -> None:
        """Say it, if it is time."""
        now = time.monotonic()
        if now - self._said < (MOVING if self._moves else STANDING):
            return
        self._said = now
        line = describe(done, max(self._total(), done), (done - self._before) / (now - self._began))
        print(f"\r{line}\x1b[K" if self._moves else f"score: {line}\n", end="", file=self._stream, flush=True)

    def clear(self) -> None:
        """Leave the terminal's line empty."""
        if self._moves:
            print("\r\x1b[K", end="", file=self._stream, flush=True)


def describe(done: int, total: float, speed: float) -> str:
    """The line: a bar, rows, rows/s, and the time left."""
    share = done / total if total else 1.0
    bar = "#" * int(WIDTH * share)
    rest = clock((total - done) / speed) if speed > 0 else "?"
    return f"[{bar:.<{WIDTH}}] {share:4.0%}  {done:,} rows  {speed:,.0f} rows/s  {rest} left"


def clock(seconds: float) -> str:
    """Seconds as people say them: 41 s, 3:05 min, 2:10 h."""
    whole = math.ceil(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60}:{whole % 60:02} min" if whole < 3600 else f"{whole // 3600}:{whole % 3600 // 60:02} h"


def say(text: str) -> None:
    """A line for whoever waits, on standard error."""
    print(f"score: {text}", file=sys.stderr, flush=True)
