"""`mainline register`: HEAD's model as a version in MLflow's registry, with what the gate said of it."""

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mainline import ledger, ui
from mainline.commands.options import json_option
from mainline.errors import ConfigError, ToolFailed
from mainline.package.pinned import Pinned
from mainline.package.provenance import NONE
from mainline.project import Project

if TYPE_CHECKING:
    from mainline.package.registry import Registered


@click.command("register")
@click.option("--alias", type=click.Choice(["champion", "production"]), default="champion", show_default=True)
@click.option("--name", help="The registered model; by default the Bento's name.")
@click.option("--digest", help="The image that holds the model: sha256:...")
@json_option
def verb(alias: str, name: str | None, digest: str | None, as_json: bool) -> None:
    """Record HEAD's model in MLflow's registry, under an alias."""
    with ui.doing("registering"):
        made = register(Project.here(), alias=alias, name=name, digest=digest)
    if as_json:
        ui.say(json.dumps(asdict(made)))
    else:
        was = "registered" if made.created else "was registered before"
        ui.good(f"{made.name} version {made.version} {was}, {' and '.join(made.aliases)}: {made.uri}")


def register(project: Project, *, alias: str, name: str | None = None, digest: str | None = None) -> "Registered":
    """Register the model that HEAD pins.

    Args:
        alias: what the version is to be found by.
        name: of the registered model; by default the Bento's.
        digest: of the image that was built of it.

    Raises:
        ConfigError: the digest is none, or MLflow refuses the name.
        StaleLock: HEAD pins no model, or its files are nowhere to be had.
        ToolFailed: MLflow cannot be reached or refuses, or the version answers otherwise than predictions/.
    """
    from mainline.package import registry

    if digest is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ConfigError(f"--digest {digest}: not an image's digest; it is sha256: and 64 hex digits")
    pinned = Pinned.at_head(project)
    name = pinned.name if name is None else name
    return registry.register(pinned, name=name, alias=alias, verdict=_verdict(project, pinned.model), digest=digest)


def _verdict(project: Project, model: str) -> str | None:
    """The gate's last word about a model; None where nobody can be asked."""
    try:
        return ledger.read(project.root).verdict(model) or NONE
    except ToolFailed as error:
        ui.warn(f"{error}; so the gate's verdict is not looked up")
        return None
