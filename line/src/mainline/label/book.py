"""A person's file while they label: one line added for each vote, on the disk before the page says so."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mainline.errors import MainlineError
from mainline.label import files
from mainline.label.files import Vote
from mainline.project import Project

LOCKS = ".mainline/label"


@dataclass(frozen=True)
class Book:
    """Somebody's file, looked through once; `add` costs the same however long it is."""

    project: Project
    name: str

    def add(self, vote: Vote) -> None:
        """Add a vote: a whole line or none, and on the disk.

        Opened anew each time, as git may have put another file in its place meanwhile.

        Raises:
            ConfigError: it is no vote of theirs.
            OSError: it cannot be written; the file is as it was.
        """
        line = files.written(vote)
        files.parsed(line, self.name, "this vote")
        path = self.project / files.path(self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        try:
            before = os.fstat(handle).st_size
            between = b"\n" if before and os.pread(handle, 1, before - 1) != b"\n" else b""
            _whole(handle, between + line.encode() + b"\n", before)
        finally:
            os.close(handle)


def _whole(handle: int, content: bytes, before: int) -> None:
    """Write all of it and wait for the disk, or leave the file as long as it was."""
    try:
        if os.write(handle, content) != len(content):
            raise OSError(None, "the disk is full")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise


@contextmanager
def alone(project: Project, name: str) -> Iterator[None]:
    """Be the only page for this person in this tree for as long as the block runs.

    Raises:
        MainlineError: there is another one, or the folder of locks cannot be written.
    """
    folder = project / LOCKS
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise MainlineError(f"{LOCKS}: cannot be written ({error.strerror})") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        other = "stop it there with Ctrl-C, or label under another name: --as NAME"
        raise MainlineError(f"{name} has a page open here already; {other}") from None
    try:
        yield
    finally:
        os.close(handle)
