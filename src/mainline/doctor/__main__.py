"""Runs one check: `python -m mainline.doctor NAME`; each finding is a line of JSON as soon as it is known."""

import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path

from mainline.doctor.checks import CHECKS
from mainline.errors import MainlineError


def main(name: str) -> None:
    """Look at the project in the current folder."""
    answer = sys.stdout
    look = next(each.look for each in CHECKS if each.name == name)
    with redirect_stdout(sys.stderr):  # libraries talk
        for finding in look(Path.cwd()):
            print(json.dumps(asdict(finding)), file=answer, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except MainlineError as error:
        sys.exit(str(error))
