"""Puts changed lists of packages into a project and sets its environment up: whole, or not at all."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mainline import ui
from mainline.dependencies.layout import Layout
from mainline.errors import ToolFailed
from mainline.project import Project
from mainline.tools import commits, process


def put(project: Project, place: Layout, contents: Mapping[str, bytes], *, set_up: bool) -> list[str]:
    """Write what differs, and set up; where that fails, or is stopped, all files are as they were.

    Args:
        set_up: False leaves the environment as it is.

    Returns:
        The paths that have changed.

    Raises:
        ToolFailed: the environment could not be set up.
    """
    changed = [path for path, content in contents.items() if (project / path).read_bytes() != content]
    with commits.or_as_before(project.root, *changed, branch=False), _told(place):
        for path in changed:
            commits.write(project / path, contents[path])
        if changed and set_up and process.apart([*place.make.split(), "setup"], cwd=project.root):
            raise ToolFailed(f"`{place.make} setup` failed, as said above")
    return changed


@contextmanager
def _told(place: Layout) -> Iterator[None]:
    try:
        yield
    except BaseException:
        ui.warn(f"the lists of packages are as they were; `{place.make} setup` brings {place.venv} back to them")
        raise
