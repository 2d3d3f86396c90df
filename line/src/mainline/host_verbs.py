"""The verbs of what is served: `mainline agent`, `deploy` and `rollback`."""

import os
from pathlib import Path

import click

from mainline import branches, git, ui
from mainline.errors import ConfigError, MainlineError

STATE = Path(".mainline/host")

push_option = click.option("--push", is_flag=True, help="Push the commit: the agent sees it then.")
pull_request_option = click.option(
    "--pull-request",
    is_flag=True,
    envvar="MAINLINE_PULL_REQUEST",
    help="Ask for it by a pull request on GitHub instead.",
)
state_option = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"The agent's folder; by default {STATE} of the project.",
)


@click.command()
@click.option("--once", is_flag=True, help="Look once, do what follows, and end; what was started goes on.")
@click.option("--stop", is_flag=True, help="End the router and all services of the folder, instead.")
@click.option("--remote", help="The repository whose default branch says what to run. [default: the project's origin]")
@state_option
@click.option(
    "--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Where the router listens."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="On which of this machine's addresses.")
@click.option("--metrics", default="127.0.0.1:8405", show_default=True, help="Where the router's own metrics are.")
@click.option(
    "--interval",
    type=click.FloatRange(0.1),
    default=10.0,
    show_default=True,
    help="Seconds between looks at the remote.",
)
def agent(
    once: bool, stop: bool, remote: str | None, state: Path | None, port: int, host: str, metrics: str, interval: float
) -> None:
    """Serve what git wants: start, judge, promote, roll back.

    It ends by SIGTERM or Ctrl-C; router and services go on, and the next agent takes them up. Bentos come from the
    store that MAINLINE_BENTOS names, a folder that holds bentos/; by default the project's own.
    """
    from mainline.host import work

    folder = folder_of(state)
    if stop:
        work.stop(folder)
        ui.good(f"router and services of {folder} have ended")
        return
    options = work.Options(folder, remote or _origin(), port, host, metrics, interval, _bentos())
    work.work(options, once=once)


@click.command()
@click.argument("name", metavar="canary|production", type=click.Choice(["canary", "production"]))
@click.option("--version", help="By default the Bento built last as canary, and the canary as production.")
@click.option("--image", help="Run this image, name@sha256:..., instead of the Bento.")
@click.option("--force", is_flag=True, help="Have it again, though it was rolled back.")
@push_option
@pull_request_option
def deploy(name: str, version: str | None, image: str | None, force: bool, push: bool, pull_request: bool) -> None:
    """Write what is to run into deploy/*.env, as a commit on main.

    Main is the default branch, whatever it is called.
    """
    from mainline import deploy as deploying

    root = git.root()
    wanted = deploying.deploy(root, name, version=version, image=image, force=force)
    said = f"{wanted.path}: {wanted.release.version}"
    if not pull_request:
        _say(root, said if deploying.carry_out(root, wanted, pushed=push) else f"{said}, as before", push)
    elif address := deploying.propose(root, wanted):
        ui.good(f"{said}, once this is merged: {address}")
    else:
        ui.good(f"{said}, as before; there is nothing to ask for")


@click.command()
@push_option
def rollback(push: bool) -> None:
    """Take production back to what it was, as a commit on main.

    That is the last change of deploy/production.env, undone.
    """
    from mainline import deploy as deploying

    root = git.root()
    wanted = deploying.rollback(root)
    deploying.carry_out(root, wanted, pushed=push)
    _say(root, f"{wanted.path}: back to {wanted.release.version}", push)


def folder_of(state: Path | None) -> Path:
    """The agent's folder: the one that was named, else the project's."""
    return state.resolve() if state else git.root() / STATE


def _say(root: Path, text: str, pushed: bool) -> None:
    if pushed:
        ui.good(f"{text}; pushed")
    else:
        origin = branches.remote(root)
        first = "" if origin else "git remote add origin URL && "
        ui.good(f"{text}; the agent sees it after: {first}git push {origin or 'origin'} {branches.trunk(root)}")


def _origin() -> str:
    root = git.root()
    remote = branches.remote(root)
    if remote is None:
        raise ConfigError("--remote: the project has no origin; name the repository that says what to run")
    url = git.git("config", "--get", f"remote.{remote}.url", root=root)
    # a path is relative to the project, and the agent's repository lies elsewhere
    return str((root / url).resolve()) if (root / url).exists() else url


def _bentos() -> Path | None:
    if named := os.environ.get("MAINLINE_BENTOS"):
        return Path(named).resolve()
    try:
        root = git.root()
    except MainlineError:
        return None
    from mainline.package import bento

    return root / bento.HOME
