"""`mainline doctor`: what the line lacks here, and what mends it."""

import json
import sys
from dataclasses import asdict

import click

from mainline import ui
from mainline.project import Project

MARKS = {"fine": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "red"), "not asked": ("·", "dim")}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print a list of {check, state, said, mend}.")
def verb(as_json: bool) -> None:
    """Look for what the line lacks here, and say what mends it.

    \b
    Looks at python and its packages, git, the pins, dvc.lock and the card, the DVC remote (a small file is written
    there, and deleted), MLflow, the container engine, the router, and GitHub where gh is here. It mends nothing.

    \b
    Marks:  ✓ fine   ! the line works without   ✗ wrong   · not asked: the project has no such thing
    Exit codes: 0  nothing is wrong
                2  something is
    """
    from mainline.doctor.examine import examine
    from mainline.doctor.finding import WARNING, WRONG

    project, found = Project.here(), []
    for each in examine(project):
        found.append(each)
        if not as_json:
            ui.marked(*MARKS[each.state], f"{each.check}: {each.said}", below=each.mend)
    wrong, warned = (sum(each.state == state for each in found) for state in (WRONG, WARNING))
    if as_json:
        ui.say(json.dumps([asdict(each) for each in found], indent=1, ensure_ascii=False))
    elif wrong:
        ui.bad(f"{wrong} of {len(found)} wrong; the command below each mends it")
    else:
        ui.good(f"nothing is wrong; {warned} to know" if warned else "nothing is wrong")
    sys.exit(2 if wrong else 0)
