"""Stages that need no Python of their own: forked from a process of the line's that has loaded their libraries.

What each is shut in from, and what it finds, is the same as alone; only loading the libraries is not done once a stage.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from mainline.prove import closed, loader

PLAIN = re.compile(r"python -m \w+( \w+)*")
"""The commands that are run so."""
NUMERICAL = re.compile(r"(OMP|KMP|MKL|OPENBLAS|BLIS|NPY|NUMEXPR|VECLIB)_\w+")
"""What libraries of linear algebra read as they are loaded, and a package may set before; no code is loaded by it."""
SETS = "import json, os, sys; __import__(sys.argv[1]); print(json.dumps(dict(os.environ)))"


class Forks:
    """That process, from the first stage on that can be its fork."""

    def __init__(self) -> None:
        self._own = TemporaryDirectory(prefix="mainline-")
        self._folder = Path(self._own.name)
        self._process: subprocess.Popen[str] | None = None
        self._settings: dict[str, str] = {}
        self._wanted: dict[str, dict[str, str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._own.cleanup()

    def run(
        self, command: str, box: Path, env: Mapping[str, str], hidden: Sequence[Path]
    ) -> subprocess.CompletedProcess[bytes] | None:
        """Run a stage in its folder, shut in as it would be alone.

        Args:
            env: all its environment.
            hidden: folders that are empty for it.

        Returns:
            How it ended; None where it was not begun, so that it needs a process of its own.
        """
        before = closed.without_folders()
        if sys.platform != "linux" or before is None or not PLAIN.fullmatch(command):
            return None
        arguments = command.split()[2:]
        package = arguments[0]
        if package not in self._wanted:
            self._wanted[package] = _set_by(package, closed.words(hidden, env), env, self._folder)
        if self._process is None or self._wanted[package] != self._settings:
            self._begin(before, self._wanted[package], env)
        streams = [self._folder / name for name in ("out", "errors")]
        for each in streams:
            each.write_bytes(b"")
        shut = [str(each) for each in hidden] if before else None
        asked = {"arguments": arguments, "folder": str(box), "environment": dict(env), "shut": shut}
        told = self._told({**asked, "streams": [str(each) for each in streams]})
        if told in (loader.OPEN, ""):
            return None
        return subprocess.CompletedProcess(command, int(told), *(each.read_bytes() for each in streams))

    def _begin(self, before: Sequence[str], settings: dict[str, str], env: Mapping[str, str]) -> None:
        self._end()
        self._settings = settings
        plain = {name: value for name, value in env.items() if name not in ("HOME", "PYTHONPATH")}
        self._process = subprocess.Popen(
            [*before, sys.executable, "-P", "-m", loader.__name__],  # -P: no module of the folder's
            cwd=self._folder,
            env={**plain, **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def _told(self, request: Mapping[str, object]) -> str:
        """What the process says to a request; nothing where it is gone."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return ""
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        except OSError:
            return ""
        return process.stdout.readline().strip()

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            with suppress(OSError), self._process:  # which closes its streams, what was not read of them too, and waits
                pass
        self._process = None


def _set_by(package: str, before: Sequence[str], env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """How a package wants the numerical libraries, as the first thing that it does."""
    done = subprocess.run(
        [*before, "python", "-c", SETS, package],
        cwd=folder,
        env=env,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    try:
        found = json.loads(done.stdout)
    except ValueError:  # the stage says what is wrong with it
        return {}
    return {name: value for name, value in found.items() if NUMERICAL.fullmatch(name)}
