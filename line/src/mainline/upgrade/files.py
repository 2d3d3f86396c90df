"""The line's files as a project has them: the template's, with the project's own name and facts in them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from mainline.errors import ConfigError

Files = dict[str, bytes]
"""Contents by path."""

PYPROJECT = "pyproject.toml"
TEMPLATE = b"digit" + b"line"  # the template's own name, which its script replaces wherever it stands in one piece
ONLY_THE_TEMPLATE = re.compile(rb"(?m)^.*# only the template\n")
FACTS = re.compile(rb"(?m)^(name|description|license) = .*$")


@dataclass(frozen=True)
class Facts:
    """What a project says of itself where the template says it of its example."""

    name: bytes
    lines: Mapping[bytes, bytes]
    """Lines of pyproject.toml, by their key."""


def facts(pyproject: bytes) -> Facts:
    """Read the name, and the lines of pyproject.toml that are always the owner's.

    Raises:
        ConfigError: it names no project.
    """
    try:
        name = tomllib.loads(pyproject.decode())["project"]["name"]
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{PYPROJECT}: names no project, so the line's files cannot be told from yours") from None
    lines: dict[bytes, bytes] = {}
    for found in FACTS.finditer(pyproject):
        lines.setdefault(found[1], found[0])
    return Facts(str(name).encode(), lines)


def rendered(files: Files, told: Facts) -> Files:
    """Files of the template as the project has them where its owner has changed nothing."""
    return {path: _rendered(path, content, told) for path, content in files.items()}


def _rendered(path: str, content: bytes, told: Facts) -> bytes:
    if b"\0" in content:
        return content
    content = ONLY_THE_TEMPLATE.sub(b"", content)
    if path == PYPROJECT:
        for key, line in told.lines.items():
            content = re.sub(rb"(?m)^%s = .*$" % key, lambda _, line=line: line, content, count=1)  # type: ignore[misc]
    return content.replace(TEMPLATE, told.name)
