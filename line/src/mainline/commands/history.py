"""`mainline history`: every decision, and what became of every version."""

import json

import click

from mainline import ui
from mainline.commands.options import json_option
from mainline.project import Project


@click.command("history")
@json_option
@click.option("--at", "when", help="Say only what was in production at this time, such as 2026-03-01T12:00.")
@click.option("--page", is_flag=True, help="Write report/history.html: the same, with a picture over time.")
def verb(as_json: bool, when: str | None, page: bool) -> None:
    """Show every decision, and what became of every version.

    Read from the branch mainline/ledger.
    """
    from mainline import history as past
    from mainline import ledger

    if when is not None:
        past.show_at(Project.here(), when)
    elif as_json:
        ui.say(json.dumps(ledger.read(Project.here().root).entries, indent=1))
    elif page:
        from mainline.history import page as sheet

        ui.good(f"page: {sheet.write(Project.here())}")
    else:
        project = Project.here()
        past.show(project)
        past.show_lived(project)
