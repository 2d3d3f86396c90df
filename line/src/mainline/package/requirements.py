"""The Python packages that the image gets, out of the commit's requirements/service.txt."""

import platform
import re
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement

from mainline.errors import MAKE, ConfigError
from mainline.package import bento
from mainline.package.pinned import Pinned

FILE = "requirements/service.txt"
# what markers may ask about, of the image; its processor is this machine's
IMAGE = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "sys_platform": "linux",
}


@dataclass(frozen=True)
class Package:
    """A package as it is pinned."""

    name: str
    version: str
    hashes: tuple[str, ...]
    """SHA-256 of each file that may be installed for it."""


def of(pinned: Pinned) -> list[Package]:
    """The packages of a commit's image, in the order of the file.

    Raises:
        ConfigError: a line does not pin one version with its hashes.
    """
    text = pinned.text(FILE)
    if text is None:
        raise ConfigError(f"{FILE}: the commit {pinned.commit[:8]} has none; run `{MAKE} requirements` and commit it")
    docker = bento.options(pinned).get("docker") or {}
    return parsed(text, str(docker.get("python_version") or platform.python_version()))


def parsed(text: str, python: str) -> list[Package]:
    """The packages that a requirements file names for a version of Python.

    Raises:
        ConfigError: a line does not pin one version with its hashes.
    """
    short, full = ".".join(python.split(".")[:2]), python if python.count(".") > 1 else f"{python}.0"
    environment = {**IMAGE, "python_version": short, "python_full_version": full}
    found = []
    for line in re.sub(r"\\\n", " ", text).splitlines():
        said = re.sub(r"(^|\s)#.*$", "", line).strip()
        if not said:
            continue
        wanted, *hashes = re.split(r"\s+--hash=sha256:", said)
        try:
            requirement = Requirement(wanted)
        except InvalidRequirement:
            raise ConfigError(f"{FILE}: {wanted[:60]!r} names no package; run `{MAKE} requirements`") from None
        pins = [each.version for each in requirement.specifier if each.operator == "=="]
        if len(pins) != 1 or not hashes:
            raise ConfigError(f"{FILE}: {requirement.name} is not pinned with its hashes; run `{MAKE} requirements`")
        if requirement.marker is None or requirement.marker.evaluate(environment):
            found.append(Package(requirement.name, pins[0], tuple(hashes)))
    return found
