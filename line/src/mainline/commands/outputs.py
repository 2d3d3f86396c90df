"""`mainline outputs`: hands the files that dvc.lock pins to the next machine, and takes them there."""

import json
from pathlib import Path

import click

from mainline import config, outputs, ui
from mainline.commands.options import FOLDER
from mainline.errors import ConfigError, Refused, StaleLock
from mainline.tools import actions, commits, dvc, git, storage

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
    name = save(git.root(), folder)
    actions.output(name=name)
    ui.good(f"{name}: in {folder}, or in the DVC remote where there is one")


@verb.command("restore")
@click.option("--from", "folder", type=FOLDER, help="A folder that `mainline outputs save` has filled.")
def _restore(folder: Path | None) -> None:
    """Get what dvc.lock pins, from wherever it is.

    From a folder, the cache, the DVC remote, or a workflow's artifact on GitHub. Where nobody has it, it is built
    again, and refused if it is not the same to the last bit.
    """
    restore(git.root(), folder)
    ui.good("the outputs in this tree are those that dvc.lock pins")


def save(root: Path, folder: Path) -> str:
    """Fill a folder, or the DVC remote, with what this tree's dvc.lock pins.

    Returns:
        What the artifact made of the folder is to be called.

    Raises:
        StaleLock: the tree is not what dvc.lock pins.
    """
    from mainline.gate import thresholds

    dvc.require_current(root)
    facts = {}
    if config.gate(root).bars.latency_ms is not None:
        facts["latency"] = {"model": dvc.md5(root / thresholds.MODEL), "ms": thresholds.latency_ms(root)}
    outputs.pack(root, folder, facts)
    return str(outputs.name(root))


def restore(root: Path, folder: Path | None = None) -> None:
    """Make the outputs in the tree those that dvc.lock pins: from a folder, the cache, a remote, an artifact.

    Where they are nowhere, they are built again, and count only if they are the same to the last bit; from a folder,
    nothing is built, since whoever takes from one may not run the tree's code.

    Raises:
        StaleLock: dvc.lock is not of this tree's code and parameters, so that nothing that is built could be the same.
        Refused: what was built again is not the same, or the folder does not hold all.
        ConfigError: it would have to be built, and the table is nowhere to be had.
    """
    from mainline.gate import thresholds

    if folder is not None:
        facts = outputs.unpack(root, folder)
        if "latency" in facts:
            (root / thresholds.MEASURED).parent.mkdir(exist_ok=True)
            (root / thresholds.MEASURED).write_text(json.dumps(facts["latency"]))
    pinned = dvc.outputs((root / dvc.LOCK).read_text()) if (root / dvc.LOCK).exists() else {}
    if not pinned:
        raise StaleLock(f"{dvc.LOCK}: pins nothing here; run `mainline lock` to build the model")
    storage.materialise(root)
    if storage.checkout(root) or (outputs.fetch_artifact(root) and storage.checkout(root)):
        _tell_absent_tables(root)
        return
    if folder is not None:
        raise Refused(f"{folder}: not all that {dvc.LOCK} pins is in it, nor in the cache or a remote")
    storage.require_tables(root)
    if stages := dvc.stale(root, absent=True):
        raise StaleLock(f"{dvc.LOCK} is not current: {', '.join(stages[:3])}; mend it: {BUILT_ANEW}")
    with ui.doing("what dvc.lock pins is in no cache, no remote and no artifact: building it again"):
        _build(root, pinned)


def _build(root: Path, pinned: dict[str, str]) -> None:
    with commits.or_as_before(root, dvc.LOCK, branch=False):
        dvc.repro(root)
        built = dvc.outputs((root / dvc.LOCK).read_text())
        if other := [path for path in pinned if built.get(path) != pinned[path]]:
            raise Refused(
                f"built again, {other[0]} is not the one that dvc.lock pins and that was judged; "
                f"let the gate judge what this machine builds: {BUILT_ANEW}"
            )


def _tell_absent_tables(root: Path) -> None:
    """Say of a table that it is not here though all is that was made of it: the next build needs it."""
    storage.materialise(root)  # an artifact may have brought it
    try:
        storage.require_tables(root)
    except ConfigError as error:
        ui.warn(str(error))
