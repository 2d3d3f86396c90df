"""Where records are: folders, with all below them, an agent's own, and whatever fsspec knows an address of."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from mainline import ui
from mainline.errors import MAKE, ConfigError, ToolFailed
from mainline.project import Project
from mainline.tools import process

NAMES = "records-*.jsonl"


@dataclass(frozen=True)
class Records:
    """A file of records."""

    name: str
    open: Callable[[], BinaryIO]


def configured(project: Project) -> list[str]:
    """The places that params.yaml names, seen from the project's folder.

    Raises:
        ConfigError: it names none, or something else.
    """
    places = project.retrain.records
    if not places:
        raise ConfigError(
            "where are the records? Name the folder or bucket that has them: mainline rows PLACE, "
            "or for good in params.yaml: retrain.records"
        )
    return [each if "://" in each else str(project / Path(each).expanduser()) for each in places]


@contextmanager
def opened(places: Sequence[str]) -> Iterator[list[Records]]:
    """All files of records that are at some places, for as long as the block runs.

    Raises:
        ConfigError: there is no such folder.
        ToolFailed: an address cannot be read, or its kind needs a package that is not here.
    """
    with ExitStack() as stack:
        found: list[Records] = []
        for place in places:
            there = _behind(place) if "://" in place else _below(Path(place), stack)
            if not there:
                ui.warn(f"{place}: holds no {NAMES}; name what a service writes them into (RECORDS_FOLDER)")
            found += there
        yield found


@contextmanager
def reading(records: Records) -> Iterator[BinaryIO]:
    """A file of records, open.

    Raises:
        FileNotFoundError: it is gone, as the service has made room.
        ToolFailed: it cannot be read.
    """
    try:
        with records.open() as file:
            yield file
    except FileNotFoundError:
        raise
    except Exception as error:  # each kind of store has errors of its own
        raise ToolFailed(f"{records.name}: cannot be read: {process.reason(str(error))}") from None


def _below(folder: Path, stack: ExitStack) -> list[Records]:
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise ConfigError(f"{folder}: no such folder; name one that holds {NAMES}")
    folders = [folder, *_of_containers(folder, stack)]
    paths = sorted({path for each in folders for path in each.rglob(NAMES) if path.is_file()})
    return [Records(str(path), partial(_local, path)) for path in paths]


def _local(path: Path) -> BinaryIO:
    return path.open("rb")


def _of_containers(folder: Path, stack: ExitStack) -> Iterator[Path]:
    """Where the containers of an agent keep their records, where a folder is an agent's: in volumes of their engine."""
    from mainline.host import state
    from mainline.host.slots import Service, Slots

    if not (folder / state.FILE).is_file():
        return
    slots = Slots(folder / "slots", None)
    for said in state.load(folder).services.values():
        service = Service(**said)
        if service.engine:
            try:
                yield stack.enter_context(slots.containers.records(service.engine, service.slot, service.name))
            except (ToolFailed, OSError) as error:
                by_hand = f"{service.engine} cp {service.name}:/records FOLDER; mainline rows FOLDER"
                ui.warn(f"the records of slot {service.slot} cannot be read ({error}); by hand: {by_hand}")


def _behind(address: str) -> list[Records]:
    """The same of an address such as s3://bucket/records."""
    try:
        from fsspec.core import url_to_fs  # comes with DVC

        store, root = url_to_fs(address)
        found = store.find(root)
        if not found:
            with suppress(FileNotFoundError):
                store.ls(root)  # of a host that cannot be reached, http's find says that it has none
        paths = [path for path in found if fnmatchcase(PurePosixPath(path).name, NAMES)]
    except ImportError as error:
        raise ToolFailed(f"{address}: {process.reason(str(error))}; run `{MAKE} remote`") from None
    except Exception as error:
        raise ToolFailed(f"{address}: cannot be read: {process.reason(str(error) or type(error).__name__)}") from None
    return [Records(store.unstrip_protocol(path), partial(_remote, store, path)) for path in sorted(paths)]


def _remote(store: Any, path: str) -> BinaryIO:
    return io.BufferedReader(store.open(path, "rb"))  # its own files read no line up to a length
