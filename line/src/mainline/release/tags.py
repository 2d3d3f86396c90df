"""Tags vMAJOR.MINOR.PATCH on origin: each is a version that was released."""

import re

from mainline.errors import ConfigError, Refused
from mainline.project import Project
from mainline.tools import branches

TAG = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def remote(project: Project) -> str:
    """The remote that has them."""
    return branches.require_remote(project.root, "and a release is a tag there")


def on_origin(project: Project) -> dict[str, str]:
    """Origin's tags, and the commits they stand on."""
    found: dict[str, str] = {}
    for line in project.git("ls-remote", "--tags", remote(project)).splitlines():
        commit, _, ref = line.partition("\t")
        name = ref.removeprefix("refs/tags/")
        if name.endswith("^{}"):
            found[name.removesuffix("^{}")] = commit
        else:
            found.setdefault(name, commit)
    return found


def numbers(tag: str) -> tuple[int, ...]:
    """MAJOR, MINOR and PATCH.

    Raises:
        ConfigError: a tag is none of these.
    """
    found = TAG.fullmatch(tag)
    if found is None:
        raise ConfigError(f"{tag}: no version; a tag is vMAJOR.MINOR.PATCH, such as v1.2.0")
    return tuple(map(int, found.groups()))


def require_newer(tag: str, others: list[str]) -> None:
    """Refuse to go back by a tag.

    Raises:
        Refused: there is a newer one.
    """
    last = max((numbers(other) for other in others if TAG.fullmatch(other)), default=None)
    if last and numbers(tag) < last:
        raise Refused(f"{tag}: not newer than v{'.'.join(map(str, last))}; to go back, run `mainline rollback`")
