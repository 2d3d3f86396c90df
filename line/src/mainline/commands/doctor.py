"""`mainline doctor`: what the line lacks here, and what mends it; and which tests of its model a project can show."""

import json
import sys
from dataclasses import asdict

import click

from mainline import ui
from mainline.errors import ConfigError
from mainline.project import Project

MARKS = {"fine": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "red"), "not asked": ("·", "dim")}


@click.command("doctor")
@click.option(
    "--json", "as_json", is_flag=True, help="Print a list of {check, state, said, mend}; of --score, an object."
)
@click.option(
    "--score", "scored", is_flag=True, help="Say the ML Test Score instead: 28 tests, each with its evidence."
)
@click.option("--badge", is_flag=True, help="With --score: print a line for README.md that shows it.")
def verb(as_json: bool, scored: bool, badge: bool) -> None:
    """Look for what the line lacks here, and say what mends it.

    \b
    Looks at python and its packages, git, the pins, dvc.lock and the card, the DVC remote (a small file is written
    there, and deleted), MLflow, the container engine, the router, and GitHub where gh is here. It mends nothing.

    \b
    Marks:  ✓ fine   ! the line works without   ✗ wrong   · not asked: the project has no such thing
    Exit codes: 0  nothing is wrong
                2  something is

    \b
    --score reads what the project has left behind: params.yaml, dvc.lock, metrics, ledger, `make run`, `make test`.
    Points: 1  the test ran, after the last change of what it is about, or params.yaml states that there is nothing
               of the kind (≡); what it found is said with it, good or bad
            ½  it is set up, or ran before that
            0  neither; the command below brings it
    A section's score is the sum of its seven, the project's the least of the four. Exit code 0.
    docs/ml-test-score.md says what counts, test by test.
    """
    if badge and (as_json or not scored):
        raise ConfigError("--badge: goes with --score, and without --json")
    if scored:
        _score(as_json=as_json, badge=badge)
    else:
        _look(as_json=as_json)


def _look(*, as_json: bool) -> None:
    """What is wrong here; ends with 2 where something is."""
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


def _score(*, as_json: bool, badge: bool) -> None:
    """What of its tests the project can show."""
    from mainline.doctor import score
    from mainline.doctor.score import show
    from mainline.doctor.score.evidence import Evidence

    with ui.waiting("looking at what is here"):
        found = list(score.rows(Evidence.of(Project.here())))
    if as_json:
        ui.say(json.dumps(show.told(found), indent=1, ensure_ascii=False))
    elif badge:
        ui.say(show.badge(found))
    else:
        show.show(found)
