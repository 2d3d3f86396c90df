"""Merges what the line changed into a project, with git: three ways, all or nothing, conflicts as git leaves them."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mainline.errors import ConfigError, ToolFailed
from mainline.tools import git
from mainline.upgrade import pins
from mainline.upgrade.files import PYPROJECT, Files

PLAIN = ("-c", "commit.gpgSign=false", "-c", "merge.directoryRenames=false")
Tree = dict[str, str]
"""What a commit holds: mode and object by path."""


@dataclass(frozen=True)
class Done:
    """What was done, by path."""

    added: list[str]
    changed: list[str]
    removed: list[str]
    merged: list[str]
    kept_away: list[str]
    """Removed by the owner, and changed in the line."""


def merge(root: Path, base: Files, new: Files, message: str) -> Done:
    """Bring the way from `base` to `new` into the index and the tree of a project whose tree is clean.

    Raises:
        ConfigError: something of the owner's is in the way.
        ToolFailed: git says no. Either way nothing has changed.
    """
    head = listed("HEAD", root)
    away = sorted(path for path in base.keys() - head.keys() if path in new and new[path] != base[path])
    new = {path: content for path, content in new.items() if path in head or path not in base}
    base = {path: content for path, content in base.items() if path in head}
    _refuse_what_is_in_the_way(root, head, new.keys() - base.keys())
    plain = base
    base, new = _by_package(root, base, new)
    with git.worktree("HEAD", root) as tree:
        before = _commit(tree, base, new.keys() - base.keys(), "The line as it was")
        after = _commit(tree, new, base.keys() - new.keys(), message)
    was, now = listed(before, root), listed(after, root)
    touched = sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))
    with _or_as_before(root, head, touched):
        _pick(root, after)
    _sweep(root, [path for path in touched if path not in now])
    ours = {path for path in touched if head.get(path) != was.get(path) or base.get(path) != plain.get(path)}
    return Done(
        added=[path for path in touched if path not in was and path not in ours],
        changed=[path for path in touched if path in was and path in now and path not in ours],
        removed=[path for path in touched if path not in now and path not in ours],
        merged=[path for path in sorted(ours) if head.get(path) != now.get(path)],
        kept_away=away,
    )


def listed(commit: str, root: Path) -> Tree:
    """The files of a commit."""
    lines = (line.split("\t", 1) for line in git.paths("ls-tree", "-r", "-z", commit, root=root))
    return {path: facts for facts, path in lines}


def open_conflicts(root: Path) -> dict[str, str]:
    """Paths that git holds to be in conflict, and what kind each is."""
    stages: dict[str, str] = {}
    for line in git.paths("ls-files", "-u", "-z", root=root):
        facts, path = line.split("\t", 1)
        stages[path] = stages.get(path, "") + facts[-1]
    kinds = {"12": "changed by you, removed from the line", "23": "added by both"}
    return {path: kinds.get(which, "changed by both") for path, which in stages.items()}


def _refuse_what_is_in_the_way(root: Path, head: Tree, added: Iterable[str]) -> None:
    folders = {str(folder) for path in head for folder in PurePosixPath(path).parents}
    for path in sorted(added):
        above = [str(folder) for folder in PurePosixPath(path).parents if str(folder) in head]
        if above or path in folders or (path not in head and os.path.lexists(root / path)):
            taken = above[0] if above else path
            raise ConfigError(f"{taken}: in the way of the line's own {path}; rename yours, and run this again")


def _by_package(root: Path, base: Files, new: Files) -> tuple[Files, Files]:
    """Let what both list of packages be merged as such; git does the rest."""
    base, new = dict(base), dict(new)
    for path in base.keys() & new.keys():
        if new[path] != base[path] and (path == PYPROJECT or pins.PINS.fullmatch(path)):
            ours = git.git_bytes("cat-file", "blob", f"HEAD:{path}", root=root)
            if ours not in (base[path], new[path]):
                base[path], new[path] = pins.side_by_side(path, base[path], ours, new[path])
    return base, new


def _commit(tree: Path, files: Files, removed: Iterable[str], message: str) -> str:
    """A commit on top of a scratch tree's, with these files in it and without those."""
    for path in removed:
        (tree / path).unlink(missing_ok=True)
    for path, content in files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).unlink(missing_ok=True)  # it may be a link
        (tree / path).write_bytes(content)
        (tree / path).chmod(0o755 if content.startswith(b"#!") else 0o644)
    git.git("add", "--all", "--force", ".", root=tree)
    said = ("commit", "--quiet", "--allow-empty", "--no-verify", "--message", message)
    git.git(*git.NO_HOOKS, *PLAIN, *git.identity(tree), *said, root=tree)
    return git.git("rev-parse", "HEAD", root=tree)


def _pick(root: Path, commit: str) -> None:
    how = ("cherry-pick", "--no-commit", "--strategy-option=no-renames", commit)
    try:
        git.git(*git.NO_HOOKS, *PLAIN, *git.identity(root), *how, root=root)
    except ToolFailed:
        if not open_conflicts(root):
            raise


@contextmanager
def _or_as_before(root: Path, head: Tree, touched: Sequence[str]) -> Iterator[None]:
    """Where the block fails, these paths are in tree and index what they are in HEAD."""
    try:
        yield
    except BaseException:
        names = "\0".join(path for path in touched if path in head)
        git.git("read-tree", "--reset", "HEAD", root=root)
        git.git("checkout-index", "--force", "-z", "--stdin", root=root, stdin=names)
        for path in touched:
            if path not in head:
                (root / path).unlink(missing_ok=True)
        _sweep(root, [path for path in touched if path not in head])
        git.git("update-index", "-q", "--refresh", root=root, check=False)
        raise


def _sweep(root: Path, gone: Iterable[str]) -> None:
    """Remove the folders that files left empty, but for what Python keeps there."""
    for folder in sorted({root / folder for path in gone for folder in PurePosixPath(path).parents}, reverse=True):
        if folder != root and folder.is_dir() and {each.name for each in folder.iterdir()} <= {"__pycache__"}:
            shutil.rmtree(folder / "__pycache__", ignore_errors=True)
            with suppress(OSError):
                folder.rmdir()
