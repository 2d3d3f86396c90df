"""`mainline rollback`: production goes back to what it was."""

import click

from mainline.commands import deploy
from mainline.project import Project


@click.command("rollback")
@deploy.push_option
def verb(pushed: bool) -> None:
    """Take production back to what it was, as a commit on main.

    That is the last change of deploy/production.env, undone.
    """
    project = Project.here()
    wanted = deploy.rollback(project)
    deploy.carry_out(project, wanted, pushed=pushed)
    deploy.announce(project, f"{wanted.path}: back to {wanted.release.version}", pushed)
