"""Reads files of records that may still grow: whole lines, from a place on, and which file it is."""

import hashlib
from dataclasses import dataclass
from typing import BinaryIO

LARGEST = 32 * 2**20  # bytes of a line; a larger one is passed over
CHUNK = 4 * 2**20  # bytes that are read at once, or one line


@dataclass(frozen=True)
class Beginning:
    """The first line of a file, and what tells the file from all others."""

    identity: str
    """Of the first two lines: it stays while the file grows, is moved or copied."""
    first: bytes


@dataclass(frozen=True)
class Chunk:
    """Lines that lie one after the other."""

    lines: list[bytes]
    end: int
    """Where the next one begins."""
    too_large: int = 0

    @property
    def news(self) -> bool:
        """Whether there was anything to read."""
        return bool(self.lines or self.too_large)


def beginning(file: BinaryIO) -> Beginning | None:
    """How a file begins; None as long as its first two lines are not there."""
    file.seek(0)
    lines = []
    for _ in range(2):
        line = file.readline(LARGEST)
        if not line.endswith(b"\n"):
            if len(line) < LARGEST:
                return None
            if not _pass(file):
                return None
        lines.append(line)
    return Beginning(hashlib.sha256(b"".join(lines)).hexdigest()[:32], lines[0])


def read(file: BinaryIO, start: int) -> Chunk:
    """The whole lines from a place on, of about CHUNK bytes; none where no line is whole yet."""
    file.seek(start)
    data = file.read(CHUNK)
    if (end := data.rfind(b"\n") + 1) or len(data) < CHUNK:
        return Chunk(data[: end - 1].split(b"\n") if end else [], start + end)
    file.seek(start)
    line = file.readline(LARGEST)
    if line.endswith(b"\n"):
        return Chunk([line[:-1]], file.tell())
    if len(line) == LARGEST and _pass(file):
        return Chunk([], file.tell(), too_large=1)
    return Chunk([], start)


def _pass(file: BinaryIO) -> bool:
    """Go on behind the line's end; false where it has none yet."""
    while part := file.readline(CHUNK):
        if part.endswith(b"\n"):
            return True
    return False
