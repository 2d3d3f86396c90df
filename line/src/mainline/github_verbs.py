"""The verbs of what goes from one machine to another: `mainline outputs`, `release` and `comment`."""

import os
from pathlib import Path

import click

from mainline import actions, git, ui

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def outputs() -> None:
    """Hand over the files that dvc.lock pins, or take them."""


@outputs.command()
@click.argument("folder", type=FOLDER, default=Path("outputs"))
def save(folder: Path) -> None:
    """Put what dvc.lock pins into a folder, or the DVC remote.

    FOLDER is by default outputs/; where a DVC remote is set up, the files go there instead.
    """
    from mainline import handover

    name = handover.save(git.root(), folder)
    actions.output(name=name)
    ui.good(f"{name}: in {folder}, or in the DVC remote where there is one")


@outputs.command()
@click.option("--from", "folder", type=FOLDER, help="A folder that `mainline outputs save` has filled.")
def restore(folder: Path | None) -> None:
    """Get what dvc.lock pins, from wherever it is.

    From a folder, the cache, the DVC remote, or a workflow's artifact on GitHub. Where nobody has it, it is built
    again, and refused if it is not the same to the last bit.
    """
    from mainline import handover

    handover.restore(git.root(), folder)
    ui.good("the outputs in this tree are those that dvc.lock pins")


@click.command()
@click.argument("tag")
@click.option("--check", "only_check", is_flag=True, help="Tag nothing: look whether the tag on origin may go on.")
def release(tag: str, only_check: bool) -> None:
    """Tag the canary, and push the tag: the way to production.

    TAG is vMAJOR.MINOR.PATCH. Refused unless it is newer than the last one, the canary's commit is on main, its
    dvc.lock is current, the gate let its model pass, no host rolled it back, and its image is known by a digest that
    deliver.yml has attested.
    """
    from mainline import release as releasing

    if only_check:
        candidate = releasing.check(git.root(), tag)
        ui.good(f"{tag} may go to production: {candidate.release.version}, {candidate.release.image}")
        return
    with ui.doing("asking whether it is fit for production"):
        candidate = releasing.release(git.root(), tag)
    ui.good(f"{tag} is {candidate.release.version}; pushed")
    ui.say("  what comes next: release.yml asks the same again, and writes deploy/production.env")
    ui.say("  without GitHub:  mainline deploy production --push")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("report/comment.md"))
@click.option("--head", envvar="HEAD_BRANCH", help="The pull request's branch, OWNER:BRANCH. [default: this one]")
@click.option("--commit", envvar="HEAD_COMMIT", default="HEAD", show_default=True, help="What FILE is about.")
def comment(file: Path, head: str | None, commit: str) -> None:
    """Write the report's comment on the branch's pull request.

    FILE is by default report/comment.md; a second time, the same comment is changed.
    """
    from mainline import comment as commenting
    from mainline import github

    root = git.root()
    if not file.exists() and os.environ.get("CI"):
        ui.warn(f"{file}: the run left no report; there is nothing to say")
        return
    owner = (github.repository(root) or "").partition("/")[0]
    address = commenting.comment(root, file, head or f"{owner}:{git.branch(root)}", commit)
    if address:
        ui.good(f"commented on {address}")
    else:
        ui.warn("no open pull request is at this commit; nothing was written")
