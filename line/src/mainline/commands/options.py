"""What several verbs take: the base to compare with, JSON, the agent's folder."""

from pathlib import Path

import click

from mainline.project import Project

base_option = click.option(
    "--base",
    envvar="MAINLINE_BASE",
    help="The branch or commit whose champion to compare with. [default: the remote's default branch]",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

commit_option = click.option(
    "--commit",
    metavar="HASH",
    help="For CI: a commit of somebody's branch, by its whole hash, which is read and not checked out.",
)

age_option = click.option(
    "--age",
    envvar="AGE",
    default="7 days",
    show_default=True,
    help="How long a new package has to be out; '' for no matter how long.",
)

setup_option = click.option(
    "--no-setup", "set_up", flag_value=False, default=True, help="Change the lists alone; install nothing."
)

FILE = click.Path(dir_okay=False, path_type=Path)

FOLDER = click.Path(file_okay=False, path_type=Path)

STATE = Path(".mainline/host")

state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"The agent's folder; by default {STATE} of the project.",
)


def folder_of(state: Path | None) -> Path:
    """The agent's folder: the one that was named, else the project's."""
    return state.resolve() if state else Project.here() / STATE
