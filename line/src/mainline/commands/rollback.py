"""`mainline rollback`: production goes back to what it was."""

import click

from mainline import ledger
from mainline.commands import deploy
from mainline.errors import Refused
from mainline.host import desired
from mainline.host.model import Release
from mainline.project import Project
from mainline.release import publish, versions


@click.command("rollback")
@deploy.push_option
def verb(pushed: bool) -> None:
    """Take production back to what it was, as a commit on main.

    That is the last change of deploy/production.env, undone. Where deploy/canary.env names the version that is taken
    out, it names the other, too: a cluster runs what stands there.
    """
    project = Project.here()
    wanted = rollback(project)
    publish.carry_out(project, wanted, pushed=pushed)
    files = " and ".join((wanted.path, *wanted.also))
    deploy.announce(project, f"{files}: back to {wanted.release.version}", pushed)


def rollback(project: Project) -> publish.Wanted:
    """What it takes to have in production what was wanted there before; a second time, the one before that.

    Raises:
        Refused: there is none.
    """
    publish.require_trunk(project)
    path = desired.FILES["production"]
    behind: list[str] = []
    for commit in project.git("log", "--first-parent", "--format=%H", "--reverse", "HEAD", "--", path).split():
        text = project.show(commit, path) or ""
        if text.strip() and len(behind) > 1 and behind[-2] == text:
            behind.pop()  # that was a rollback
        elif text.strip() and behind[-1:] != [text]:
            behind.append(text)
    release = desired.parse(path, behind[-2]) if len(behind) > 1 else _first(project, behind)
    if release is None:
        raise Refused(f"{path}: nothing was in production before; there is nothing to go back to")
    taken = desired.parse(path, behind[-1])
    canary = deploy.named(project, "canary")
    also = (desired.FILES["canary"],) if canary and taken and canary.version == taken.version else ()
    return publish.Wanted(path, release, f"Roll production back to {release.version}", also=also)


def _first(project: Project, behind: list[str]) -> Release | None:
    """The version that was production before the only one that git ever wanted there: a host's first, by its canary."""
    now = desired.parse(desired.FILES["production"], behind[0]) if behind else None
    first = next(
        (entry["production"] for entry in ledger.read(project.root).deployments() if entry["production"]), None
    )
    return versions.known(project, first, None) if now and first and first != now.version else None
