"""`mainline monitor`: what production does to the champion; and the counts that it is seen by."""

from pathlib import Path

import click

from mainline import ui
from mainline.commands.options import FOLDER, folder_of, state_option
from mainline.errors import MainlineError
from mainline.project import Project


@click.command("monitor")
@click.option("--fold", type=FOLDER, help="Count the records in this folder, and send the counts, today's so far too.")
@state_option
def verb(fold: Path | None, state: Path | None) -> None:
    """Say what production does to the champion, by what hosts counted.

    Profiles are counts of days, on the branch mainline/monitor; agents send them. --fold counts a folder of records by
    hand, as where no agent can read it; records that were counted before do not count again.
    """
    if fold is not None:
        _fold(fold, folder_of(state))
    else:
        _say()


def _fold(folder: Path, state: Path) -> None:
    from mainline.monitor import fold, push
    from mainline.monitor.store import Store

    if not folder.is_dir():
        raise MainlineError(f"{folder}: no such folder; name one that holds records-*.jsonl")
    with Store(state) as store:
        found = fold.fold(store, folder)
        for problem in found.problems:
            ui.warn(problem)
        span = f", of {min(found.days)} to {max(found.days)}" if found.days else ""
        ui.say(f"counted: {found.rows:,} rows, {found.labels:,} labels{span}; passed over: {found.damaged:,} lines")
        sent = push.push(store, _repository(state), today=True)
        for problem in sent.problems:
            ui.warn(problem)
        ui.good(f"sent: {len(sent.days)} days" if sent.days else "sent: nothing; the branch has it all")


def _repository(state: Path) -> Path:
    """The agent's own where there is one: it knows the remote that the host writes to."""
    own = state / "repo.git"
    return own if (own / "HEAD").exists() else Project.here().root


def _say() -> None:
    """What profiles there are."""
    from mainline.monitor import profile

    profiles = profile.read(Project.here().root)
    if not profiles.versions:
        ui.say("no profile yet; agents send them, once a day, or: mainline monitor --fold FOLDER")
    for version in profiles.versions:
        days = profiles.days(version)
        units = profiles.counts(version, "answers", days).sum()
        labels = int(profiles.truths(version, days).sum())
        ui.say(f"{version}: {len(days)} days, {days[0]} to {days[-1]}; {units:,.0f} requests, {labels:,} labels")
