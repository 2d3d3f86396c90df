"""`mainline retrain`: trains again on what production and the source have brought, as a branch that the gate judges."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainline import ledger, ui
from mainline.commands.options import FOLDER, json_option
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.tools import actions, branches

if TYPE_CHECKING:
    from mainline.retrain.attempt import Attempt
    from mainline.retrain.due import Decision
    from mainline.retraining import Retraining

NOT_DUE = 3


@click.command("retrain")
@click.option("--check", "only_check", is_flag=True, help="Only say whether one is due: 0 it is, 3 it is not.")
@click.option("--now", is_flag=True, help="You ask for it: only what keeps the promise stands in the way.")
@click.option("--settle", "settled", is_flag=True, help="Instead, say what becomes of those that are open, and do it.")
@click.option("--save", "folder", type=FOLDER, help="For CI: put what the new branch pins into this folder, too.")
@json_option
@click.pass_context
def verb(
    context: click.Context, only_check: bool, now: bool, settled: bool, folder: Path | None, as_json: bool
) -> None:
    """Train again on new rows, as a branch for the gate to judge.

    Where there is a reason, and rows enough:

    \b
    a reason is  the monitor's `worse`
                 retrain.every days with enough new labelled rows
                 enough new rows in the source
                 you, with --now

    Never drift alone. The rows come from params.yaml's retrain.records, and from data.source, which is read again.

    Made in a tree of its own: yours, its index and its branch stay as they are. What comes is a branch
    mainline/retrain-DATE, and its pull request where the project lies on GitHub. docs/retraining.md says the rest.
    """
    if settled and (only_check or now or folder or as_json):
        raise ConfigError("--settle: looks at open ones and makes none; ask for it alone")
    if only_check and folder:
        raise ConfigError("--check: makes no branch that could be saved; say one of the two")
    if as_json and not only_check:
        raise ConfigError("--json: goes with --check")
    project = Project.here()
    if settled:
        _settle(project)
        return
    today = datetime.now(UTC).date()
    with _looked(project, today, now=now) as (found, attempt):
        if only_check:
            _tell(found, attempt, as_json=as_json)
            context.exit(0 if found.due else NOT_DUE)
        announce(found)
        if attempt:
            ui.say(f"  {attempt.source.words}")
        _carry_out(project, found, attempt, today, folder, now=now)
    context.exit(NOT_DUE if now and not found.due else 0)


@contextmanager
def _looked(project: Project, today: date, *, now: bool) -> "Iterator[tuple[Decision, Attempt | None]]":
    """Whether one is due; and, unless something stands in the way anyway, the tree that is ready for it."""
    from mainline import source
    from mainline.retrain import attempt, branch, due, signs
    from mainline.stream import files, places

    base, history = branch.trunk(project), ledger.read(project.root)
    past, settings = signs.past(history.entries), project.retrain
    there = next(branch.opened(project, base), None)
    waiting = project.git("ls-tree", "--name-only", base, "--", f"{files.WAITING}.dvc")
    comes = bool(settings.records or source.elsewhere(project) or waiting)
    if held := due.held(settings.mode, there.name if there else "", past, today, comes=comes):
        yield due.Decision("", held), None
        return
    where = places.configured(project) if settings.records else []
    with attempt.begun(project, base, where, len(past) + 1, today) as made:
        since = max([signs.made(project, base), *(each.day for each in past[-1:])])
        seen = due.Seen(
            today=today,
            every=settings.every,
            trained=made.trained,
            since=since,
            learn=len(made.new),
            source=made.of_source,
            fresh=made.fresh,
            spread=made.spread,
            max_mde=made.tree.gate.max_mde,
            past=past,
            worse=signs.worse(signs.monitored(project)),
        )
        yield due.decide(seen, now=now), made


def _tell(found: "Decision", made: "Attempt | None", *, as_json: bool) -> None:
    if as_json:
        rows = {"learn": len(made.new), "source": made.of_source, "fresh": made.fresh} if made else {}
        said: dict[str, Any] = {"due": found.due, "why": found.why, "words": found.words, "waits": found.waits}
        ui.say(json.dumps({**said, "number": made and made.number, "rows": rows}))
    else:
        announce(found)


def announce(found: "Decision") -> None:
    """Say whether one is due, why, and what it waits for."""
    ui.outcome("\u2713" if found.due else "\u00b7", f"{'due' if found.due else 'not due'}: {found.words}")
    for line in found.waits:
        ui.say(f"  {line}")


def _carry_out(
    project: Project, found: "Decision", made: "Attempt | None", today: date, folder: Path | None, *, now: bool
) -> None:
    """What the mode wants of a decision: an issue, or a branch."""
    from mainline.retrain import issue
    from mainline.retrain.due import Decision

    proposed = project.retrain.mode == "propose" and not now
    told = found if proposed else Decision("", f"retrain.mode is {project.retrain.mode}")
    for line in issue.settle(project, told) if proposed or actions.running() else ():
        ui.warn(line)
    if found.due and proposed:
        ui.say("  retrain.mode is propose: `mainline retrain --now` makes the branch that the gate judges")
    elif found.due and made:
        _branch(project, made, made.told(found.why, found.words, today), folder)


def _branch(project: Project, made: "Attempt", told: "Retraining", folder: Path | None) -> None:
    from mainline.commands import lock as locking
    from mainline.commands import outputs
    from mainline.retrain import branch

    tree = locking.refresh(made.tree)
    if tree.lock.model == made.theirs.model:
        ui.good("UNCHANGED: trained again, the model comes out the same; there is nothing to judge")
        return
    artifact = outputs.save(tree, folder.resolve()) if folder else ""
    new = branch.make(project, tree, told)
    address = branch.propose(project, new, told)
    actions.output(branch=new.name, artifact=artifact)
    if address:
        ui.good(f"{new.name}: {address}")
        return
    shared = branches.remote(project.root)
    ui.good(f"{new.name}: committed{' and pushed' if shared else ''}")
    ui.say(f"  judge it: git switch {new.name} && dvc checkout && mainline gate")
    ui.say(f"  where it passes, merge it into {project.trunk}")


def _settle(project: Project) -> None:
    from mainline.retrain import branch, settle, signs

    base = branch.trunk(project)
    said = signs.monitored(project) if project.retrain.mode == "merge" else None
    lines = list(settle.settle(project, base, said))
    for line in lines:
        ui.say(line)
    if not lines:
        ui.say("no retraining is open")
