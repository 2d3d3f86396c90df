"""Is this the Python, and are these the packages, that the project pins?"""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement
from packaging.version import Version

from mainline.dependencies.layout import Layout, layout
from mainline.dependencies.pins import pinned
from mainline.doctor.finding import FINE, WRONG, Finding
from mainline.project import Project

OLDEST = (3, 11)
OF_THE_LINE = "requirements/line.txt"
WHEEL = re.compile(r"\./(vendor/mainline-(.+)-py3-none-any\.whl) ")


def look(project: Project) -> Iterator[Finding]:
    """Python's version, and the installed packages against the pinned ones."""
    yield python(sys.version_info[:3], layout(project))
    yield packages(project)
    if (project / OF_THE_LINE).exists():
        yield line(project)


def python(found: tuple[int, ...], place: Layout) -> Finding:
    """Whether a version of Python is new enough."""
    said = ".".join(map(str, found))
    if found >= OLDEST:
        return Finding("python", FINE, f"{said} at {sys.executable}")
    wanted = ".".join(map(str, OLDEST))
    mend = f"rm -rf {place.venv} && {place.make} PYTHON=python{wanted} setup"
    return Finding("python", WRONG, f"{said}; the line needs {wanted} or newer", mend)


def packages(project: Project) -> Finding:
    """Whether each package that the project pins for this machine is installed in that version.

    Raises:
        ConfigError: the pins cannot be read.
    """
    place = layout(project)
    wanted = [each for each in pinned(project / place.pins) if each.marker is None or each.marker.evaluate()]
    differing = [said for each in wanted if (said := _difference(each))]
    if not differing:
        return Finding("packages", FINE, f"{len(wanted)} installed, as {place.pins} pins them")
    more = f", and {len(differing) - 1} more" if len(differing) > 1 else ""
    return Finding("packages", WRONG, f"{differing[0]}{more}; {place.pins} pins them", place.setup)


def line(project: Project) -> Finding:
    """Whether the line that runs is the one of the wheel that the project pins."""
    found = WHEEL.match((project / OF_THE_LINE).read_text("utf-8"))
    if not found:
        return Finding("the line", FINE, f"{version('mainline')}; {OF_THE_LINE} names no wheel of this project's")
    if not (project / found[1]).exists():
        return Finding("the line", WRONG, f"{found[1]}: not here; {OF_THE_LINE} pins it", f"git checkout {found[1]}")
    if version("mainline") != found[2]:
        said = f"mainline {version('mainline')} is installed, not {found[2]}; {OF_THE_LINE} pins it"
        return Finding("the line", WRONG, said, layout(project).setup)
    return Finding("the line", FINE, f"{found[2]}, as {OF_THE_LINE} pins it")


def _difference(wanted: Requirement) -> str | None:
    """How what is installed differs from a pin."""
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return f"{wanted.name} is not installed"
    if wanted.specifier.contains(Version(found), prereleases=True):
        return None
    return f"{wanted.name} {found} is installed, not {wanted.specifier}"
