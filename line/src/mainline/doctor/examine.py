"""Runs all checks at once, each in a process of its own: one that breaks or hangs never takes another with it."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mainline import ui
from mainline.doctor.checks import CHECKS, Check
from mainline.doctor.finding import WRONG, Finding
from mainline.project import Project
from mainline.tools import process

COMMAND = (sys.executable, "-P", "-m", "mainline.doctor")
CODE = str(Path(__file__).parents[2])
Running = subprocess.Popen[str]


def examine(project: Project, checks: Sequence[Check] = CHECKS) -> Iterator[Finding]:
    """What all checks find, in their order; on a terminal it is shown which one is waited for."""
    with ExitStack() as stack:
        running = [(check, stack.enter_context(_started(check, project))) for check in checks]
        for check, child in running:
            with ui.waiting(check.name):
                found = _findings(check, child)
            yield from found


@contextmanager
def _started(check: Check, project: Project) -> Iterator[Running]:
    """A check's process; none of it and its own outlives the block."""
    with subprocess.Popen(
        [*COMMAND, check.name, str(check.within)],
        cwd=project.root,
        env=process.environment({"PYTHONPATH": CODE}),  # the same code as here
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as child:
        try:
            yield child
        finally:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)


def _findings(check: Check, child: Running) -> list[Finding]:
    """What a check has found; where it broke or came to no end, that is its last finding."""
    said, complaint = child.communicate()  # it ends by itself, or by its own alarm
    found = [Finding(**json.loads(line)) for line in said.splitlines()]
    if child.returncode == -signal.SIGALRM:
        found.append(Finding(check.name, WRONG, f"no answer within {check.within:g} s", check.mend))
    elif child.returncode:
        reason = re.sub(r"^(\w+\.)+(?=\w+: )", "", process.reason(complaint))
        found.append(Finding(check.name, WRONG, reason, check.mend))
    return found
