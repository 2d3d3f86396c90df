"""`mainline deploy`: what is to run, as a commit of deploy/*.env on the trunk (main)."""

import datetime
from dataclasses import replace

import click

from mainline import ledger, ui
from mainline.errors import Refused
from mainline.host import desired
from mainline.project import Project
from mainline.release import publish, versions
from mainline.release.publish import Wanted
from mainline.tools import branches

push_option = click.option("--push", "pushed", is_flag=True, help="Push the commit: the agent sees it then.")

pull_request_option = click.option(
    "--pull-request",
    is_flag=True,
    envvar="MAINLINE_PULL_REQUEST",
    help="Ask for it by a pull request on GitHub instead.",
)


@click.command("deploy")
@click.argument("name", metavar="canary|production", type=click.Choice(["canary", "production"]))
@click.option("--version", help="By default the Bento built last as canary, and the canary as production.")
@click.option("--image", help="Run this image, name@sha256:..., instead of the Bento.")
@click.option("--force", is_flag=True, help="Have it again though it was rolled back, or go on though it is paused.")
@push_option
@pull_request_option
def verb(name: str, version: str | None, image: str | None, force: bool, pushed: bool, pull_request: bool) -> None:
    """Write what is to run into deploy/*.env, as a commit on main.

    Main is the default branch, whatever it is called.
    """
    project = Project.here()
    wanted = deploy(project, name, version=version, image=image, force=force)
    said = f"{wanted.path}: {wanted.release.version}"
    if not pull_request:
        announce(project, said if publish.carry_out(project, wanted, pushed=pushed) else f"{said}, as before", pushed)
    elif address := publish.propose(project, wanted):
        ui.good(f"{said}, once this is merged: {address}")
    else:
        ui.good(f"{said}, as before; there is nothing to ask for")


def deploy(
    project: Project, name: str, *, version: str | None = None, image: str | None = None, force: bool = False
) -> Wanted:
    """What it takes to have a version as canary or production; nothing is changed yet.

    Args:
        name: canary or production.
        version: by default the Bento built last as canary, and what is canary as production.
        image: name@sha256:..., to run instead of the Bento.
        force: have it again though it was rolled back, or go on though it is paused.

    Raises:
        ConfigError: there is no such version, or this is not the trunk.
        Refused: it was rolled back.
    """
    path = desired.FILES[name]
    publish.require_trunk(project)
    release = versions.known(project, version, image) if version else versions.default(project, name)
    if image:
        release = desired.parse("--image", desired.text_of(replace(release, bento="", image=image))) or release
    word = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S.%f") if force else ""
    release = replace(release, force=word)
    history = ledger.read(project.root)
    if not force and release.version in (barred := history.rolled_back()):
        why = barred[release.version][0]
        raise Refused(f"{release.version} was rolled back: {why}; to have it again all the same: --force")
    known = history.noted() if name == "canary" else None
    return Wanted(path, release, f"Deploy {release.version} as {name}", known.text() if known else "")


def announce(project: Project, text: str, pushed: bool) -> None:
    """Say what is committed, and what is left to do where it was not pushed."""
    if pushed:
        ui.good(f"{text}; pushed")
    else:
        origin = branches.remote(project.root)
        first = "" if origin else "git remote add origin URL && "
        ui.good(f"{text}; the agent sees it after: {first}git push {origin or 'origin'} {project.trunk}")
