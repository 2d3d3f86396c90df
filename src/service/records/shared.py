"""A piece of memory that all workers of one service share, as a file, and change one at a time."""

import fcntl
import mmap
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service import system


class Shared:
    """So many bytes, zero at first: of all workers, or of this one alone where no file can be made."""

    def __init__(self, size: int, path: Path | None = None) -> None:
        """Make it, or find the one that another worker made."""
        self._file, self._lock = _opened(path, size), threading.Lock()
        self.alone = self._file is None
        """Whether this worker shares it with nobody."""
        self.bytes = memoryview(mmap.mmap(-1 if self._file is None else self._file, size))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Change it: no other worker or thread does meanwhile. One that is killed lets go of it."""
        with self._lock:
            if self._file is None:
                yield
                return
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)


def _opened(path: Path | None, size: int) -> int | None:
    """A file of this size; its space is taken now, as a full disk would end whoever writes to it later."""
    if path is None:
        return None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None
    try:
        system.reserve(file, size)
    except (OSError, ValueError):
        os.close(file)
        return None
    return file


def path_of(folder: Path) -> Path:
    """The file that the workers of one service share, as they are children of one process; files of others gone go."""
    for path in folder.glob("memory-*.bin"):
        if system.gone(path.stem.rpartition("-")[2]):
            path.unlink(missing_ok=True)
    return folder / f"memory-{os.getppid()}.bin"
