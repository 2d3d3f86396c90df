"""Starts the search, passes on how far it is, and ends it in order."""

import re
import signal
import subprocess
from collections.abc import Mapping

from mainline import ui
from mainline.errors import ConfigError, MainlineError
from mainline.project import Project
from mainline.tools import process, stages

SEARCH = ("python", "-m", "pipeline", "search")
SAID = "search: "
ASIDE = re.compile(r"trial \d+, \S+, failed: |NOT recorded")
TOLD = re.compile(r"ERROR: search \S+ \S+: ")


class Stopped(MainlineError):
    """The search was told to stop, and has kept what it found."""

    exit_code = 130


def search(project: Project, minutes: float | None, trials: int | None) -> None:
    """Search until its budget is spent, or until Ctrl-C.

    Raises:
        MainlineError: why there was no search, or why it ended; in the pipeline's words.
        Stopped: it was told to; the same command goes on.
    """
    env = {"PYTHONPATH": stages.python_path(project.root)}
    words = [format(each, "g") if each else "-" for each in (minutes, trials)]
    code, last = _run(project, [*SEARCH, *words], env)
    ui.progress_ends()
    if code:
        said = TOLD.sub("", last).rpartition("\n")[2] or "it said nothing"
        if code > 127 or code < 0:
            raise Stopped("stopped; what was found is kept, and the same command goes on")
        raise (ConfigError if code == 2 else MainlineError)(said)


def _run(project: Project, command: list[str], env: Mapping[str, str]) -> tuple[int, str]:
    """Its exit code, and the last line that says what went wrong."""
    wrong = ""
    with subprocess.Popen(
        command,
        cwd=project.root,
        env=process.environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as running:
        while True:
            try:
                for line in running.stdout or ():
                    wrong = line.strip() if TOLD.match(line) else wrong or ""
                    _show(line.strip())
                break
            except KeyboardInterrupt:  # it may not have heard; one signal more changes nothing there
                running.send_signal(signal.SIGINT)
    return running.returncode, wrong


def _show(line: str) -> None:
    if TOLD.match(line) or not line.startswith(SAID):
        return
    said = line.removeprefix(SAID)
    if ASIDE.match(said):
        ui.progress_ends()
        ui.warn(said)
    else:
        ui.progress(said)
