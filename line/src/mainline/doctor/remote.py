"""Can what dvc.lock pins be kept where others find it: is the DVC remote there, and does it take a file?"""

import os
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from mainline.dependencies.layout import layout
from mainline.doctor.checks import ANOTHER_REMOTE
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.errors import MAKE, ToolFailed
from mainline.project import Project
from mainline.tools import dvc, storage

NAME = "DVC remote"
ADD = "dvc remote add --default storage s3://BUCKET/FOLDER"
NONE = (
    "none is set up: what dvc.lock pins is on this machine alone; "
    "workflows on GitHub hand it on as artifacts, others have to build it again"
)


def look(project: Project) -> Iterator[Finding]:
    """The default remote; another one may be closed to this machine on purpose, as that of the sealed labels is."""
    try:
        with dvc.opened(project.root) as repo, storage.asked():
            found = _found(repo)
    except ToolFailed as error:
        lacking = f"{MAKE} remote" in str(error)
        found = Finding(NAME, WRONG, str(error), f"{layout(project).make} remote" if lacking else ANOTHER_REMOTE)
    yield found


def _found(repo: Any) -> Finding:
    names, default = sorted(repo.config["remote"]), repo.config["core"].get("remote")
    if not names:
        return Finding(NAME, NOT_ASKED, NONE, ADD)
    if default is None:
        said = f"{', '.join(names)}: none is the default, so `dvc push` does not know where"
        return Finding(NAME, WRONG, said, f"dvc remote default {names[0]}")
    remote = repo.cloud.get_remote(default)
    return _tried(remote.fs, str(remote.path), f"{default}, {repo.config['remote'][default]['url']}")


def _tried(store: Any, folder: str, named: str) -> Finding:
    """Whether a store takes a small file, gives it back, and lets it go."""
    if store.protocol in ("http", "https"):
        return Finding(NAME, NOT_ASKED, f"{named}: a file cannot be taken back over HTTP, so none was written")
    if store.protocol == "local" and not os.path.exists(folder):
        return Finding(NAME, WARNING, f"{named}: no such folder yet; the first push makes it", f"mkdir -p '{folder}'")
    place, content = store.join(folder, f"mainline-doctor-{uuid4().hex}"), b"mainline doctor"
    try:
        store.pipe_file(place, content)
        same = store.cat_file(place) == content
        store.remove(place)
    except OSError as error:
        reason = (error.strerror or str(error) or type(error).__name__).splitlines()[0]
        return Finding(NAME, WRONG, f"{named}: takes no file ({reason[:200]})", ANOTHER_REMOTE)
    if not same:
        return Finding(NAME, WRONG, f"{named}: gave another file back than was written", ANOTHER_REMOTE)
    return Finding(NAME, FINE, f"{named}: a file was written, read and deleted")
