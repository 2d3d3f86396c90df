"""Images on their way to this machine: a pull takes as long as it takes, aside, and nothing else waits for it."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.host import processes
from mainline.host.model import Slot
from mainline.tools import container, process

Proof = Callable[[str], list[str]]
"""The command that ends well for an image that may be run."""
FETCHED_WITHIN, AGAIN_AFTER = 1800.0, 10.0  # seconds


class Images:
    """The images that the slots wait for, one each."""

    def __init__(self, folder: Path, say: Callable[[str], None], proof: Proof | None = None) -> None:
        """Args: the slots' folder; who is told that an image is on its way; what shows that it may be run, if asked."""
        self._folder, self._say, self._proof = folder, say, proof
        self._proven: set[str] = set()
        self._errands: dict[Slot, Errand] = {}

    def here(self, slot: Slot, image: str) -> bool:
        """Whether an image is here, and may be run; from now on it is on its way, if not.

        Raises:
            ToolFailed: it cannot be had, or nobody shows that it may be run; it is tried again and again, and stays so.
        """
        if self._proof and image not in self._proven:
            if not self._done(slot, self._proof(image), f"{image} is not attested as built from the default branch"):
                return False
            self._proven.add(image)
        command = [container.client(), "pull", image]
        waited_for = self._errands.get(slot)
        if not (waited_for and waited_for.command == command):
            if container.ask(command[0], "images", "--quiet", image).strip():
                self._leave(slot)
                return True
            self._say(f"{slot}: {image} is fetched")
        return self._done(slot, command, f"{image} cannot be fetched")

    def _done(self, slot: Slot, command: list[str], wrong: str) -> bool:
        """Whether a slot's errand has ended well; another than before is begun."""
        errand = self._errands.get(slot)
        if errand is None or errand.command != command:
            self._leave(slot)
            log, mark = self._folder / slot / "pull.log", f"{self._folder}:pull"  # by that mark it is found and ended
            errand = self._errands[slot] = Errand(command, wrong, log, mark)
        if not errand.look():
            return False
        del self._errands[slot]
        return True

    def _leave(self, slot: Slot) -> None:
        if errand := self._errands.pop(slot, None):
            errand.leave()


class Errand:
    """A command that is tried until it ends well."""

    def __init__(self, command: list[str], wrong: str, log: Path, mark: str) -> None:
        self.command, self._wrong_if, self._log, self._mark = command, wrong, log, mark
        self._wrong, self._ended = "", 0.0
        self._begin()

    def look(self) -> bool:
        """Whether it has ended well; raises ToolFailed from the first time that it did not."""
        now, code = time.monotonic(), self._client.poll()
        if code == 0:
            return True
        late = code is None and now - self._begun > FETCHED_WITHIN
        if late:
            self.leave()
        if (late or code is not None) and not self._ended:
            said = process.reason(self._log.read_text(errors="replace"))
            why = f"it took over {FETCHED_WITHIN:g} s" if late else said
            self._wrong, self._ended = f"{self._wrong_if} ({why}); it is asked for again and again", now
        elif self._ended and now - self._ended > AGAIN_AFTER:
            self._begin()
        if self._wrong:
            raise ToolFailed(self._wrong)
        return False

    def leave(self) -> None:
        """Do not wait for it any longer; the layers that are here spare the next pull theirs."""
        self._client.kill()
        self._client.wait()

    def _begin(self) -> None:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._begun, self._ended = time.monotonic(), 0.0
        with self._log.open("wb") as output:
            self._client = subprocess.Popen(
                self.command,
                env=process.environment({processes.MARK: self._mark}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
