"""A project's lists of packages in a folder of their own: they are changed and compiled there, the project is not."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from packaging.utils import canonicalize_name

from mainline.dependencies import lists, pins
from mainline.dependencies.layout import PIPELINE, SERVICE, Layout
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.tools import process

COPIED = ("pyproject.toml", "line/pyproject.toml", "line/requirements.txt")
NAMED = (f"{SERVICE}.in", f"{PIPELINE}.in")
Versions = dict[str, list[str]]
"""What is pinned, by name; two versions where markers tell which."""


@dataclass(frozen=True)
class Scratch:
    """The folder, laid out as the project is."""

    folder: Path
    place: Layout

    @property
    def compiled(self) -> tuple[str, ...]:
        """The lists of pins: of the environment, of the image, and what makes the model."""
        return (self.place.pins, f"{SERVICE}.txt", f"{PIPELINE}.txt")

    @property
    def paths(self) -> tuple[str, ...]:
        """All that is changed."""
        return (self.place.ranges, *NAMED, *self.compiled)

    def text(self, path: str) -> str:
        """One of its files."""
        return (self.folder / path).read_text(encoding="utf-8")

    def contents(self) -> dict[str, bytes]:
        """What it has become."""
        return {path: (self.folder / path).read_bytes() for path in self.paths}

    def pinned(self, path: str) -> Versions:
        """What a list pins.

        Raises:
            ConfigError: a line of it names no package.
        """
        found: Versions = {}
        for each in pins.pinned(self.folder / path):
            found.setdefault(canonicalize_name(each.name), []).extend(one.version for one in each.specifier)
        return found

    def asked(self, path: str) -> set[str]:
        """Which packages a list that people keep asks for, by name.

        Raises:
            ConfigError: a line of it names no package.
        """
        place = self.folder / path
        found = pins.depended(place, dev=False) if place.suffix == ".toml" else pins.pinned(place)
        return {canonicalize_name(each.name) for each in found}

    def allow(self, *asked: str) -> None:
        """Write ranges to where the project keeps them; pyproject.toml is uv's to edit, which keeps its comments."""
        if not self.place.ranges.endswith(".toml"):
            self._write(self.place.ranges, *asked)
        elif asked:
            self._uv("add", "--quiet", "--frozen", "--raw", *asked)

    def forbid(self, name: str) -> None:
        """Take a range out."""
        if not self.place.ranges.endswith(".toml"):
            self.strike(self.place.ranges, name)
        else:
            self._uv("remove", "--quiet", "--frozen", name)

    def name(self, path: str, *asked: str) -> None:
        """Add names to a list, those that it lacks."""
        known = self.asked(path)
        self._write(path, *(each for each in asked if lists.name(lists.wanted(each)) not in known))

    def strike(self, path: str, name: str) -> None:
        """Take a name out of a list."""
        (self.folder / path).write_bytes(lists.without(self.text(path), name).encode())

    def _write(self, path: str, *asked: str) -> None:
        text = self.text(path)
        for each in asked:
            text = lists.listed(text, each)
        (self.folder / path).write_bytes(text.encode())

    def _uv(self, *words: str) -> None:
        process.capture(["uv", *words, "--python", sys.executable], cwd=self.folder)


@contextmanager
def scratch(project: Project, place: Layout) -> Iterator[Scratch]:
    """The lists of a project, to be changed.

    Raises:
        ConfigError: one that has to be there is not.
    """
    with TemporaryDirectory(prefix="mainline-") as folder:
        found = Scratch(Path(folder), place)
        for path in found.paths:
            if not (project / path).is_file():
                raise ConfigError(f"{path}: not here; git has it as it was, or the template that you began with")
        shutil.copytree(project / "requirements", found.folder / "requirements")
        for path in COPIED:
            if (project / path).is_file():
                (found.folder / path).parent.mkdir(exist_ok=True)
                shutil.copyfile(project / path, found.folder / path)
        if (project / "vendor").is_dir():
            (found.folder / "vendor").symlink_to(project / "vendor")
        yield found
