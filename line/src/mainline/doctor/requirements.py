"""Are the pinned packages in step with what they were compiled from?"""

from collections.abc import Iterator
from pathlib import Path

from mainline.dependencies.layout import layout
from mainline.dependencies.pins import depended, pinned, strays
from mainline.doctor.finding import FINE, WRONG, Finding
from mainline.errors import ConfigError
from mainline.project import Project


def look(project: Project) -> Iterator[Finding]:
    """Each requirements/*.txt against its source, and against the versions that the tests ran with."""
    place = layout(project)
    listed = [
        project / place.pins,
        *(path.with_suffix(".txt") for path in sorted(project.root.glob("requirements/*.in"))),
    ]
    mend = f"{place.make} requirements"
    for path in dict.fromkeys(listed):
        name = str(path.relative_to(project.root))
        try:
            wrong = _wrong(path, project / place.pins)
        except ConfigError as error:
            yield Finding(name, WRONG, str(error), mend)
            continue
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        yield Finding(name, WRONG, f"{wrong[0]}{more}", mend) if wrong else Finding(name, FINE, "in step")


def _wrong(path: Path, all_pins: Path) -> list[str]:
    """What is not in step; raises ConfigError where something cannot be read."""
    pins, source = pinned(path), path.with_suffix(".in")
    wanted = pinned(source) if source.exists() else depended(path.parents[1] / "pyproject.toml")
    wrong = strays(wanted, pins)
    if path != all_pins:
        tested = pinned(all_pins)
        shared = [each for each in pins if each.name in {other.name for other in tested}]
        wrong += [f"{all_pins.name}: {each}" for each in strays(shared, tested)]
    return wrong
