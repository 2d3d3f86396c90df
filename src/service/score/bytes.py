"""The bytes of a text file on their way to whoever parses them."""

import codecs
import gzip
import io
from pathlib import Path

from pipeline.errors import SourceError


class Checked(io.RawIOBase):
    """The bytes of a text file, unpacked, each block checked to be text without zero bytes, and in UTF-8.

    Where quotes may be left open a last row is added: if they are, it ends up inside of a cell.
    """

    def __init__(self, path: Path, last: str = "", encoding: str = "utf-8") -> None:
        self._path, self._size, self._last = path, path.stat().st_size, last.encode()
        self._raw = path.open("rb")
        self._stream = gzip.GzipFile(fileobj=self._raw) if path.suffix.lower() == ".gz" else self._raw
        self._encoding, self._decoder = encoding, codecs.getincrementaldecoder(encoding)()
        self._read = b""
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
            block, ended = self._next(len(buffer))
            self._at = self._raw.tell()
            self._check(block)
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

    def _next(self, most: int) -> tuple[bytes, bool]:
        """The next bytes, in UTF-8; and whether these are the last."""
        ended = False
        while len(self._read) < most and not ended:
            block = self._stream.read(most)
            ended = len(block) < most
            try:
                text = self._decoder.decode(block, ended)
            except UnicodeError as error:
                before = error.object[: error.start] if isinstance(error, UnicodeDecodeError) else b""
                line = self._lines + self._read.count(b"\n") + before.count(b"\n") + 1
                way = "save it as UTF-8, or say what it is in: --encoding latin1"
                raise SourceError(f"{self._path}, line {line:,}: not {self._encoding.upper()} text; {way}") from None
            self._read += block if self._encoding == "utf-8" else text.encode()
        block, self._read = self._read[:most], self._read[most:]
        return block, ended and not self._read

    def _check(self, block: bytes) -> None:
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
