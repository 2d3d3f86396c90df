"""What the agent says: each thing once, until it changes."""

import time
from collections.abc import Callable

from mainline import ui


class Log:
    """Says what happens, and what is wrong: not again while it stays wrong in the same way."""

    def __init__(self, out: Callable[[str], None] = ui.say) -> None:
        self._out = out
        self._wrong: dict[str, str] = {}

    @property
    def standing(self) -> dict[str, str]:
        """What is wrong now, by what it is about."""
        return dict(self._wrong)

    def say(self, text: str) -> None:
        """Something has happened."""
        self._out(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {' '.join(text.split())}")

    def wrong(self, about: str, text: str) -> None:
        """Something is wrong with a thing."""
        text = " ".join(text.split())
        known = text in self._wrong.values()
        self._wrong[about] = text
        if not known:
            self.say(f"! {text}")

    def right(self, about: str) -> None:
        """Nothing is wrong with it any more."""
        if self._wrong.pop(about, None) is not None:
            self.say(f"{about}: well again")
