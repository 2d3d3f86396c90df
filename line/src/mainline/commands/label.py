"""`mainline label`: label rows on a local page, or bring labels in and out."""

from pathlib import Path

import click

from mainline import ui
from mainline.commands.options import FILE
from mainline.errors import ConfigError
from mainline.project import Project


@click.command("label")
@click.option("--export", "exported", type=FILE, help="Write all votes to FILE: .csv, or .json for Label Studio.")
@click.option("--import", "imported", type=FILE, help="Take votes from FILE: row,label,by,at, or Label Studio's JSON.")
@click.option("--by", "name", help="With --import: whose votes they are, or rule:NAME, where FILE does not say.")
def verb(exported: Path | None, imported: Path | None, name: str | None) -> None:
    """Label rows on a local page, or bring labels in and out.

    Votes go to labels/NAME.jsonl; `mainline lock` trains with them. See docs/labels.md.
    """
    if exported and imported:
        raise ConfigError("--export and --import are two things: say one of them")
    if name and not imported:
        raise ConfigError("--by goes with --import")
    project = Project.here()
    if exported or imported:
        _exchange(project, exported, imported, name)
        return
    # the page begins here
    raise ConfigError("say --export FILE or --import FILE")


def _exchange(project: Project, exported: Path | None, imported: Path | None, name: str | None) -> None:
    from mainline.label import exchange

    if exported:
        ui.good(f"{exported}: {exchange.export(project, exported):,} votes")
    elif imported:
        added = exchange.take(project, imported, name)
        ui.good(f"{imported}: {sum(added.values()):,} new votes; `mainline lock` trains with them")
