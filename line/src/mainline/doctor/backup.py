"""Is there a second copy of what dvc.lock pins: of data/raw.parquet above all, as a source may change?"""

from collections.abc import Iterator

from mainline.doctor.checks import ANOTHER_REMOTE
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, Finding
from mainline.doctor.remote import ADD
from mainline.errors import ToolFailed
from mainline.project import Project
from mainline.tools import dvc, storage

NAME = "backup"
RAW = "data/raw.parquet"
SHOWN = 5


def look(project: Project) -> Iterator[Finding]:
    """Which pinned files are in no remote."""
    if not project.lock:
        yield Finding(NAME, NOT_ASKED, "nothing is pinned yet", "mainline lock")
        return
    try:
        absent = storage.unshared(project.root) if (remotes := dvc.remotes(project.root)) else []
    except ToolFailed as error:
        yield Finding(NAME, NOT_ASKED, f"the DVC remote cannot be asked ({error})", ANOTHER_REMOTE)
        return
    if not remotes:
        said = f"no DVC remote, so there is none: {RAW} is all that is left of a source once it has changed"
        yield Finding(NAME, WARNING, said, ADD)
    elif absent:
        named = ", ".join(sorted(absent, key=lambda path: (path != RAW, path))[:SHOWN])
        more = f" and {len(absent) - SHOWN:,} more" if len(absent) > SHOWN else ""
        yield Finding(NAME, WARNING, f"in no remote, so gone with this machine: {named}{more}", "dvc push")
    else:
        yield Finding(NAME, FINE, "all that is pinned is in the DVC remote, too")
