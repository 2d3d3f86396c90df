"""Tables over HTTP: CSV and Parquet in, CSV, Parquet or JSON out."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet

from pipeline.model.inputs import Inputs
from pipeline.model.signature import Signature
from pipeline.table import columns
from pipeline.table import tables as frames
from pipeline.table.tables import ROW_ID
from service.http.names import MOST_PROBLEMS, check_names
from service.http.protocol import Refused
from service.http.rows import LARGEST, Reader

CSV, JSON, PARQUET = "text/csv", "application/json", "application/vnd.apache.parquet"
ALSO_PARQUET = ("application/parquet", "application/x-parquet")
SIMPLE = (
    *(pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null),
    *(pa.types.is_string, pa.types.is_large_string, pa.types.is_dictionary, pa.types.is_timestamp, pa.types.is_date),
)
CHARSETS = (
    *("utf-8", "us-ascii", "iso-8859-1", "windows-1252", "windows-1251", "utf-16", "gb18030", "gbk", "big5"),
    *("shift_jis", "euc-kr"),
)
MOST_WIDE = 2  # times the columns that there are: a header with more names is not looked at by pandas
EXPANDED = 8  # times a body's limit that a table may take when it is unpacked
UNPACKED, ROOM, CELL = 20, 256 * 1024, 64  # times its own body, and bytes beside them: in all, and of each cell


def media_of(stated: str, *, also: str = "") -> str:
    """CSV or PARQUET, by the body's type.

    Args:
        also: a type that would do as well, for the error.

    Raises:
        Refused: 415, it is neither.
    """
    media = PARQUET if stated in ALSO_PARQUET else stated
    if media not in (CSV, PARQUET):
        others = " or ".join(filter(None, (CSV, PARQUET, also)))
        raise Refused(415, f"a body of type {stated[:60] or 'unknown'!r}; send {others}")
    return media


def wanted(accept: str, otherwise: str) -> str:
    """The format of the answer: the first of the most wanted that is known; `otherwise` where any will do.

    Raises:
        Refused: 406, none of them is.
    """
    asked = []
    for each in accept.lower().split(",")[:20]:
        name, *parameters = (part.strip() for part in each.split(";"))
        weights = [p[2:] for p in parameters if p.startswith("q=")]
        weight = float(weights[0]) if weights and weights[0].replace(".", "", 1).isdecimal() else 1.0
        if weight > 0:
            asked.append((-weight, name))
    for _, name in sorted(asked, key=lambda each: each[0]):
        if name in ("*/*", ""):
            return otherwise
        if name in (CSV, "text/*"):
            return CSV
        if name in (JSON, "application/*"):
            return JSON
        if name in (PARQUET, *ALSO_PARQUET):
            return PARQUET
    raise Refused(406, f"answers come as {CSV}, {JSON} or {PARQUET}")


class Tables:
    """Reads tables by the model's signature."""

    def __init__(self, signature: Signature, reader: Reader, *, max_rows: int, max_body: int) -> None:
        self._signature, self._layout = signature, reader.layout
        self._names = [c.name for c in signature.features]
        self._read = frozenset({*self._names, ROW_ID})
        self._known = reader.known
        self._max_rows, self._max_bytes = max_rows, EXPANDED * max_body

    def read(self, body: bytes, media: str, charset: str = "utf-8") -> tuple[Inputs, pd.Series | None]:
        """Check a table, and take what the model reads.

        Returns:
            The rows, and their row_id where there is one.

        Raises:
            Refused: 400, columns are missing or unknown, or cells not of their column's kind; 413, too many rows;
                415, a charset that is not known.
        """
        frame = self._csv(body, charset) if media == CSV else self._parquet(body)
        if not len(frame):
            raise Refused(400, "the table has no rows")
        frame = self._signature.cleaned(frame)
        self._check_cells(frame)
        return Inputs.of(self._signature.conform(frame), self._layout), frame.get(ROW_ID)

    def _csv(self, body: bytes, charset: str) -> pd.DataFrame:
        if charset not in CHARSETS:
            raise Refused(415, f"charset {charset[:60]!r}; send {', '.join(CHARSETS)}")
        try:
            text = body.decode(charset).removeprefix("\ufeff")
            self._check_header(text)
            frame = pd.read_csv(
                io.StringIO(text), dtype=str, keep_default_na=False, na_values=("",), nrows=self._max_rows + 1
            )
        except (ValueError, csv.Error) as error:  # pandas' own errors, and those of UTF-8, are the former
            raise Refused(400, f"the body is not CSV in {charset.upper()}: {type(error).__name__}") from None
        if len(frame) > self._max_rows:
            raise self._too_many()
        return frame.set_axis([str(name).strip() for name in frame.columns], axis=1)

    def _check_header(self, text: str) -> None:
        """The names, and that the first row is no wider: pandas takes minutes for some thousand columns."""
        names = next(filter(None, csv.reader(io.StringIO(text, newline=""))), [])
        if len(names) > MOST_WIDE * len(self._known):
            check_names([name.strip() for name in names], self._names, self._known)  # some are unknown, or there twice
        try:
            head = pd.read_csv(io.StringIO(text), header=None, nrows=2, dtype=str)
        except pd.errors.ParserError:
            raise Refused(400, "the body is not CSV: rows have more cells than the header") from None
        check_names([str(name).strip() for name in next(iter(head.to_numpy()), ())], self._names, self._known)

    def _parquet(self, body: bytes) -> pd.DataFrame:
        try:
            file = pyarrow.parquet.ParquetFile(io.BytesIO(body))
            room = self._check_promises(file, len(body))
            texts = [
                field.name
                for field in file.schema_arrow
                if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
            ]
            # as dictionaries: a few bytes may stand for gigabytes of the same text
            reader = pyarrow.parquet.ParquetFile(io.BytesIO(body), read_dictionary=texts)
            table = reader.read(
                columns=[name for name in file.schema_arrow.names if name in self._read], use_threads=False
            )
            self._check_size(table, room)
            return frames.of_arrow(table, ignore_metadata=True, use_threads=False)
        except (pa.ArrowException, OSError, ValueError, TypeError) as error:
            raise Refused(400, f"the body is not a Parquet file that can be read: {type(error).__name__}") from None

    def _check_cells(self, frame: pd.DataFrame) -> None:
        problems = []
        for column in self._signature.features:
            if column.kind not in ("numeric", "date"):
                continue
            values, wrong = columns.parse(
                frame[column.name], column.kind, missing=self._signature.missing, date=column.date
            )
            if column.kind == "numeric":
                wrong = wrong | (values.astype("float64").abs() > LARGEST)
            kind = "a number" if column.kind == "numeric" else "a date"
            places = np.flatnonzero(wrong.to_numpy(dtype=bool))[:MOST_PROBLEMS]
            problems += [f"rows[{i}]: column {column.name!r} must be {kind}" for i in places]
        if problems:
            raise Refused(
                400, "; ".join(problems[:3]) + ("; ..." if len(problems) > 3 else ""), problems[:MOST_PROBLEMS]
            )

    def _check_promises(self, file: pyarrow.parquet.ParquetFile, size: int) -> int:
        """What the file says that it holds, before any of it is unpacked.

        Returns:
            Bytes that the table may take.
        """
        about = file.metadata
        check_names(file.schema_arrow.names, self._names, self._known)
        if about.num_rows > self._max_rows or about.num_row_groups > self._max_rows:
            raise self._too_many()
        self._check_types(file.schema_arrow)
        groups = (about.row_group(i) for i in range(about.num_row_groups))
        chunks = [group.column(i) for group in groups for i in range(about.num_columns)]
        chunks = [chunk for chunk in chunks if chunk.path_in_schema in self._read]
        cells = sum(chunk.num_values for chunk in chunks)
        if cells > about.num_rows * len(self._read):
            raise self._too_many()  # Arrow reads what the columns say, not what the table does
        room = min(self._max_bytes, ROOM + CELL * cells + UNPACKED * size)
        if sum(chunk.total_uncompressed_size for chunk in chunks) > room:
            raise self._too_large()
        return int(room)

    def _check_size(self, table: pa.Table, room: int) -> None:
        """The bytes of text that the table stands for, before it is made so."""
        total = table.nbytes
        for name in table.column_names:
            for chunk in table[name].chunks:
                if isinstance(chunk, pa.DictionaryArray) and len(chunk.dictionary):
                    lengths = pyarrow.compute.binary_length(chunk.dictionary.cast(pa.large_string()))
                    total += pyarrow.compute.sum(lengths.take(chunk.indices)).as_py() or 0
        if total > room:
            raise self._too_large()

    def _check_types(self, schema: pa.Schema) -> None:
        for field in schema:
            if field.name in self._names and not any(is_one(field.type) for is_one in SIMPLE):
                raise Refused(
                    400, f"column {field.name!r} is of type {str(field.type)[:60]}; send text, numbers or dates"
                )

    @staticmethod
    def _too_large() -> Refused:
        return Refused(413, "the table is too large when unpacked; send fewer rows at a time")

    def _too_many(self) -> Refused:
        return Refused(413, f"more than {self._max_rows:,} rows; send fewer at a time")


def write(answers: pd.DataFrame, media: str) -> bytes:
    """A table of answers as CSV (floats in the fewest digits that give the same bits) or Parquet."""
    if media == CSV:
        return str(answers.to_csv(index=False)).encode()
    stream = io.BytesIO()
    answers.to_parquet(stream, index=False)
    return stream.getvalue()
