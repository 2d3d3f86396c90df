"""`mainline release`: tags what has been the canary, once everything is known that makes it fit for production."""

from dataclasses import dataclass

import click

from mainline import ui
from mainline.commands.options import base_option, commit_option
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.host import desired
from mainline.host.model import Release
from mainline.project import Project
from mainline.release import fitness, tags, wanted
from mainline.tools import actions, branches, commits, git


@dataclass(frozen=True)
class Candidate:
    """What a tag is to bring into production."""

    tag: str
    release: Release
    before: str
    """The commit that production is of now; its own where there is nothing in production."""


@click.command("release")
@click.argument("tag", required=False)
@click.option("--check", "only_check", is_flag=True, help="Tag nothing: look whether the tag on origin may go on.")
@click.option(
    "--check-desired", is_flag=True, help="Tag nothing: ask the same of what this branch has in deploy/*.env."
)
@commit_option
@base_option
def verb(tag: str | None, only_check: bool, check_desired: bool, commit: str | None, base: str | None) -> None:
    """Tag the canary, and push the tag: the way to production.

    TAG is vMAJOR.MINOR.PATCH. Refused unless it is newer than the last one, the canary's commit is on main, its
    dvc.lock is current, the gate let its model pass, no host rolled it back, and its image is known by a digest that
    deliver.yml has attested.
    """
    if check_desired == bool(tag):
        raise ConfigError("say either which TAG, or --check-desired")
    if check_desired or tag is None:
        project = Project.here()
        asked = wanted.check(project, commit or project.commit_of("HEAD"), branches.base(project.root, base))
        ui.good(f"may be merged: {'; '.join(asked)}" if asked else "deploy/*.env want what the base wants")
        return
    if only_check:
        candidate = check(Project.here(), tag)
        ui.good(f"{tag} may go to production: {candidate.release.version}, {candidate.release.image}")
        return
    with ui.doing("asking whether it is fit for production"):
        candidate = release(Project.here(), tag)
    ui.good(f"{tag} is {candidate.release.version}; pushed")
    ui.say("  what comes next: release.yml asks the same again, and writes deploy/production.env")
    ui.say("  without GitHub:  mainline deploy production --push")


def release(project: Project, tag: str) -> Candidate:
    """Tag the canary's commit, and push the tag: a workflow, or a person, does the rest.

    Raises:
        MainlineError: it is not fit for production, with the reason; nothing was tagged.
    """
    tags.numbers(tag)
    if tag in tags.on_origin(project):
        raise Refused(f"{tag}: there is such a tag already, and a version is never used twice")
    candidate = _candidate(project, tag)
    message = f"Release {candidate.release.version}\n\n{candidate.release.image}"
    project.git(*git.identity(project.root), "tag", "--annotate", "--message", message, tag, candidate.release.commit)
    try:
        commits.push(project.root, tags.remote(project), f"refs/tags/{tag}", f"refs/tags/{tag}")
    except BaseException as error:
        project.git("tag", "--delete", tag, check=False)
        if not isinstance(error, ToolFailed):
            raise
        raise ToolFailed(f"{tag}: origin does not take the tag ({error}); nothing was tagged", error.output) from None
    return candidate


def check(project: Project, tag: str) -> Candidate:
    """Look whether a tag that is on origin may go to production; a workflow is told what it brings.

    Raises:
        MainlineError: it may not, with the reason.
    """
    tags.numbers(tag)
    commit = tags.on_origin(project).get(tag)
    if commit is None:
        raise Refused(f"{tag}: origin has no such tag; `mainline release {tag}` makes it")
    candidate = _candidate(project, tag, commit)
    version, image = candidate.release.version, candidate.release.image
    actions.output(version=version, image=image, before=candidate.before)
    return candidate


def _candidate(project: Project, tag: str, commit: str | None = None) -> Candidate:
    """Ask all the questions, the cheapest first.

    Args:
        commit: that the tag stands on; None where it is to be made.
    """
    tags.require_newer(tag, [other for other in tags.on_origin(project) if other != tag])
    remote, trunk = tags.remote(project), project.trunk
    git.fetch(project.root, remote, f"+refs/heads/{trunk}:refs/remotes/{remote}/{trunk}")
    main = project.commit_of(f"refs/remotes/{remote}/{trunk}")
    named = {name: desired.parse(path, project.show(main, path) or "") for name, path in desired.FILES.items()}
    canary, production = named["canary"], named["production"]
    if canary is None:
        raise Refused(f"{desired.FILES['canary']} on {trunk} names no version; what was no canary is not released")
    if not _holds(project, main, commit or canary.commit):
        raise Refused(f"{tag}: {(commit or canary.commit)[:12]} is not on {trunk}")
    if commit not in (None, canary.commit):
        raise Refused(
            f"{tag}: on {str(commit)[:12]}, and the canary is of {canary.commit[:12]}; tag what is the canary"
        )
    fitness.require(project, canary)
    return Candidate(tag, canary, (production or canary).commit)


def _holds(project: Project, main: str, commit: str) -> bool:
    there = project.git("rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}", check=False)
    return bool(there) and project.git("merge-base", there, main, check=False) == there
