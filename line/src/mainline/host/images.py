"""Images on their way to this machine: a pull takes as long as it takes, aside, and nothing else waits for it."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from mainline.errors import ToolFailed
from mainline.host import processes
from mainline.host.model import Slot
from mainline.tools import container, process

FETCHED_WITHIN, AGAIN_AFTER = 1800.0, 10.0  # seconds


class Images:
    """The images that the slots wait for, one each."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        """Args: the slots' folder; who is told that an image is on its way."""
        self._folder, self._say = folder, say
        self._pulls: dict[Slot, Pull] = {}

    def here(self, slot: Slot, image: str) -> bool:
        """Whether an image is here; from now on it is on its way, if not.

        Raises:
            ToolFailed: it cannot be had; it is tried again and again, and stays so until it is here.
        """
        program, pull = container.client(), self._pulls.get(slot)
        if pull and pull.image != image:
            pull.leave()
            pull = None
        if pull is None:
            if container.ask(program, "images", "--quiet", image).strip():
                return True
            log, mark = self._folder / slot / "pull.log", f"{self._folder}:pull"  # by that mark it is found and ended
            pull = self._pulls[slot] = Pull([program, "pull", image], log, mark)
            self._say(f"{slot}: {image} is fetched")
        if not pull.look():
            return False
        del self._pulls[slot]
        return True


class Pull:
    """One image, asked for until it is here."""

    def __init__(self, command: list[str], log: Path, mark: str) -> None:
        self.image, self._command, self._log, self._mark = command[-1], command, log, mark
        self._wrong, self._ended = "", 0.0
        self._begin()

    def look(self) -> bool:
        """Whether it is here; raises ToolFailed from the first time that it could not be had."""
        now, code = time.monotonic(), self._client.poll()
        if code == 0:
            return True
        late = code is None and now - self._begun > FETCHED_WITHIN
        if late:
            self.leave()
        if (late or code is not None) and not self._ended:
            said = process.reason(self._log.read_text(errors="replace"))
            why = f"it took over {FETCHED_WITHIN:g} s" if late else said
            self._wrong, self._ended = f"{self.image} cannot be fetched ({why}); it is asked for again and again", now
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
                self._command,
                env=process.environment({processes.MARK: self._mark}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
