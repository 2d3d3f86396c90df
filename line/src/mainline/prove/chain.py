"""The stages between the table and the answers, as dvc.lock pins them, in the order in which they run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from mainline.errors import ConfigError, Refused
from mainline.project import MODEL, Lock
from mainline.tools import dvc

RAW = "data/raw.parquet"
SIGNATURE = "models/signature.json"
ANSWERS = ("predictions/dev.parquet", "predictions/sealed.parquet")
JUDGED = (MODEL, SIGNATURE, *ANSWERS)
"""What a model is to the gate: another one of these is another model."""
CODE = ("src", "requirements", "data/names.txt")
"""Of what ingest declares, what holds no rows."""


@dataclass(frozen=True)
class Stage:
    """A stage of a dvc.lock."""

    name: str
    pinned: Mapping[str, Any]
    """All that is pinned of it: command, deps and outputs with their hashes, params."""

    @property
    def command(self) -> str:
        """What a shell runs."""
        said = self.pinned.get("cmd") or ""
        return "\n".join(["set -e", *said]) if isinstance(said, list) else str(said)

    @property
    def deps(self) -> dict[str, str]:
        """The content hash of what it declares, by path; empty for what has none."""
        return _hashes(self.pinned, "deps")

    @property
    def outs(self) -> dict[str, str]:
        """The content hash of what it makes, by path."""
        return _hashes(self.pinned, "outs")

    def makes(self, *paths: str) -> bool:
        """Whether one of these paths is an output, in one, or around one."""
        return any(_overlap(path, out) for path in paths for out in self.outs)


def stages(lock: Lock) -> dict[str, Stage]:
    """All stages of a dvc.lock, by name."""
    return {name: Stage(name, pinned) for name, pinned in dvc.pinned_stages(lock.text or "").items()}


def between(lock: Lock) -> list[Stage]:
    """The stages on the way from data/raw.parquet to the model and its answers, each after those it needs.

    Raises:
        ConfigError: no stage makes the table, or the model.
        Refused: one of them reads what ingest reads, where the labels of all rows are.
    """
    known = stages(lock)
    for path in (RAW, MODEL):
        if not any(each.makes(path) for each in known.values()):
            raise ConfigError(f"{dvc.LOCK}: no stage makes {path}; dvc.yaml says which stage does")
    before = _needed(known, (RAW,))
    found = [each for each in _needed(known, JUDGED) if each not in before]
    tables = {path for each in before for path in each.deps if not any(_overlap(path, code) for code in CODE)}
    for each in found:
        if read := next((path for path in each.deps for table in tables if _overlap(path, table)), None):
            raise Refused(f"{each.name} reads {read}, where the labels of all rows are; let it read {RAW} in its place")
    return found


def is_new(lock: Lock, base: Lock) -> bool:
    """Whether a dvc.lock pins another model, or other answers, than a base's."""
    mine, theirs = lock.outputs, base.outputs
    return not base or any(mine.get(path) != theirs.get(path) for path in JUDGED)


def _needed(known: Mapping[str, Stage], paths: tuple[str, ...]) -> list[Stage]:
    """The stages that make these paths, and those that make what they read."""
    found: dict[str, Stage] = {}

    def add(stage: Stage) -> None:
        if stage.name not in found:
            for other in _makers(known, tuple(stage.deps)):
                if other is not stage:
                    add(other)
            found[stage.name] = stage

    for each in _makers(known, paths):
        add(each)
    return list(found.values())


def _makers(known: Mapping[str, Stage], paths: tuple[str, ...]) -> Iterator[Stage]:
    return (each for each in known.values() if each.makes(*paths))


def _overlap(one: str, other: str) -> bool:
    first, second = PurePosixPath(one), PurePosixPath(other)
    return first.is_relative_to(second) or second.is_relative_to(first)


def _hashes(pinned: Mapping[str, Any], key: str) -> dict[str, str]:
    return {str(each["path"]): str(each.get("md5") or "") for each in pinned.get(key) or ()}
