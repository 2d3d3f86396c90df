"""Does the service install what the model is made of?"""

from collections.abc import Iterator

from mainline.dependencies import served
from mainline.doctor.finding import FINE, WRONG, Finding
from mainline.project import Project

NAME = "the model's packages"


def look(project: Project) -> Iterator[Finding]:
    """Each package that it does not install; or that it installs all."""
    wrong = list(served.lacking(project))
    for each in wrong:
        yield Finding(NAME, WRONG, each.what, each.mend)
    if not wrong:
        yield Finding(NAME, FINE, "all are in requirements/service.txt")
