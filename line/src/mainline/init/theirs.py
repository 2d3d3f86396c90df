"""What a repository has already: its tables, its training script, and what the two say of the model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from mainline.errors import ConfigError, nearest
from mainline.init import script, table
from mainline.init.script import Script
from mainline.init.table import Table
from mainline.tools import git

TABLES = (".csv", ".tsv", ".parquet")


@dataclass(frozen=True)
class Choice:
    """What the user says where it is not clear."""

    table: str | None = None
    script: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class Theirs:
    """A repository, and what was read in it."""

    root: Path
    table: Table
    kept: bool
    """Whether git or DVC keeps the table."""
    target: str
    target_from: str
    script_path: str
    script: Script


def top(folder: Path) -> Path:
    """The top of the repository that a folder lies in.

    Raises:
        MainlineError: it lies in none.
    """
    return git.top(folder, "run `git init`, and commit what is there")


def read(root: Path, choice: Choice) -> Theirs:
    """Find the table, the script and the target.

    Raises:
        ConfigError: something is not there, or there is more than one and nobody said which.
    """
    tracked = frozenset(filter(None, git.git("ls-files", "-z", root=root).split("\0")))
    kept = tracked.union(*(_outs(root, each) for each in tracked if each.endswith(".dvc")))
    path, told = _script(root, tracked, choice.script)
    found = table.read(root, choice.table or _table(kept, told))
    target, source = _target(found, told, path, choice.target)
    return Theirs(root, found, found.path in kept, target, source, path, told)


def _script(root: Path, tracked: frozenset[str], named: str | None) -> tuple[str, Script]:
    paths = [named] if named else sorted(path for path in tracked if path.endswith(".py") and not _is_test(path))
    read = {path: found for path in paths if (found := _read(root / path, missing_ok=named is None))}
    making = {path: found for path, found in read.items() if found.estimators}
    if not making:
        where = named or "no training script here"
        known = "scikit-learn, XGBoost, LightGBM or CatBoost"
        raise ConfigError(f"{where}: no classifier or regressor of {known} is made in it; name one with --script")
    path = _only(list(making), "--script", "which one trains the model", lambda each: "train" in Path(each).name)
    return path, making[path]


def _read(path: Path, *, missing_ok: bool) -> Script | None:
    try:
        return script.read(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError) as error:
        if missing_ok:
            return None
        reason = error.strerror if isinstance(error, OSError) else "it is no Python"
        raise ConfigError(f"--script {path.name}: cannot be read ({reason})") from None


def _is_test(path: str) -> bool:
    return any(part in ("test", "tests") or part.startswith("test_") for part in PurePosixPath(path).parts)


def _table(kept: frozenset[str], told: Script) -> str:
    found = sorted(path for path in kept if path.endswith(TABLES))
    if not found:
        raise ConfigError("no table here: no .csv, .tsv or .parquet that git or DVC keeps; name one with --table")
    mentioned = {PurePosixPath(text).name for text in told.texts}
    return _only(found, "--table", "which one is the model made from", lambda each: Path(each).name in mentioned)


def _outs(root: Path, path: str) -> list[str]:
    """The files that DVC keeps by a .dvc file."""
    try:
        said: Any = yaml.safe_load((root / path).read_text(encoding="utf-8"))
        return [str(PurePosixPath(path).parent / out["path"]) for out in said["outs"]]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return []  # not one of DVC's


def _only(found: Sequence[str], option: str, question: str, likely: Callable[[str], bool]) -> str:
    """The only one there is, or the only one that is likely."""
    for some in (found, [each for each in found if likely(each)]):
        if len(some) == 1:
            return some[0]
    more = ", ..." if len(found) > 8 else ""
    raise ConfigError(f"{option}: {question}? There are: {', '.join(found[:8])}{more}")


def _target(found: Table, told: Script, path: str, named: str | None) -> tuple[str, str]:
    """The column to predict, and how it was found."""
    listed = ", ".join(found.columns[:12]) + (", ..." if len(found.columns) > 12 else "")
    if named:
        if named not in found.columns:
            raise ConfigError(f"--target: {found.path} has no column {named!r}; {nearest(named, found.columns)}")
        return named, "as you said"
    lines = {column: line for column, line in told.targets if column in found.columns}
    if len(lines) == 1:
        ((column, line),) = lines.items()
        return column, f"{path}, line {line}"
    if usual := found.usual_target():
        return usual, "by its name"
    raise ConfigError(f"--target: which column of {found.path} is to be predicted? There are: {listed}")
