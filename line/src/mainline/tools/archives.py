"""A commit's files, laid out in a folder that is no repository."""

import io
import posixpath
import tarfile
from pathlib import Path

from mainline.errors import ConfigError
from mainline.tools import git


def lay_out(commit: str, root: Path, folder: Path, *names: str) -> None:
    """Write files and folders of a commit into a folder, under their paths.

    Raises:
        ConfigError: one is a link that leads out of the folder.
    """
    content = git.git_bytes("archive", "--format=tar", commit, *names, root=root)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for each in archive:
            leads = posixpath.join(posixpath.dirname(each.name), each.linkname) if each.issym() else each.name
            if posixpath.isabs(leads) or posixpath.normpath(leads).split("/")[0] == "..":
                raise ConfigError(
                    f"{each.name}: leads out of the project, in the commit {commit[:8]}; put what it is to hold there"
                )
        # said so, and not as an argument: Python 3.11.3 and older know no filters
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder)  # noqa: S202 - what leads out was refused above
