"""A browser for tests: headless Chromium, told what to do over its debugging pipe, which takes no port."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
READS, WRITES = 3, 4  # where Chromium reads commands and writes answers: its own convention


def program() -> str | None:
    """The browser of this machine; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One tab. Each command waits for its answer, however long that takes; pytest's own limit ends it."""

    def __init__(self, commands: int, answers: int) -> None:
        self._out, self._in = os.fdopen(commands, "wb", 0), os.fdopen(answers, "rb")
        self._number, self._session, self._rest = 0, "", b""
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.tell("Page.enable")

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the DevTools protocol, and its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        answer = self._until(lambda said: said.get("id") == self._number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, path: Path | str, width: int, scheme: str) -> None:
        """Load a page, a file or an address, as a window of so many pixels shows it, `light` or `dark`."""
        self.tell(
            "Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 500
        )
        self.tell("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.tell("Page.navigate", url=path if isinstance(path, str) else path.as_uri())
        self._until(lambda said: said.get("method") == "Page.loadEventFired")

    def ask(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        said = self.tell("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in said:
            raise RuntimeError(str(said["exceptionDetails"]))
        return said["result"].get("value")

    def press(self, key: str, *, control: bool = False) -> None:
        """Press a key and let it go: a letter, or a name such as Enter."""
        about = {"key": key, "modifiers": 2 if control else 0}
        text = {"text": "\r" if key == "Enter" else key} if (len(key) == 1 or key == "Enter") and not control else {}
        self.tell("Input.dispatchKeyEvent", type="keyDown", **about, **text)
        self.tell("Input.dispatchKeyEvent", type="keyUp", **about)

    def _until(self, holds: Any) -> dict[str, Any]:
        while True:
            while b"\0" not in self._rest:
                some = self._in.read1(65536)
                if not some:
                    raise EOFError("the browser has ended")
                self._rest += some
            one, _, self._rest = self._rest.partition(b"\0")
            said: dict[str, Any] = json.loads(one)
            if holds(said):
                return said


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own in a folder; it ends with the block."""
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    # the shell puts the two ends where Chromium looks for them: Python cannot do that for a child safely
    script = f'exec "$@" {READS}<&{their_in} {WRITES}>&{their_out}'
    options = [*OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
    command = ["bash", "-c", script, "bash", str(program()), *options]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, pass_fds=(their_in, their_out), start_new_session=True, **quiet) as process:
        os.close(their_in)
        os.close(their_out)
        try:
            tab = Browser(our_out, our_in)
            yield tab
            with suppress(EOFError, OSError):
                tab.tell("Browser.close")
        finally:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
