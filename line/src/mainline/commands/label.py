"""`mainline label`: label rows on a local page, or bring labels in and out."""

from pathlib import Path

import click

from mainline import ui
from mainline.commands.options import FILE
from mainline.errors import ConfigError
from mainline.project import Project


@click.command("label")
@click.option("--as", "person", metavar="NAME", help="Whose votes these are. [default: git's user.name]")
@click.option("--batch", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many rows at a time.")
@click.option(
    "--where", metavar="TEXT", help="Of which rows alone: columns compared, as in \"age > 60 and city == 'Ulm'\"."
)
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Of the page. [default: a free one]")
@click.option("--no-open", is_flag=True, help="Say the page's address, and open no browser.")
@click.option("--tasks", type=FILE, help="Write the next batch to FILE, to label elsewhere: .csv, or .json.")
@click.option("--export", "exported", type=FILE, help="Write all votes to FILE: .csv, or .json for Label Studio.")
@click.option("--import", "imported", type=FILE, help="Take votes from FILE: row,label,by,at, or Label Studio's JSON.")
@click.option("--by", "name", help="With --import: whose votes they are, or rule:NAME, where FILE does not say.")
def verb(
    person: str | None,
    batch: int,
    where: str | None,
    port: int,
    no_open: bool,
    tasks: Path | None,
    exported: Path | None,
    imported: Path | None,
    name: str | None,
) -> None:
    """Label rows on a local page, or bring labels in and out.

    The page asks about the rows that help most, a key a label; every fourth is drawn by chance and asked blind. It is
    for the browser of this machine alone, and each vote is written as it is given.

    Votes go to labels/NAME.jsonl; `mainline lock` trains with them. See docs/labels.md.
    """
    if sum(map(bool, (tasks, exported, imported))) > 1:
        raise ConfigError("--tasks, --export and --import are three things: say one of them")
    if name and not imported:
        raise ConfigError("--by goes with --import")
    if where is not None and (exported or imported):
        raise ConfigError("--where: says which rows are asked about; leave it out with --export and --import")
    if where is not None and not where.strip():
        raise ConfigError('--where: says nothing; compare columns, as in --where "age > 60"')
    wanted = " ".join((where or "").splitlines())
    project = Project.here()
    try:
        if exported or imported:
            _exchange(project, exported, imported, name)
            return
        from mainline.label import people

        if tasks:
            _tasks(project, tasks, people.named(project, person), batch, wanted)
            return
        from mainline.label import sitting

        sitting.hold(project, people.named(project, person), count=batch, port=port, shown=not no_open, where=wanted)
    except OSError as error:
        raise ConfigError(f"{error.filename or 'labels'}: {error.strerror or error}") from None


def _tasks(project: Project, out: Path, name: str, count: int, where: str) -> None:
    from mainline.label import tasks

    with ui.doing("looking for the rows that help most"):
        rows = tasks.write(project, out, name, count, where)
    ui.good(f"{out}: {rows:,} rows; their labels come in by `mainline label --import FILE --by {name}`")


def _exchange(project: Project, exported: Path | None, imported: Path | None, name: str | None) -> None:
    from mainline.label import exchange

    if exported:
        ui.good(f"{exported}: {exchange.export(project, exported):,} votes")
    elif imported:
        added = exchange.take(project, imported, name)
        ui.good(f"{imported}: {sum(added.values()):,} new votes; `mainline lock` trains with them")
