"""`mainline status`: which model is the champion, which the challenger, and what comes next."""

import json
from pathlib import Path

import click

from mainline import ledger, retraining, ui
from mainline.commands.options import folder_of, state_option
from mainline.errors import ConfigError
from mainline.gate import budget
from mainline.host import status
from mainline.package import bento
from mainline.project import Lock, Project
from mainline.tools import branches, dvc, storage


@click.command("status")
@click.option("--base", help="The branch that pins the champion. [default: main, or as the default branch is called]")
@state_option
def verb(base: str | None, state: Path | None) -> None:
    """Say which model is champion, which challenger, and what is served.

    Also what is to be done next, and how much of the sealed rows' life is left.
    """
    if state is None:
        show(Project.here(), base)
    show_host(folder_of(state))


def show(project: Project, base: str | None = None) -> None:
    """Print where the project stands; it changes nothing.

    Args:
        base: the branch that pins the champion; by default the trunk.
    """
    ui.heading(f"{project.root.name}, on {project.branch or 'no branch'}")
    ui.table(["", "model", "on the dev set"], [_side("champion", _lock_of(project, base), None), _challenger(project)])
    ui.say("")
    _show_lock(project)
    _show_budget(project)
    built = sorted((project / bento.HOME / "bentos").glob("*/*/bento.yaml"), key=lambda path: path.stat().st_mtime)
    ui.say(
        f"last Bento: {built[-1].parent.parent.name}:{built[-1].parent.name}" if built else "no Bento built here yet"
    )


def _show_lock(project: Project) -> None:
    """Whether dvc.lock is what this tree would build, and its files are here, as they are not in a fresh clone."""
    stale = dvc.stale(project.root) if project.lock else ["everything"]
    if not stale:
        ui.good("dvc.lock is current")
    elif (absent := storage.absent_tables(project.root)) and not dvc.remotes(project.root):
        ui.warn(storage.nowhere(project.root, absent))
    elif absent:
        ui.warn(f"{absent[0]}: not here, as in a fresh clone; run `mainline outputs restore`")
    elif project.lock and not dvc.stale(project.root, absent=True):
        ui.warn("dvc.lock is current, and what it pins is not here; run `mainline outputs restore`")
    else:
        ui.warn(f"to be built: {', '.join(stale)}; run `mainline lock`")


def show_host(folder: Path) -> None:
    """Print what an agent's folder serves; nothing where no agent ever worked."""
    if not folder.exists():
        return
    ui.heading("served here")
    if rows := status.rows(folder):
        ui.table(status.HEAD, rows)
    else:
        ui.say("nothing yet")
    for note in status.notes(folder):
        ui.say(note)


def _show_budget(project: Project) -> None:
    """What is left of the sealed set, and what it can still see."""
    from pyarrow import parquet

    labels = project / "data/sealed/labels.parquet"
    if not labels.exists():
        return
    settings = project.gate
    history = ledger.read(project.root)
    used = len(history.decisions(project.sealed_set))
    rows = parquet.read_metadata(labels).num_rows
    ui.good(f"{used} of {settings.life} decisions of the sealed test set are used; it has {rows} rows")
    if past := history.retrainings:
        ui.good(f"{len(retraining.of_a_year(past))} of {retraining.A_YEAR} retrainings of the last 365 days are judged")
    for warning in budget.warnings(rows, used, settings):
        ui.warn(warning)


def _lock_of(project: Project, base: str | None) -> Lock:
    """The champion's dvc.lock; where nobody said which branch it is on, and the trunk is not here, that is said."""
    try:
        return project.lock_at(project.commit_of(base or project.trunk))
    except ConfigError:
        if base:
            raise
        ui.warn(f"no branch {project.trunk} here, where the champion is; {branches.ANOTHER}")
        return Lock(None)


def _challenger(project: Project) -> list[str]:
    metrics = project / "metrics/dev.json"
    return _side("this tree", project.lock, metrics if metrics.exists() else None)


def _side(name: str, lock: Lock, metrics: Path | None) -> list[str]:
    if not lock:
        return [name, "none yet", ""]
    model = (lock.model or "none")[:8]
    values = json.loads(metrics.read_text()) if metrics else {}
    return [name, model, ", ".join(f"{key} {value:.4g}" for key, value in list(values.items())[1:4])]
