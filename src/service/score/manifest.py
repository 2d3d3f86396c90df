"""What a folder of answers says of itself, in its _manifest.json: the model, the parts that are there, and what failed.

Runs that share a folder out have one each, _manifest-3-of-8.json: what one of them has done, all others know.
"""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import ParamsError
from service.score.journal import OutputError

NAME, PATTERN = "_manifest.json", "_manifest*.json"
SECONDS = 1.0  # between two writings: of thousands of parts each would be a longer one


@dataclass(frozen=True)
class Part:
    """A part that is there."""

    rows: int
    input: tuple[int, int]
    """Bytes and nanoseconds of its last change, of the file that it answers."""
    bytes: int
    unreadable: Mapping[str, int]


@dataclass
class Manifest:
    """The manifest of one run."""

    folder: Path
    about: dict[str, Any]
    """What the answers of all parts depend on."""
    name: str = NAME
    done: dict[str, Part] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    _written: float = 0.0

    def write(self, *, now: bool = True) -> None:
        """Write it, whole or not at all; where it need not be now, if it was not just written."""
        if not now and time.monotonic() - self._written < SECONDS:
            return
        rows = sum(part.rows for part in self.done.values())
        told = {"rows": rows, "parts": len(self.done), **self.about, "failed": dict(sorted(self.failed.items()))}
        told["done"] = {name: vars(part) for name, part in sorted(self.done.items())}
        partial = self.folder / f".{self.name}.partial"
        try:
            partial.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
            os.replace(partial, self.folder / self.name)
        except OSError as error:
            raise OutputError(f"{self.folder / self.name}: cannot be written ({error.strerror or error})") from None
        self._written = time.monotonic()


def begin(folder: Path, about: dict[str, Any], name: str, *, overwrite: bool) -> tuple[Manifest, dict[str, Part]]:
    """The manifest of a run that begins, and the parts that earlier runs of the same have done.

    Raises:
        ParamsError: the folder holds answers of another model or of other options, or what no such run has written.
        OutputError: it cannot be written.
    """
    there = sorted(folder.glob(PATTERN))
    strangers = [each.name for each in sorted(folder.iterdir()) if not each.name.startswith(".")]
    if not there and strangers and not overwrite:
        raise ParamsError(f"{folder}: holds {strangers[0]!r}, and no {NAME}; name an empty folder, or --overwrite")
    done: dict[str, Part] = {}
    for path in there:
        said = _read(path)
        if other := [key for key in about if said.get(key) != about[key]]:
            if said["done"] and not overwrite:
                was, now = said.get(other[0]), about[other[0]]
                way = "--overwrite replaces them, or name another folder"
                raise ParamsError(f"{folder}: its answers are with {other[0]}: {was}, and now it is {now}; {way}")
            path.unlink(missing_ok=True)
            continue
        done |= {key: Part(**each | {"input": tuple(each["input"])}) for key, each in said["done"].items()}
    manifest = Manifest(folder, about, name)
    manifest.write()
    return manifest, done


def _read(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        said["done"].items()
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        raise ParamsError(f"{path}: is not mine, or damaged; remove it, and all parts are done again") from None
    return dict(said)
