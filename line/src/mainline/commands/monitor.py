"""`mainline monitor`: what production says of the version in it; and the counts that it is seen by."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mainline import ui
from mainline.commands.options import FILE, FOLDER, folder_of, json_option, state_option
from mainline.errors import ConfigError, MainlineError
from mainline.project import Project

if TYPE_CHECKING:
    from mainline.monitor.alarms import Alarm


@click.group("monitor", invoke_without_command=True)
@json_option
@click.option("--page", is_flag=True, help="Write report/monitor.html: the same, as pictures.")
@click.option("--prometheus", type=FILE, help="Write it for Prometheus' textfile collector, too.")
@click.option("--record", is_flag=True, help="Write alarms that are new into the ledger, too.")
@click.option("--issue", is_flag=True, help="Keep one issue on GitHub for each alarm, too, and end with 0.")
@click.option("--until", metavar="DAY", help="Look at no day after this one, such as 2026-03-01. [default: yesterday]")
@click.option("--fold", type=FOLDER, help="Count the records in this folder by hand, and send the counts, instead.")
@state_option
@click.pass_context
def verb(
    context: click.Context,
    as_json: bool,
    page: bool,
    prometheus: Path | None,
    record: bool,
    issue: bool,
    until: str | None,
    fold: Path | None,
    state: Path | None,
) -> None:
    """Say what production says of the version in it.

    Computed anew each time from profiles: counts of days, which agents send to the branch mainline/monitor. So it may
    be asked as often as you like.

    \b
    Ends with 0  quiet; or drifted, and labels have shown that it does no harm
              3  worse: more answers are wrong than allowed
              5  drifted: columns or answers have moved further than allowed
              6  suspected: the model is less sure of its answers than it was
              7  blind: no profile has come for two days

    --fold is for records that no agent can read, as of another machine; what was counted before does not count again.
    """
    if context.invoked_subcommand:
        return
    if fold is not None:
        if as_json or page or prometheus or record or issue or until:
            raise ConfigError("--fold: counts records, and says no verdict; ask for it without --fold")
        _fold(fold, folder_of(state))
        return
    from mainline.monitor import alarms, asked
    from mainline.monitor.verdict import EXIT

    project = Project.here()
    try:
        said = asked.ask(project, until)
    except asked.NothingServed as error:
        if not issue:
            raise
        ui.warn(str(error))  # a project that serves nothing yet has no red run each night
        _settle(project, [], "now")
        return
    _tell(project, said, as_json=as_json, page=page, prometheus=prometheus)
    found = alarms.of(said)
    for alarm in alarms.record(project, found) if record else ():
        ui.warn(f"into the ledger: {alarm.title}")
    if issue:
        _settle(project, found, said["until"])
    context.exit(0 if issue else EXIT[said["verdict"]])


def _tell(project: Project, said: dict[str, Any], *, as_json: bool, page: bool, prometheus: Path | None) -> None:
    from mainline.monitor import asked, export
    from mainline.monitor import page as sheet

    if as_json:
        ui.say(json.dumps(said, indent=1))
    else:
        asked.show(said)
    if page:
        written = sheet.write(project, said)
        (ui.warn if as_json else ui.good)(f"page: {written}")  # of --json nothing else is on standard output
    if prometheus:
        export.write(said, prometheus)


def _settle(project: Project, found: "list[Alarm]", until: str) -> None:
    from mainline.monitor import issues

    for line in issues.settle(project, found, until):
        ui.warn(line)


@verb.command("accept")
@click.option("--why", required=True, help="Why what production has become is fine; the ledger keeps it.")
def accept(why: str) -> None:
    """Compare later days with what production is now.

    Ends all alarms: the four weeks from tomorrow on are the new reference. Written into the ledger, as a commit.
    """
    from mainline.monitor.accept import accept as write

    version = write(Project.here(), why)
    ui.good(f"accepted for {version}; its new reference begins tomorrow (UTC)")


def _fold(folder: Path, state: Path) -> None:
    from mainline.monitor.profiles import fold, push
    from mainline.monitor.profiles.store import Store

    if not folder.is_dir():
        raise MainlineError(f"{folder}: no such folder; name one that holds records-*.jsonl")
    if not any(folder.glob("records-*.jsonl")):
        ui.warn(f"{folder}: holds no records-*.jsonl; name the folder that a service writes them into")
    with Store(state) as store:
        found = fold.fold(store, folder)
        for problem in found.problems:
            ui.warn(problem)
        span = f", of {min(found.days)} to {max(found.days)}" if found.days else ""
        ui.say(f"counted: {found.rows:,} rows, {found.labels:,} labels{span}; passed over: {found.damaged:,} lines")
        sent = push.push(store, _repository(state), today=True)
        for problem in sent.problems:
            ui.warn(problem)
        days = "1 day" if len(sent.days) == 1 else f"{len(sent.days)} days"
        ui.good(f"sent: {days}" if sent.days else "sent: nothing; the branch has it all")


def _repository(state: Path) -> Path:
    """The agent's own where there is one: it knows the remote that the host writes to."""
    own = state / "repo.git"
    return own if (own / "HEAD").exists() else Project.here().root
