"""`mainline upgrade`: brings a newer line into a project."""

import sys

import click

from mainline.tools import git


@click.command("upgrade")
@click.argument("template", metavar="[TEMPLATE[@TAG]]", required=False)
@click.option("--base", metavar="COMMIT", help="For a project from before the line was a wheel: what it began with.")
def verb(template: str | None, base: str | None) -> None:
    """Bring the line up to another version, with its files here.

    TEMPLATE is its address, the folder of a checkout, or a wheel; by default the one of last time. What you changed is
    merged with what the line changed. Where both changed the same lines, git says so, as after any merge. Yours alone,
    and never touched, are README.md, params.yaml, dvc.yaml, dvc.lock, src/, tests/, data/, models/
    and the like; docs/the-line.md has the list.

    \b
    Exit codes: 0  upgraded, to be committed by you; or nothing to do
                3  conflicts are open; it lists them, and so does `git status`
                2  something is in the way; nothing was changed
    """
    from mainline.upgrade import start

    sys.exit(start.start(git.root(), template, base))
