"""`mainline deploy`: what is to run, as a commit of deploy/*.env on the trunk (main)."""

import datetime
from dataclasses import replace
from typing import Any

import click

from mainline import ledger, ui
from mainline.errors import ConfigError, Refused
from mainline.host import desired
from mainline.host.model import Release
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
@click.option(
    "--back-if-barred",
    is_flag=True,
    help="Only where deploy/canary.env names a version that was rolled back: have it name production's instead.",
)
@push_option
@pull_request_option
def verb(name: str, back_if_barred: bool, pushed: bool, pull_request: bool, **what: Any) -> None:
    """Write what is to run into deploy/*.env, as a commit on main.

    Main is the default branch, whatever it is called.
    """
    project = Project.here()
    if back_if_barred:
        if name != "canary" or any(what.values()):
            raise ConfigError("--back-if-barred: only `mainline deploy canary`, and with no version of its own")
        found = taken_back(project)
        if isinstance(found, str):
            return ui.good(found)
        wanted = found
    else:
        wanted = deploy(project, name, **what)
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


def taken_back(project: Project) -> Wanted | str:
    """What it takes to have canary.env name production's version, where it names one that must not be started.

    A host keeps such a version out by itself. A new cluster would take it for its first version, and an old one says
    for as long that its Rollout has failed.

    Returns:
        Why nothing is to be done, where nothing is.

    Raises:
        ConfigError: this is not the trunk.
        Refused: the ledger is not as it was written.
    """
    publish.require_trunk(project)
    canary, production = (named(project, name) for name in ("canary", "production"))
    path = desired.FILES["canary"]
    if canary is None:
        return f"{path} names no version"
    history = ledger.read(project.root)
    barred = history.rolled_back()
    why, used = barred.get(canary.version, ("", ()))
    words = {each.force for each in (canary, production) if each and each.version == canary.version} - {"", *used}
    if canary.version not in barred or words:
        return f"{path}: {canary.version} may run{', as a person has it again' if words else ''}; nothing is changed"
    if production is None or production.version in barred:
        return f"{path}: {canary.version} was rolled back, and there is no production to name instead"
    message = f"Deploy {production.version} as canary: {canary.version} was rolled back\n\n{why}"
    known = history.noted()
    return Wanted(path, production, message, known.text() if known else "")


def named(project: Project, name: str) -> Release | None:
    """What main names now."""
    return desired.parse(desired.FILES[name], project.show("HEAD", desired.FILES[name]) or "")


def announce(project: Project, text: str, pushed: bool) -> None:
    """Say what is committed, and what is left to do where it was not pushed."""
    if pushed:
        ui.good(f"{text}; pushed")
    else:
        origin = branches.remote(project.root)
        first = "" if origin else "git remote add origin URL && "
        ui.good(f"{text}; the agent sees it after: {first}git push {origin or 'origin'} {project.trunk}")
