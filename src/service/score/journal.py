"""What is answered so far, kept beside the output so that a killed run goes on where it was.

OUTPUT.partial/journal holds records, each with its length and checksum: first what the run is about, then the answers
of so many rows at a time. Whatever a kill, a crash or a full disk leaves of the last record is cut off by the next run.
"""

import contextlib
import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.errors import PipelineError

HEAD = struct.Struct("<QI")
NAME, ANSWERS = "journal", "answers"
PACKED = pa.ipc.IpcWriteOptions(compression="lz4")
FACTS = b"mainline"


class OutputError(PipelineError):
    """The output cannot be written, or is not to be."""


class Journal:
    """The journal of one output, and the lock on it, for as long as it is open."""

    def __init__(self, output: Path) -> None:
        """Open it.

        Raises:
            OutputError: another run is at it, or the folder is not one of ours.
        """
        self.folder = output.with_name(output.name + ".partial")
        self._path = self.folder / NAME
        while True:
            try:
                self.folder.mkdir(exist_ok=True)
                strangers = sorted({each.name for each in self.folder.iterdir()} - {NAME, ANSWERS})
                if strangers:
                    raise OutputError(f"{self.folder}: holds {strangers[0]!r}, which is not mine; move it away")
                self._file = self._path.open("a+b")
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._path.stat().st_ino == os.fstat(self._file.fileno()).st_ino:
                    return
            except BlockingIOError:
                self._file.close()
                raise OutputError(f"{output}: another run is writing it; wait for it, or name another file") from None
            except FileNotFoundError:
                if not output.parent.is_dir():
                    raise OutputError(f"{output}: there is no folder {output.parent}; make it first") from None
            except OSError as error:
                raise OutputError(f"{self.folder}: {error.strerror}") from None

    def begin(self, about: dict[str, Any]) -> str:
        """Say what this run is about; records of another run are dropped.

        Returns:
            What has changed since the run whose records were dropped; empty where there was none.
        """
        _, content = next(self._records(0), (0, b"{}"))
        before = json.loads(content)
        if before != about:
            self._file.truncate(0)
            self._append(json.dumps(about).encode())
        changed = [name for name in about if before.get(name) != about[name]]
        return changed[0] if before and changed else ""

    def replay(self) -> Iterator[tuple[pa.Table, dict[str, Any]]]:
        """The answers kept so far, each with its facts; what is damaged, and all after it, is cut off."""
        start, _ = next(self._records(0))
        for end, content in self._records(start):
            table = pa.ipc.open_stream(content).read_all()
            yield table.replace_schema_metadata(None), json.loads(table.schema.metadata[FACTS])
            start = end
        self._file.truncate(start)

    def keep(self, table: pa.Table, facts: dict[str, Any]) -> None:
        """Add answers."""
        sink = pa.BufferOutputStream()
        table = table.replace_schema_metadata({FACTS: json.dumps(facts)})
        with pa.ipc.new_stream(sink, table.schema, options=PACKED) as stream:
            stream.write_table(table)
        self._append(sink.getvalue())

    def remove(self) -> None:
        """Remove the folder and all in it."""
        (self.folder / ANSWERS).unlink(missing_ok=True)
        self._path.unlink()
        self.folder.rmdir()

    def close(self) -> None:
        """Let go of it."""
        with contextlib.suppress(OSError):  # on a full disk, of what it could not write; the next run cuts that off
            self._file.close()

    def _append(self, content: bytes | pa.Buffer) -> None:
        self._file.write(HEAD.pack(memoryview(content).nbytes, zlib.crc32(content)))
        self._file.write(content)
        self._file.flush()

    def _records(self, start: int) -> Iterator[tuple[int, bytes]]:
        """Whole records from a place on: where each ends, and what it holds."""
        size = os.fstat(self._file.fileno()).st_size
        while start + HEAD.size <= size:
            self._file.seek(start)
            length, checksum = HEAD.unpack(self._file.read(HEAD.size))
            if start + HEAD.size + length > size:
                return
            content = self._file.read(length)
            if zlib.crc32(content) != checksum:
                return
            start += HEAD.size + length
            yield start, content
