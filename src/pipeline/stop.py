"""Being told to stop, by SIGTERM as by Ctrl-C, is an exception: whatever was begun ends on its way out."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

SIGNALS = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name))
_held = 0
_told: list[int] = []  # the first signal of those that come
_waiting: list[int] = []


class Stopped(BaseException):
    """The stage was told to stop; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


@contextmanager
def as_exception() -> Iterator[None]:
    """Let a signal that would end the process raise Stopped, in the main thread; one more of them changes nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _tell) for number in SIGNALS if signal.getsignal(number) != signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _told.clear()


@contextmanager
def held() -> Iterator[None]:
    """Let a signal wait until the block is over: for what must not be left half done."""
    global _held
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if _waiting and not _held:
            raise Stopped(_waiting.pop())


def _tell(number: int, _: Any) -> None:
    if _told:
        return
    _told.append(number)
    if not _held:
        raise Stopped(number)
    _waiting.append(number)
