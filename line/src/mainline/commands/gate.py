"""`mainline gate`: whether the challenger may replace the champion, and `gate rotate`: new sealed rows."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mainline import ui, unopened
from mainline.commands.options import FOLDER, base_option, commit_option, json_option
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.prove import required
from mainline.release import wanted
from mainline.tools import branches, commits

if TYPE_CHECKING:
    from mainline.gate.verdict import Decision

JUDGING = "judging"
LAST = Path(".mainline/decision.json")


@click.group("gate", invoke_without_command=True)
@base_option
@commit_option
@click.option(
    "--from", "folder", type=FOLDER, help="With --commit: what `mainline outputs save` has handed over of it."
)
@json_option
@click.pass_context
def verb(context: click.Context, base: str | None, commit: str | None, folder: Path | None, as_json: bool) -> None:
    """Decide whether the challenger may replace the champion.

    \b
    Exit codes: 0  may be merged: certified, or no other model than the champion
                3  not certified
                4  refused: the data are unfit, or the sealed test set is used up
                2  usage, or dvc.lock is stale
    """
    if context.invoked_subcommand is not None:
        return
    if bool(commit) != bool(folder):
        raise ConfigError("--commit and --from go together: the commit, and the folder with its outputs")
    from mainline.gate import decide, question
    from mainline.label import kept

    project = Project.here()
    base = branches.base(project.root, base)
    against = project.commit_of(base)
    if commit and folder:
        with unopened.opened(project, commit, folder) as challenger:
            kept.require_kept(project, against, commit)
            told = required.handed_over(challenger, against, question.terms(challenger, against).rebuild)
            with ui.doing(JUDGING):
                decision = decide.decide(challenger, base)
    else:
        kept.require_kept(project, against)
        wanted.check(project, project.commit_of("HEAD"), base)  # in CI, a step of its own asks
        told = required.here(project, against, question.terms(project, against).rebuild)
        with ui.doing(JUDGING):
            decision = decide.decide(project, base)
    if told:
        decision = replace(decision, notes=(*decision.notes, told.text))
    keep(decision, project)
    if as_json:
        ui.say(json.dumps(decision.as_dict()))
    else:
        announce(decision)
    sys.exit(0 if decision.passed else 3)


@verb.command()
@click.option("--new-rows", is_flag=True, help="The table, its rows or the split are others with it; takes a decision.")
@click.option("--stream", is_flag=True, help="Seal the rows of production that wait, and no others; takes a decision.")
def rotate(new_rows: bool, stream: bool) -> None:
    """Retire the sealed test set, and seal rows that nothing has been judged by."""
    from mainline import card
    from mainline.commands import lock as locking
    from mainline.gate import rotate as rotation
    from mainline.retrain import branch as retrainings
    from mainline.stream import files, seal

    if new_rows and stream:
        raise ConfigError("--new-rows and --stream are two rotations: say one of them")
    project = Project.here()
    if stream and (there := next(retrainings.opened(project, retrainings.trunk(project)), None)):
        raise ConfigError(f"{there.name} is open, and the rows that wait are to judge it: `mainline retrain --settle`")
    if not (new_rows or stream):
        seal.require_none(project)
    with commits.or_as_before(project.root, "params.yaml", *(files.TOUCHED if stream else ()), branch=False):
        project = rotation.rotate(project, new_rows=new_rows, stream=stream)
        salt, now = project.sealed_set
        told = f"split.salt is {salt}" if new_rows or stream else f"split.generation is {now}"
        if stream:
            told += f", and its sealed set {seal.seal(project, salt):,} rows of production"
        ui.say(f"{told} now; the champion is trained again without the new sealed rows")
        project = locking.refresh(project)
    locking.explain(["params.yaml", *card.changed(project)], project)
    locking.foresee(project)


def keep(decision: "Decision", project: Project) -> None:
    """Keep the gate's last decision for the report that follows."""
    (project / LAST).parent.mkdir(exist_ok=True)
    commits.write(project / LAST, json.dumps(decision.as_dict()).encode())


def announce(decision: "Decision") -> None:
    """Say the verdict, what it was about, and how much of the sealed set's life, or of a year's dozen, is spent."""
    words = {
        "PASS": f"PASS: {decision.condition}",
        "NOT CERTIFIED": f"NOT CERTIFIED: {decision.condition}",
        "UNCHANGED": "UNCHANGED: this tree's model is the champion; there is nothing to judge",
        "ROTATED": "ROTATED: the sealed set is another of the same rows, and the model is not worse",
        "NEW ROWS": "NEW ROWS: the sealed set is one of new rows, and the model is not worse",
    }
    (ui.good if decision.passed else ui.bad)(words[decision.verdict])
    for line in (*decision.reasons, *decision.notes):
        ui.say(f"  {line}")
    if decision.retrain:
        ui.say(f"  retraining {decision.retrain}, {decision.used} of {decision.life} this year")
    else:
        ui.say(f"  {decision.used} of {decision.life} decisions of the sealed test set are used")
