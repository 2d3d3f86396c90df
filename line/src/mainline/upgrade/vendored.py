"""The line as one file: the wheel in vendor/, and requirements/line.txt, which holds the project to it."""

import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from mainline.errors import ConfigError
from mainline.upgrade.files import Files

PINNED = "requirements/line.txt"
WHEEL = re.compile(r"(?m)^\./(?P<path>vendor/mainline-[^\s/]+\.whl)[\s\\]+--hash=sha256:(?P<hash>\w{64})$")
FILES = "mainline/files/"


@dataclass(frozen=True)
class Wheel:
    """A wheel of the line."""

    name: str
    content: bytes

    @classmethod
    def read(cls, path: Path) -> "Wheel":
        """Read one.

        Raises:
            ConfigError: it is none, or one from before the line could be upgraded.
        """
        try:
            wheel = cls(path.name, path.read_bytes())
            wheel.files()
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise ConfigError(f"{path}: cannot be read as a wheel of the line ({error})") from None
        return wheel

    @property
    def path(self) -> str:
        """Where it stands in a project."""
        return f"vendor/{self.name}"

    @property
    def version(self) -> str:
        """The version, as its name says it."""
        return self.name.split("-")[1] if "-" in self.name else self.name

    def files(self) -> Files:
        """The line's files that stand in a project, as the template has them."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            inside = [name for name in archive.namelist() if name.startswith(FILES) and not name.endswith("/")]
            found = {name.removeprefix(FILES): archive.read(name) for name in inside}
        if not found or any(".." in path.split("/") or path.startswith("/") for path in found):
            raise ValueError("it holds no files of a project's")
        return found

    def upgrades(self) -> bool:
        """Whether its code can upgrade a project."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            return "mainline/upgrade/__main__.py" in archive.namelist()

    def line(self) -> str:
        """What a requirements file says to hold to it."""
        return f"./{self.path} --hash=sha256:{hashlib.sha256(self.content).hexdigest()}"


def pinned(root: Path) -> Wheel | None:
    """The wheel that a project is held to; None where it is from before there was one.

    Raises:
        ConfigError: what requirements/line.txt names is not there, or another file.
    """
    if not (root / PINNED).exists():
        return None
    found = WHEEL.search((root / PINNED).read_text(encoding="utf-8"))
    if not found:
        raise ConfigError(
            f"{PINNED}: names no wheel in vendor/; put the one you have there, with its hash: "
            "./vendor/mainline-VERSION-py3-none-any.whl --hash=sha256:..."
        )
    path = root / found["path"]
    if not path.is_file():
        raise ConfigError(f"{found['path']}: not here, though {PINNED} names it; git checkout HEAD -- vendor")
    wheel = Wheel.read(path)
    if found["hash"] not in wheel.line():
        raise ConfigError(f"{found['path']}: not the file that {PINNED} names by its hash; git checkout HEAD -- vendor")
    return wheel


def pin(text: str, wheel: Wheel) -> str:
    """requirements/line.txt with another wheel in it; the owner's other lines stay."""
    line = wheel.line()
    return WHEEL.sub(line, text, count=1) if WHEEL.search(text) else f"{text}{line}\n"
