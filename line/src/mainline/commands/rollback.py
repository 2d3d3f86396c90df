"""`mainline rollback`: production goes back to what it was."""

import click

from mainline.commands import deploy
from mainline.tools import git


@click.command("rollback")
@deploy.push_option
def verb(pushed: bool) -> None:
    """Take production back to what it was, as a commit on main.

    That is the last change of deploy/production.env, undone.
    """
    root = git.root()
    wanted = deploy.rollback(root)
    deploy.carry_out(root, wanted, pushed=pushed)
    deploy.announce(root, f"{wanted.path}: back to {wanted.release.version}", pushed)
