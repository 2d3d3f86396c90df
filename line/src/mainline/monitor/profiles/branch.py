"""The branch `mainline/monitor`: its files, and how a host's own are put there."""

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from mainline.errors import MonitorError, ToolFailed
from mainline.monitor.profiles import files
from mainline.tools import git
from mainline.tools.cells import Cell, commit_of

NAME = "mainline/monitor"
CELL = Cell(NAME, "profiles wait")
SEEN = "refs/mainline/monitor"
"""What this clone has fetched of it, so that git keeps it."""
MOST_FILES = 100_000
CANNOT = f"profiles wait: {NAME} cannot be written ({{}}); let this host push to it"
ROUNDS = 20  # as many hosts may come first, in one push


def tip(root: Path) -> str | None:
    """The branch's commit, brought here; None where there is no such branch yet.

    Raises:
        ToolFailed: the remote cannot be reached.
    """
    there = CELL.tips(root)[0]
    if there and commit_of(root, SEEN) != there:
        CELL.bring(root)
        _remember(root, there)
    return there


def days(root: Path, commit: str | None) -> frozenset[str]:
    """The paths of all files of days at a commit."""
    if commit is None:
        return frozenset()
    return frozenset(git.paths("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit, "--", "days/", root=root))


def _remember(root: Path, commit: str) -> None:
    with suppress(ToolFailed):  # a lock that a crash left behind only costs another fetch
        git.git("update-ref", SEEN, commit, root=root)


def read(root: Path) -> Iterator[tuple[str, bytes]]:
    """Path and content of each file, in order.

    Raises:
        ToolFailed: the remote cannot be reached.
        MonitorError: something there is no file, or too large; it is named.
    """
    there = tip(root)
    return iter(()) if there is None else _files(root, there)


def _files(root: Path, commit: str) -> Iterator[tuple[str, bytes]]:
    listed = git.paths("ls-tree", "-r", "-l", "-z", "--full-tree", commit, root=root)
    if len(listed) > MOST_FILES:
        raise MonitorError(f"{NAME}: more than {MOST_FILES:,} files; somebody else writes there")
    blobs: list[tuple[str, str]] = []
    for line in listed:
        facts, _, path = line.partition("\t")
        _, kind, blob, size = facts.split()
        if kind != "blob" or int(size) > files.MOST_BYTES:
            raise files.damaged(path, f"no file of at most {files.MOST_BYTES:,} bytes")
        blobs.append((path, blob))
    asked = "".join(f"{blob}\n" for _, blob in blobs).encode()
    told = git.git_bytes("cat-file", "--batch", "--buffer", root=root, stdin=asked)
    at = 0
    for path, _ in blobs:
        start = told.index(b"\n", at) + 1
        end = start + int(told[at : start - 1].split()[2])
        yield path, told[start:end]
        at = end + 1


def put(root: Path, own: Mapping[str, str], message: str, shared: Mapping[str, str]) -> str | None:
    """Put files there, and leave all others as they are.

    Args:
        root: any repository of the remote's.
        own: content by path; only this host writes there.
        message: the commit's.
        shared: the same of files that whoever comes first writes, all in the same words.

    Returns:
        The commit, or None where all of it was there already.

    Raises:
        ToolFailed: the remote cannot be reached, or does not let this host write.
        MonitorError: a shared file is there, in other words.
    """
    texts = {**shared, **own}
    blobs = {path: git.git("hash-object", "-w", "--stdin", root=root, stdin=text) for path, text in texts.items()}
    for _ in range(ROUNDS):
        before = tip(root)
        there = _blobs(root, before, shared)
        if strange := [path for path in there if there[path] != blobs[path]]:
            raise MonitorError(f"{NAME}: {strange[0]} is there in other words; its counts stay here")
        commit = _commit(root, before, blobs, message)
        if commit is None:
            return None
        if CELL.settle(root, before, commit, CANNOT):
            _remember(root, commit)
            return commit
    raise ToolFailed(f"profiles wait: other hosts came first, {ROUNDS} times")


def _blobs(root: Path, commit: str | None, paths: Iterable[str]) -> dict[str, str]:
    """Those of the files that are there, each with the hash of its content."""
    if commit is None or not (asked := list(paths)):
        return {}
    listed = git.paths("ls-tree", "-z", "--full-tree", commit, "--", *asked, root=root)
    return {path: facts.split()[2] for facts, _, path in (line.partition("\t") for line in listed)}


def _commit(root: Path, before: str | None, blobs: Mapping[str, str], message: str) -> str | None:
    with tempfile.TemporaryDirectory(prefix="mainline-") as folder:
        env = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
        git.git("read-tree", *([before] if before else ["--empty"]), root=root, env=env)
        wanted = "".join(f"100644 {blob}\t{path}\n" for path, blob in sorted(blobs.items()))
        git.git("update-index", "--add", "--index-info", root=root, env=env, stdin=wanted)
        tree = git.git("write-tree", root=root, env=env)
    if before and tree == git.git("rev-parse", f"{before}^{{tree}}", root=root):
        return None
    above = ["-p", before] if before else []
    return git.git(*git.IDENTITY, "commit-tree", tree, *above, "-m", message, root=root)
