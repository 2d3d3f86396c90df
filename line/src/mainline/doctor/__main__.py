"""Runs one check: `python -m mainline.doctor NAME SECONDS`; each finding is a line of JSON as soon as it is known."""

import json
import signal
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

from mainline.doctor.checks import CHECKS
from mainline.errors import MainlineError
from mainline.project import Project


def main(name: str, seconds: str) -> None:
    """Look at the project in the current folder; after so many seconds the system ends this process."""
    answer = sys.stdout
    look = next(each for each in CHECKS if each.name == name).load()
    signal.setitimer(signal.ITIMER_REAL, float(seconds))
    with redirect_stdout(sys.stderr):  # libraries talk
        for finding in look(Project(Path.cwd())):
            print(json.dumps(asdict(finding)), file=answer, flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except MainlineError as error:
        sys.exit(str(error))
