"""Work that goes on rounds on a thread of its own, so that the rest never waits for a network or a disk."""

import threading
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Rounds(Generic[T]):
    """Goes on a round again and again, and hands over what each has brought back."""

    def __init__(self, name: str, interval: float) -> None:
        """Args: name, of the thread; interval, seconds from one round to the next."""
        self._name, self._interval = name, interval
        self._back: SimpleQueue[T] = SimpleQueue()
        self._now = threading.Event()

    def round(self) -> T:
        """One round; it raises nothing."""
        raise NotImplementedError

    def start(self) -> None:
        """Go on rounds from now on."""
        threading.Thread(target=self._for_ever, name=self._name, daemon=True).start()

    def hurry(self) -> None:
        """Go on the next round at once."""
        self._now.set()

    def come_back(self) -> list[T]:
        """What rounds have brought back since the last time."""
        found = []
        while True:
            try:
                found.append(self._back.get_nowait())
            except Empty:
                return found

    def _for_ever(self) -> None:
        while True:
            self._back.put(self.round())
            self._now.wait(self._interval)
            self._now.clear()
