"""Where a new line comes from: a checkout of the template, the address of one, or a wheel."""

import json
import re
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ConfigError, ToolFailed
from mainline.tools import git, process
from mainline.upgrade.files import PYPROJECT, Files

ADDRESS = re.compile(r"[a-z][a-z0-9+]*://\S+|[\w.-]+@[\w.-]+:\S+")  # also as ssh has it: git@host:path
USER = re.compile(r"(?:[a-z][a-z0-9+]*://)?[^/@]*")
BUILD = "line/wheel.py"
KNOWN = re.compile(rb"(?m)^\[tool\.mainline\]\n(?:template = .*\n)?")
BELOW = re.compile(rb"(?m)^(?=\[tool\.mainline\.)")


@dataclass(frozen=True)
class Found:
    """A wheel, for as long as it is needed."""

    wheel: Path
    checkout: Path | None
    """The checkout that it was built from."""
    address: str | None
    """Where others find it, without what is nobody's business."""


@contextmanager
def found(said: str, *, whole: bool) -> Iterator[Found]:
    """The wheel of a template: FOLDER, FOLDER@TAG, ADDRESS, ADDRESS@TAG or a wheel's path.

    Args:
        said: as it was typed.
        whole: with its history.

    Raises:
        ConfigError: it is none of these.
    """
    with tempfile.TemporaryDirectory(prefix="mainline-") as name:
        folder = Path(name)
        if said.endswith(".whl"):
            yield Found(Path(said).resolve(), None, None)
            return
        place, tag = split(said)
        checkout = Path(place).resolve()
        if tag or not checkout.is_dir():
            checkout = _clone(place, tag, folder / "template", whole=whole)
        if not (checkout / BUILD).is_file():
            raise ConfigError(f"{masked(said)}: no template with a line of its own ({BUILD} is not there)")
        yield Found(_built(checkout, folder / "wheel"), checkout, _address(place))


def split(said: str) -> tuple[str, str | None]:
    """The place and the tag; an @ may also be a user's, or in a folder's name."""
    place, at, tag = said.rpartition("@")
    whole = not at or not place or not tag or ":" in tag or (USER.fullmatch(place) and not Path(place).is_dir())
    return (said, None) if whole or Path(said).is_dir() else (place, tag)


def masked(address: str) -> str:
    """An address without a password, and over http without a user, who may be a token."""
    address = re.sub(r"^(https?://)[^/@]*@", r"\1", address)
    return re.sub(r"^([a-z][a-z0-9+]*://[^/@:]*):[^/@]*@", r"\1@", address)


def remembered(root: Path) -> str | None:
    """The template of the last upgrade; before the first, the one that cruft knows."""
    with suppress(OSError):
        if said := known((root / PYPROJECT).read_bytes()):
            return said
    with suppress(OSError, ValueError, KeyError, TypeError):
        return str(json.loads((root / ".cruft.json").read_text(encoding="utf-8"))["template"]) or None
    return None


def known(pyproject: bytes) -> str | None:
    """The template that pyproject.toml names."""
    with suppress(ValueError, KeyError, TypeError):
        return str(tomllib.loads(pyproject.decode())["tool"]["mainline"]["template"]) or None
    return None


def remember(files: Files, address: str | None) -> Files:
    """Files with the address of the template in their pyproject.toml, where there is one to remember."""
    text = files.get(PYPROJECT)
    if address is None or text is None:
        return files
    table = f"[tool.mainline]\ntemplate = {json.dumps(address)} # where `mainline upgrade` finds the line\n".encode()
    if KNOWN.search(text):
        text = KNOWN.sub(lambda _: table, text, count=1)
    elif BELOW.search(text):
        text = BELOW.sub(lambda _: table + b"\n", text, count=1)
    else:
        text += b"\n" + table
    return files | {PYPROJECT: text}


def _address(place: str) -> str | None:
    """What to remember of a place: an address; of a folder, where it was cloned from, as others do not have it."""
    if Path(place).is_dir():
        place = git.git("config", "--get", "remote.origin.url", root=Path(place), check=False)
    return masked(place) if ADDRESS.fullmatch(place) else None


def _clone(place: str, tag: str | None, target: Path, *, whole: bool) -> Path:
    depth = [] if whole or Path(place).is_dir() else ["--depth", "1"]
    branch = ["--branch", tag] if tag else []
    print(f"fetching {masked(place)}{f' at {tag}' if tag else ''}", flush=True)
    try:
        git.git("clone", "--quiet", *depth, *branch, "--", place, str(target), root=Path.cwd())
    except ToolFailed as error:
        why = str(error).replace(place, masked(place))
        raise ConfigError(f"{masked(place)}{f'@{tag}' if tag else ''}: cannot be fetched ({why})") from None
    return target


def _built(checkout: Path, folder: Path) -> Path:
    """The wheel of a checkout, built by its own script."""
    try:
        return Path(process.capture([sys.executable, str(checkout / BUILD), str(folder)], cwd=checkout))
    except ToolFailed as error:
        raise ConfigError(f"{checkout}: its wheel cannot be built ({error})") from None
