"""Tables from files of any length, a piece at a time and in their order: Parquet, CSV, TSV, and the latter as .gz."""

import csv
import io
import zlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pipeline.errors import ParamsError, SourceError, brief, nearest
from service.score.bytes import Checked

SEPARATORS = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
OTHERS = (",", ";", "\t", "|")
BLOCK, LARGEST_BLOCK = 1024**2, 64 * 1024**2  # bytes of text read at once, and the longest row
BATCH = 16_384  # rows of Parquet read at once
BUFFER = 256 * 1024  # bytes read ahead of each Parquet column: without it a whole row group is
DAMAGED = (pa.ArrowException, OSError, EOFError, zlib.error)
LAST = "\x1d the last row \x1e"


class Source(Protocol):
    """A table in a file."""

    schema: pa.Schema
    """The columns, by names without blanks around them."""
    countable: bool
    """Whether rows may be skipped unread; settable, for what an earlier reading found."""

    def total(self) -> float:
        """How many rows there are, or seem to be."""

    def batches(self, names: Sequence[str], skip: int) -> Iterator[pa.RecordBatch]:
        """Columns by their names, without the first rows.

        Raises:
            SourceError: the file is damaged, with where.
        """


def kind_of(path: Path) -> str:
    """The kind of table that a file's name stands for: .parquet, or one of SEPARATORS; empty for anything else."""
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    known = [*SEPARATORS] if path.suffix.lower() == ".gz" else [*SEPARATORS, ".parquet"]
    return suffix.lower() if suffix.lower() in known else ""


def identity_of(path: Path) -> list[int]:
    """What is another number once a file was changed or replaced."""
    if not path.exists():
        return []
    facts = path.stat()
    return [facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns]


def check_encoding(name: str) -> None:
    """Refuse what is none.

    Raises:
        ParamsError: it is none.
    """
    try:
        "a".encode(name)
    except (LookupError, UnicodeError):
        raise ParamsError(f"--encoding: {name!r} is none; some are utf-8, latin1, cp1252, gb18030") from None


def open_source(path: Path, wanted: Collection[str], encoding: str = "utf-8") -> Source:
    """Open a table.

    Args:
        wanted: names of columns by which the right separator of a text file shows.
        encoding: of a text file.

    Raises:
        SourceError: it is not there, empty, or no table.
    """
    if not path.is_file():
        near = [each.name for each in path.parent.glob("*") if kind_of(each)] if path.parent.is_dir() else []
        what = "a folder; name one file" if path.is_dir() else f"no such file{nearest(path.name, sorted(near))}"
        raise SourceError(f"{path}: {what}")
    if not kind_of(path):
        raise SourceError(f"{path}: neither .parquet nor {', '.join(SEPARATORS)} (or these with .gz)")
    try:
        if not path.stat().st_size:
            raise SourceError(f"{path}: empty; it needs a header line and rows")
        source: Source = Parquet(path) if kind_of(path) == ".parquet" else Text(path, wanted, encoding)
    except DAMAGED as error:
        raise SourceError(f"{path}: cannot be read ({brief(error)})") from None
    names = source.schema.names
    if repeated := [name for name in names if name and names.count(name) > 1]:
        raise SourceError(f"{path}: column {repeated[0]!r} stands there twice; rename one")
    return source


class Parquet:
    """A Parquet file."""

    countable = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pyarrow.parquet.ParquetFile(path, buffer_size=BUFFER, pre_buffer=False)
        self._about = self._file.metadata
        fields = list(self._file.schema_arrow)
        self._raw = {_clean(field.name): field.name for field in fields}
        self.schema = pa.schema([(_clean(field.name), _plain(field.type)) for field in fields])

    def total(self) -> float:
        """How many rows there are."""
        return int(self._about.num_rows)

    def batches(self, names: Sequence[str], skip: int) -> Iterator[pa.RecordBatch]:
        """Columns by their names, without the first rows."""
        group, place = 0, skip
        while group < self._about.num_row_groups and place >= (rows := self._about.row_group(group).num_rows):
            group, place = group + 1, place - rows
        groups, raw, done = list(range(group, self._about.num_row_groups)), [self._raw[name] for name in names], skip
        try:
            for batch in self._file.iter_batches(BATCH, row_groups=groups, columns=raw, use_threads=False):
                kept, place = batch.slice(place), max(0, place - batch.num_rows)
                columns = [_decoded(kept.column(name)) for name in raw]
                yield pa.record_batch(columns, names=list(names))
                done += kept.num_rows
        except DAMAGED as error:
            raise SourceError(f"{self._path}: damaged after row {done:,} ({brief(error)})") from None
        if done != self._about.num_rows:
            raise SourceError(f"{self._path}: damaged; it ends after row {done:,} of {self._about.num_rows:,}")


class Text:
    """A text file with a separator between cells."""

    def __init__(self, path: Path, wanted: Collection[str], encoding: str) -> None:
        self._path, self._encoding, self._stream = path, encoding, Checked(path)
        usual = SEPARATORS[kind_of(path)]
        headers = {each: self._header(each) for each in (usual, *OTHERS)}
        self._separator = max(headers, key=lambda each: len({*map(_clean, headers[each])} & {*wanted}))
        header = headers[self._separator]
        if not header:
            raise SourceError(f"{path}: empty; it needs a header line and rows")
        self._raw, self._width = {_clean(name): name for name in header}, len(header)
        self.schema = pa.schema([(_clean(name), pa.string()) for name in header])
        self._ragged, self._rows = "", 0
        self.countable = True  # until there is an empty row: whoever skips rows counts it, whoever reads them does not

    def total(self) -> float:
        """How many rows there seem to be, by the rows read so far."""
        return self._rows / max(self._stream.share(), 1e-9)

    def batches(self, names: Sequence[str], skip: int) -> Iterator[pa.RecordBatch]:
        """Columns by their names, without the first rows."""
        self._rows, ended, block = skip, False, BLOCK
        while True:
            self._stream = Checked(self._path, self._separator.join([LAST] * self._width), self._encoding)
            try:
                for batch in self._reader([self._raw[name] for name in names], self._rows, block):
                    if batch.num_rows and batch.column(0)[-1].as_py() == LAST:
                        batch, ended = batch.slice(0, batch.num_rows - 1), True
                    self._rows += batch.num_rows
                    self.countable &= not self._stream.empty_rows
                    yield batch.rename_columns(list(names))
                break
            except DAMAGED as error:
                if "straddling" not in str(error) or block >= LARGEST_BLOCK:
                    raise self._explained(error) from None
                block *= 8  # a row longer than a block
        if self._stream.marked and not ended:
            raise SourceError(f"{self._path}: ends inside of a quoted cell; is it cut short?")

    def _reader(self, raw: list[str], skip: int, block: int) -> Iterator[pa.RecordBatch]:
        unread = skip if self.countable else 0
        batches = pyarrow.csv.open_csv(
            self._stream,
            pyarrow.csv.ReadOptions(block_size=block, use_threads=False, skip_rows_after_names=unread),
            pyarrow.csv.ParseOptions(
                delimiter=self._separator, newlines_in_values=True, invalid_row_handler=self._odd_row
            ),
            pyarrow.csv.ConvertOptions(
                include_columns=raw, column_types=dict.fromkeys(raw, pa.string()), strings_can_be_null=False
            ),
        )
        left = skip - unread
        for batch in batches:
            yield batch.slice(left)
            left = max(0, left - batch.num_rows)

    def _odd_row(self, row: pyarrow.csv.InvalidRow) -> str:
        if not row.text.strip():
            self.countable = False
            return "skip"
        self._ragged = f"row {row.number - 1:,}: {row.actual_columns} cells where the header has {row.expected_columns}"
        return "error"

    def _explained(self, error: BaseException) -> SourceError:
        if self._ragged:
            return SourceError(f"{self._path}, {self._ragged}; quote cells that hold {self._separator!r}")
        if "straddling" in str(error):
            where, most = f"{self._path}, after row {self._rows:,}", LARGEST_BLOCK // 1024**2
            return SourceError(f"{where}: a row of over {most} MiB; is a quote opened and never closed?")
        return SourceError(f"{self._path}, after row {self._rows:,}: cannot be read ({brief(error)})")

    def _header(self, separator: str) -> list[str]:
        with io.BufferedReader(Checked(self._path, encoding=self._encoding)) as stream:
            lines = io.TextIOWrapper(stream, "utf-8-sig", newline="")
            try:
                return next((row for row in csv.reader(lines, delimiter=separator) if row), [])
            except csv.Error as error:
                raise SourceError(f"{self._path}, line 1: not a header ({brief(error)})") from None


def _clean(name: str) -> str:
    return name.lstrip("\ufeff").strip()


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _decoded(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
