"""The verbs about a project as such: `mainline doctor`, `init` and `upgrade`."""

import json
import shlex
import sys
from dataclasses import asdict
from pathlib import Path

import click

from mainline import git, ui
from mainline.errors import ConfigError

MARKS = {"fine": ("✓", "green"), "warning": ("!", "yellow"), "wrong": ("✗", "red"), "not asked": ("·", "dim")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a list of {check, state, said, mend}.")
def doctor(as_json: bool) -> None:
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

    root, found = git.root(), []
    for each in examine(root):
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


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("."))
@click.option("--table", metavar="FILE", help="The table to learn from: .csv, .tsv or .parquet.")
@click.option("--script", metavar="FILE", help="The script that makes the estimator; it is read, not run.")
@click.option("--target", metavar="COLUMN", help="The column to predict.")
@click.option(
    "--from", "origin", metavar="URL|PATH", help="Mainline's repository. [default: the checkout this runs from]"
)
@click.option("--dry-run", is_flag=True, help="Show the plan, and ask nothing.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
def init(folder: Path, origin: str | None, dry_run: bool, yes: bool, **named: str | None) -> None:
    """Add the line to a repository that is there already.

    FOLDER has a table and a scikit-learn training script. Shows first what it has read, what it would add, and what is
    in the way. None of the files that are there is changed: settings are filled in from the script, the line's packages
    and tasks stand beside yours.

    \b
    Exit codes: 0  shown, written, or there already
                2  something is in the way, or not to be found; nothing was written
    """
    from mainline.init import plan as planning
    from mainline.init import show, theirs, write

    root = theirs.top(folder)
    if planning.here(root):
        ui.good(f"{root}: the line is here already; `mainline doctor` says what it lacks")
        return
    plan = planning.make(root, theirs.Choice(**named), origin)
    show.show(plan)
    if plan.clashes:
        count = f" (and {len(plan.clashes) - 1} more)" if len(plan.clashes) > 1 else ""
        raise ConfigError(f"{plan.clashes[0]}{count}: in the way of the line's own; rename yours, and run this again")
    if dry_run or not (yes or (sys.stdin.isatty() and click.confirm("\nAdd them?"))):
        said = {**named, "from": origin}
        words = [str(folder)] * (folder != Path()) + [f"--{name}={value}" for name, value in said.items() if value]
        ui.say("\nNothing was written; `mainline init --yes` adds them.")
        if words:
            ui.say(f"  from here: {shlex.join(['mainline', 'init', *words, '--yes'])}")
        return
    write.write(plan)
    ui.good(f"{len(plan.files)} files added to {root}; what comes next:")
    for line in show.after(plan):
        ui.say(f"  {line}")


@click.command()
@click.argument("template", metavar="[TEMPLATE[@TAG]]", required=False)
@click.option("--base", metavar="COMMIT", help="For a project from before the line was a wheel: what it began with.")
def upgrade(template: str | None, base: str | None) -> None:
    """Bring the line up to another version, with its files here.

    TEMPLATE is its address, the folder of a checkout, or a wheel; by default the one of last time. What you changed is
    merged with what the line changed. Where both changed the same lines, git says so, as after any merge. Yours alone,
    and never touched, are README.md, params.yaml, dvc.yaml, src/, tests/, data/, models/, labels/.

    \b
    Exit codes: 0  upgraded, to be committed by you; or nothing to do
                3  conflicts are open; it lists them, and so does `git status`
                2  something is in the way; nothing was changed
    """
    from mainline.upgrade import start

    sys.exit(start.start(git.root(), template, base))
