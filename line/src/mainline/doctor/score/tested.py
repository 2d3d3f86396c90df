"""What the last `make test` said of the project's own tests: `.mainline/tests.xml`, as pytest writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

from mainline.project import Project

FILE = Path(".mainline/tests.xml")


@dataclass(frozen=True)
class Tested:
    """The tests of one folder."""

    day: date
    passed: int
    failed: int
    newer: bool
    """Whether they ran after the last change of the code and of the tests."""


def read(project: Project, tests: str, code: str) -> Tested | None:
    """What came of the tests in a folder; None where none of them ran, or the file cannot be read.

    Args:
        tests: the folder, such as tests/pipeline.
        code: what they are about, such as src/pipeline.
    """
    path = project / FILE
    try:
        cases = ElementTree.parse(path).iter("testcase")  # noqa: S314 - this project's own, written by its own tests
        mine = [each for each in cases if each.get("classname", "").startswith(tests.replace("/", "."))]
        when = path.stat().st_mtime
    except (OSError, ElementTree.ParseError):
        return None
    ran = [each for each in mine if each.find("skipped") is None]
    failed = sum(each.find("failure") is not None or each.find("error") is not None for each in ran)
    if not ran:
        return None
    newest = max((each.stat().st_mtime for each in _files(project, tests, code)), default=0.0)
    return Tested(datetime.fromtimestamp(when, UTC).date(), len(ran) - failed, failed, newest <= when)


def exist(project: Project, tests: str) -> bool:
    """Whether there are any."""
    return any((project / tests).rglob("test_*.py"))


def _files(project: Project, *folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (project / folder).rglob("*.py")
