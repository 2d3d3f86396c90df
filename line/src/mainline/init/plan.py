"""What is to be added to a repository, and what is in the way."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mainline.errors import ConfigError
from mainline.init import files, source, theirs, wheels
from mainline.init.files import File
from mainline.init.script import Estimator
from mainline.init.theirs import Choice, Theirs
from mainline.tools import git


@dataclass(frozen=True)
class Plan:
    """What would be done."""

    theirs: Theirs
    estimator: Estimator
    files: tuple[File, ...]
    clashes: tuple[str, ...]
    """What is there already under a name that the line needs."""


def here(root: Path) -> bool:
    """Whether a repository has the line already."""
    held = (files.TASKS, wheels.LINE, "src/mainline/cli.py", source.WHEEL)
    return (root / "dvc.yaml").exists() and any((root / each).exists() for each in held)


def make(root: Path, choice: Choice, origin: str | None) -> Plan:
    """Read a repository, and plan; nothing is written.

    Raises:
        ConfigError: it has uncommitted files, or no table or no script can be told.
    """
    if dirty := git.dirty(root):
        raise ConfigError(
            f"{dirty[0]}: not committed; commit or stash it, so that git tells your files from the line's"
        )
    with source.checkout(origin) as checkout:
        found = theirs.read(root, choice)
        estimator = found.script.estimators[0]
        brought = files.bring(checkout, found, estimator)
    names = [*(each.path for each in brought), *files.claimed(brought)]
    return Plan(
        found, estimator, tuple(brought), tuple(dict.fromkeys(clash for each in names for clash in _at(root, each)))
    )


def _at(root: Path, path: str) -> list[str]:
    """What is in the way of a path: itself, or a file where it needs a folder."""
    above = [str(each) for each in PurePosixPath(path).parents if str(each) != "." and _is_no_folder(root / each)]
    there = (root / path).exists() or (root / path).is_symlink()
    return above or ([path] if there else [])


def _is_no_folder(path: Path) -> bool:
    return (path.exists() or path.is_symlink()) and not path.is_dir()
