"""`mainline agent`: serves what git wants."""

import os
import re
from dataclasses import replace
from pathlib import Path

import click

from mainline import ui
from mainline.commands.options import folder_of, state_option
from mainline.errors import ConfigError, MainlineError
from mainline.project import Project
from mainline.tools import branches


@click.command("agent")
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
@click.option(
    "--require-attested", is_flag=True, help="Run only images that deliver.yml on GitHub built from the default branch."
)
@click.option(
    "--open", "open_to_all", is_flag=True, help="Take labels and x-canary from anyone, without the host's key."
)
@click.option(
    "--memory", metavar="SIZE", help="Of one container, such as 2g; 0: no limit. [default: 40% of the machine]"
)
@click.option(
    "--pids", type=click.IntRange(0), help="Processes and threads of one container. [default: 512, and 64 per core]"
)
@click.option("--cpus", type=click.FloatRange(0), help="Cores of one container. [default: three quarters of them]")
def verb(
    once: bool,
    stop: bool,
    remote: str | None,
    state: Path | None,
    port: int,
    host: str,
    metrics: str,
    interval: float,
    require_attested: bool,
    open_to_all: bool,
    memory: str | None,
    pids: int | None,
    cpus: float | None,
) -> None:
    """Serve what git wants: start, judge, promote, roll back.

    It ends by SIGTERM or Ctrl-C; router and services go on, and the next agent takes them up. Bentos come from the
    store that MAINLINE_BENTOS names, a folder that holds bentos/; by default the project's own.
    """
    from mainline.host import loop
    from mainline.host.containers import Limits

    folder = folder_of(state)
    if stop:
        loop.stop(folder)
        ui.good(f"router and services of {folder} have ended")
        return
    given = {"memory": _size(memory), "pids": pids, "cpus": cpus}
    limits = replace(Limits.usual(), **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    options = loop.Options(
        folder,
        remote or origin(),
        port,
        host,
        metrics,
        interval,
        _bentos(),
        attested=require_attested,
        open_to_all=open_to_all,
        limits=limits,
    )
    loop.run(options, once=once)


def _size(text: str | None) -> str | None:
    if text and not re.fullmatch(r"0|[1-9][0-9]{0,15}[bkmgBKMG]?", text):
        raise ConfigError(f"--memory {text}: no size; write it like 512m or 2g, or 0 for no limit")
    return text


def origin() -> str:
    """The project's own remote, as an address that holds from any folder."""
    try:
        project = Project.here()
    except MainlineError:
        raise ConfigError("--remote: needed, as no project is here; the repository that says what to run") from None
    remote = branches.remote(project.root)
    if remote is None:
        raise ConfigError("--remote: the project has no origin; name the repository that says what to run")
    url = project.git("config", "--get", f"remote.{remote}.url")
    # a path is relative to the project, and the agent's repository lies elsewhere
    return str((project / url).resolve()) if (project / url).exists() else url


def _bentos() -> Path | None:
    if named := os.environ.get("MAINLINE_BENTOS"):
        return Path(named).resolve()
    try:
        project = Project.here()
    except MainlineError:
        return None
    from mainline.package import bento

    return project / bento.HOME
