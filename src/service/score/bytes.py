"""The bytes of a text file on their way to whoever parses them."""

import codecs
import gzip
import io
from pathlib import Path

from pipeline.errors import SourceError


class Checked(io.RawIOBase):
    """The bytes of a text file, unpacked, each block checked to be text in UTF-8 without zero bytes.

    Where quotes may be left open a last row is added: if they are, it ends up inside of a cell.
    """

    def __init__(self, path: Path, last: str = "") -> None:
        self._path, self._size, self._last = path, path.stat().st_size, last.encode()
        self._raw = path.open("rb")
        self._stream = gzip.GzipFile(fileobj=self._raw) if path.suffix.lower() == ".gz" else self._raw
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._at = self._lines = self._quotes = 0
        self._end = b"\n"
        self._rest: bytes | None = None
        self.marked = self.empty_rows = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """The next block."""
        if self._rest is None:
            block = self._stream.read(len(buffer))
            self._at = self._raw.tell()
            ended = len(block) < len(buffer)
            self._check(block, ended)
            self._rest = block + self._close_last_row() if ended else None
        if self._rest is not None:
            block, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(block)] = block
        return len(block)

    def share(self) -> float:
        """How much of the file is read."""
        return min(1.0, self._at / self._size)

    def close(self) -> None:
        """Close the file."""
        self._raw.close()
        super().close()

    def _check(self, block: bytes, ended: bool) -> None:
        try:
            self._decoder.decode(block, ended)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n") + 1
            raise SourceError(f"{self._path}, line {line:,}: not UTF-8 text; save it as UTF-8") from None
        if (place := block.find(b"\0")) >= 0:
            line = self._lines + block[:place].count(b"\n") + 1
            raise SourceError(f"{self._path}, line {line:,}: holds a zero byte; is it a text file?")
        joined = self._end + block[:1]
        self.empty_rows |= any(pair in joined or pair in block for pair in (b"\n\n", b"\n\r", b"\r\r"))
        self._lines += block.count(b"\n")
        self._quotes += block.count(b'"')
        self._end = block[-1:] or self._end

    def _close_last_row(self) -> bytes:
        self.marked = bool(self._last) and self._quotes % 2 == 1
        return (b"" if self._end in b"\r\n" else b"\n") + (self._last + b"\n" if self.marked else b"")
