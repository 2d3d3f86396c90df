"""Answers into files, some rows at a time; the bytes depend on the rows alone, not on when a run was interrupted."""

import csv
import gzip
import io
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from service.score.journal import OutputError
from service.score.tables import SEPARATORS, kind_of

GROUP = 131_072  # rows of a Parquet row group
CELLS = 16 * 1024**2  # and its cells at most


class Writer(Protocol):
    """Writes tables of one schema below each other."""

    def write(self, table: pa.Table) -> None:
        """Add rows."""

    def close(self) -> None:
        """Write what is left. The file stays open."""

    def abandon(self) -> None:
        """Write nothing more, whatever is left; of no effect after close."""


def open_writer(file: BinaryIO, output: Path, schema: pa.Schema) -> Writer:
    """What writes the kind of file that a name stands for.

    Raises:
        OutputError: the name stands for none, or its kind cannot hold such columns.
    """
    if not kind_of(output):
        raise OutputError(f"{output}: must end in .parquet, {', '.join(SEPARATORS)} (or these with .gz)")
    try:
        return Parquet(file, schema) if kind_of(output) == ".parquet" else Text(file, output, schema)
    except pa.ArrowException as error:
        raise OutputError(f"{output}: cannot hold these columns ({error})") from None


class Parquet:
    """A Parquet file in row groups of the same length."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pyarrow.parquet.ParquetWriter(file, schema, compression="zstd", compression_level=1)
        self._held, self._rows = schema.empty_table(), max(1, min(GROUP, CELLS // len(schema)))

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._held = pa.concat_tables([self._held, table])
        while self._held.num_rows >= self._rows:
            self._write(self._rows)

    def close(self) -> None:
        """Write what is left."""
        if self._held.num_rows:
            self._write(self._held.num_rows)
        self._writer.close()

    def abandon(self) -> None:
        """Write nothing more."""
        self._writer.is_open = False  # or it would write the rest when it is collected, into a closed file

    def _write(self, rows: int) -> None:
        # as one piece: where pieces end shows in the file
        self._writer.write_table(self._held.slice(0, rows).combine_chunks(), row_group_size=rows)
        self._held = self._held.slice(rows)


class Text:
    """A text file; floats in the fewest digits that give the same bits, quotes where they are needed."""

    def __init__(self, file: BinaryIO, output: Path, schema: pa.Schema) -> None:
        packed = output.suffix.lower() == ".gz"
        # no name and no time in it: the same rows, the same bytes
        self._packer = gzip.GzipFile("", "wb", 1, file, mtime=0) if packed else None
        self._file = cast(BinaryIO, self._packer) if self._packer else file
        self._separator = SEPARATORS[kind_of(output)]
        self._text(schema.empty_table(), "none")
        header = io.StringIO()
        csv.writer(header, delimiter=self._separator, lineterminator="\n").writerow(schema.names)
        self._file.write(header.getvalue().encode())

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        table = table.combine_chunks()  # Arrow writes bytes of nothing for an empty one among them (its issue 36889)
        if not table.num_rows:
            return
        try:
            text = self._text(table, "none")
        except pa.ArrowInvalid:  # a cell needs quotes
            text = self._text(table, "needed")
        self._file.write(text)

    def close(self) -> None:
        """Write what is left."""
        if self._packer:
            self._packer.close()

    def abandon(self) -> None:
        """Write nothing more."""

    def _text(self, table: pa.Table, quotes: str) -> pa.Buffer:
        sink = pa.BufferOutputStream()
        options = pyarrow.csv.WriteOptions(include_header=False, delimiter=self._separator, quoting_style=quotes)
        pyarrow.csv.write_csv(table, sink, options)
        return sink.getvalue()
