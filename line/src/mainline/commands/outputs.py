"""`mainline outputs`: hands the files that dvc.lock pins to the next machine, and takes them there."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from mainline import outputs, ui
from mainline.commands.options import FOLDER
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.project import MODEL, Project
from mainline.prove import proof
from mainline.tools import actions, commits, dvc, storage

BUILT_ANEW = "git switch -c rebuilt && mainline lock --push"


@click.group("outputs")
def verb() -> None:
    """Hand over the files that dvc.lock pins, or take them."""


@verb.command("save")
@click.argument("folder", type=FOLDER, default=Path("outputs"))
def _save(folder: Path) -> None:
    """Put what dvc.lock pins into a folder, or the DVC remote.

    FOLDER is by default outputs/; where a DVC remote is set up, the files go there instead.
    """
    name = save(Project.here(), folder)
    actions.output(name=name)
    ui.good(f"{name}: in {folder}, or in the DVC remote where there is one")


@verb.command("restore")
@click.option("--from", "folder", type=FOLDER, help="A folder that `mainline outputs save` has filled.")
def _restore(folder: Path | None) -> None:
    """Get what dvc.lock pins, from wherever it is.

    From a folder, the cache, the DVC remote, or a workflow's artifact on GitHub. Where nobody has it, it is built
    again, and refused if it is not the same to the last bit.
    """
    restore(Project.here(), folder)
    ui.good("the outputs in this tree are those that dvc.lock pins")


def save(project: Project, folder: Path) -> str:
    """Fill a folder, or the DVC remote, with what this tree's dvc.lock pins.

    Returns:
        What the artifact made of the folder is to be called.

    Raises:
        StaleLock: the tree is not what dvc.lock pins.
    """
    project.require_current()
    facts: dict[str, Any] = {}
    if project.gate.bars.latency_ms is not None:
        from mainline.gate import thresholds  # which loads what a table is read with

        facts["latency"] = {"model": dvc.md5(project / MODEL), "ms": thresholds.latency_ms(project)}
    if proven := proof.kept(project):
        facts[proof.FACT] = asdict(proven)
    outputs.pack(project, folder, facts)
    return str(outputs.name(project))


def restore(project: Project, folder: Path | None = None) -> None:
    """Make the outputs in the tree those that dvc.lock pins: from a folder, the cache, a remote, an artifact.

    Where they are nowhere, they are built again, and count only if they are the same to the last bit; from a folder,
    nothing is built, since whoever takes from one may not run the tree's code.

    Raises:
        StaleLock: dvc.lock is not of this tree's code and parameters, so that nothing that is built could be the same.
        Refused: what was built again is not the same, or the folder does not hold all.
        ConfigError: it would have to be built, and the table is nowhere to be had.
    """
    if folder is not None:
        facts = outputs.unpack(project, folder)
        if "latency" in facts:
            from mainline.gate import thresholds  # which loads what a table is read with

            (project / thresholds.MEASURED).parent.mkdir(exist_ok=True)
            (project / thresholds.MEASURED).write_text(json.dumps(facts["latency"]))
    if not project.lock.outputs:
        raise StaleLock(f"{dvc.LOCK}: pins nothing here; run `mainline lock` to build the model")
    storage.materialise(project.root)
    if storage.checkout(project.root) or (outputs.fetch_artifact(project) and storage.checkout(project.root)):
        _tell_absent_tables(project)
        return
    if folder is not None:
        raise Refused(f"{folder}: not all that {dvc.LOCK} pins is in it, nor in the cache or a remote")
    storage.require_tables(project.root)
    if stages := dvc.stale(project.root, absent=True):
        raise StaleLock(f"{dvc.LOCK} is not current: {', '.join(stages[:3])}; mend it: {BUILT_ANEW}")
    with ui.doing("what dvc.lock pins is in no cache, no remote and no artifact: building it again"):
        _build(project)


def _build(project: Project) -> None:
    with commits.or_as_before(project.root, dvc.LOCK, branch=False):
        pinned = project.lock.outputs
        built = project.rebuilt().lock.outputs
        if other := [path for path in pinned if built.get(path) != pinned[path]]:
            raise Refused(
                f"built again, {other[0]} is not the one that dvc.lock pins and that was judged; "
                f"let the gate judge what this machine builds: {BUILT_ANEW}"
            )


def _tell_absent_tables(project: Project) -> None:
    """Say of a table that it is not here though all is that was made of it: the next build needs it."""
    storage.materialise(project.root)  # an artifact may have brought it
    try:
        storage.require_tables(project.root)
    except ConfigError as error:
        ui.warn(str(error))
