"""`mainline init`: adds the line to a repository that is there already."""

import shlex
import sys
from pathlib import Path

import click

from mainline import ui
from mainline.errors import ConfigError


@click.command("init")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=Path("."))
@click.option("--table", metavar="FILE", help="The table to learn from: .csv, .tsv or .parquet.")
@click.option("--script", metavar="FILE", help="The script that makes the estimator; it is read, not run.")
@click.option("--target", metavar="COLUMN", help="The column to predict.")
@click.option(
    "--from", "origin", metavar="URL|PATH", help="Mainline's repository. [default: the checkout this runs from]"
)
@click.option("--dry-run", is_flag=True, help="Show the plan, and ask nothing.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
def verb(folder: Path, origin: str | None, dry_run: bool, yes: bool, **named: str | None) -> None:
    """Add the line to a repository that is there already.

    FOLDER has a table and a training script with scikit-learn, XGBoost, LightGBM or CatBoost. Shows first what it has
    read, what it would add, and what is in the way. None of the files that are there is changed: settings are filled in
    from the script, the line's packages and tasks stand beside yours.

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
