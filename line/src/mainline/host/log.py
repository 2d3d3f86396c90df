"""What the agent and the judge of a cluster say: each thing once, until it changes."""

import time
from collections.abc import Callable

from mainline import ui
from mainline.errors import MainlineError


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

    def found(self, about: str, wrong: str) -> None:
        """A thing was looked at: what is wrong with it, empty where nothing is."""
        if wrong:
            self.wrong(about, wrong)
        else:
            self.right(about)

    def attempt(self, about: str, action: Callable[..., object], *arguments: object) -> None:
        """Do something; what goes wrong is one line, and the rest goes on."""
        wrong = ""
        try:
            action(*arguments)
        except MainlineError as error:
            wrong = str(error)
        except OSError as error:
            wrong = f"{about}: {error.strerror} ({error.filename})"
        self.found(about, wrong)
