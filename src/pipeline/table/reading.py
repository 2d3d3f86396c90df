"""Reads a table from a file, here or elsewhere (fsspec): CSV, TSV, Parquet, and these compressed."""

import io
import lzma
import os
import warnings
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from pipeline.errors import SourceError, brief, nearest, without_password
from pipeline.params import Data
from pipeline.table import tables

MAX_BYTES = 8 * 1024**3
BLOCK = 16 * 1024**2
SECONDS = 10  # to be connected, and between two answers
OTHERS = frozenset({"xlsx", "xls", "xlsm", "xlsb", "ods", "json", "jsonl", "ndjson", "xml", "html", "feather", "orc"})


def read(data: Data) -> pd.DataFrame:
    """Read the file that data.source names: Parquet by its name, text otherwise.

    Raises:
        SourceError: it is not there, cannot be reached, or is not a table.
    """
    name = name_of(data.source)
    where = without_password(data.source)
    if others := OTHERS & {suffix.lower() for suffix in name.split(".")[1:]}:
        raise SourceError(f"{where}: .{min(others)} is not read; save the table as .csv or .parquet")
    content = _content(data.source, where)
    if not content.strip():
        raise SourceError(f"{where}: empty; it needs a header line and rows")
    if ".parquet" in name:
        import pyarrow.parquet

        try:
            return tables.of_arrow(pyarrow.parquet.read_table(io.BytesIO(content)))
        except (OSError, ValueError, pyarrow.ArrowException) as error:
            raise SourceError(f"{where}: not a Parquet file ({brief(error)})") from None
    return _text(content, name, where, data)


def name_of(source: str) -> str:
    """The name of a file, here or elsewhere."""
    return PurePosixPath(urlsplit(source).path if "://" in source else source).name


def _content(source: str, where: str) -> bytes:
    import fsspec

    if "://" not in source and not os.path.isfile(source):
        folder = Path(source) if os.path.isdir(source) else Path(source).parent
        files = sorted(str(path) for path in folder.glob("*") if not path.name.startswith(".") and path.is_file())
        raise SourceError(f"data.source: {source}: no such file{nearest(source, files)}")
    blocks, size = [], 0
    try:
        with fsspec.open(source, "rb", compression="infer", **_patience(source)) as stream:
            # a server that does not state the length gives less than it is asked for
            while block := stream.read(BLOCK):
                blocks.append(block)
                if (size := size + len(block)) > MAX_BYTES:
                    raise SourceError(f"{where}: over {MAX_BYTES // 1024**3} GiB; select rows with SQL, or columns")
    except ImportError as error:
        raise SourceError(f"{where}: {error}; add it to pyproject.toml") from None
    except _unreadable() as error:
        raise SourceError(f"{where}: could not be read ({brief(error)})") from None
    return b"".join(blocks)


def _patience(source: str) -> dict[str, Any]:
    """Settings with which a store that does not answer is given up within seconds, not minutes."""
    if source.startswith(("http://", "https://")):
        import aiohttp

        return {"client_kwargs": {"timeout": aiohttp.ClientTimeout(sock_connect=SECONDS, sock_read=SECONDS)}}
    if source.startswith("s3://"):
        return {"config_kwargs": {"connect_timeout": SECONDS, "read_timeout": SECONDS, "retries": {"max_attempts": 1}}}
    return {}


def _unreadable() -> tuple[type[Exception], ...]:
    """What fsspec's stores and decompressors raise: they share no base."""
    import aiohttp
    import botocore.exceptions

    damaged = (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
    return (OSError, ValueError, *damaged, aiohttp.ClientError, botocore.exceptions.BotoCoreError)


def _text(content: bytes, name: str, where: str, data: Data) -> pd.DataFrame:
    separator = data.separator or ("\t" if ".tsv" in name or ".tab" in name else ",")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise SourceError(f"{where}, line {line}: not UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise SourceError(f"{where}, line {line}: holds a zero byte; is it a text file?")
    try:
        header = _parsed(text, separator, header=None, nrows=1).iloc[0].fillna("").str.strip().tolist()
        _refuse_other_separator(header, separator, where)
        repeated = [column for column in header if column and header.count(column) > 1]
        if repeated:
            raise SourceError(f"{where}, line 1: column {repeated[0]!r} stands there twice; rename one")
        frame = _parsed(text, separator)
    except (ValueError, IndexError, pd.errors.ParserWarning) as error:
        raise SourceError(f"{where}: not a table with {separator!r} between fields ({brief(error)})") from None
    if frame.empty:
        raise SourceError(f"{where}: a header line and no rows")
    return frame


def _parsed(text: str, separator: str, **which: Any) -> pd.DataFrame:
    """The cells as text, empty ones missing: which words say nothing is for `validate` to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header would be cut
        return pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            na_values=("",),
            index_col=False,
            **which,
        )


def _refuse_other_separator(header: list[str], separator: str, source: str) -> None:
    """A file read with the wrong separator has one column, whose name holds the right one."""
    if len(header) > 1:
        return
    for other in (",", ";", "\t", "|"):
        if other != separator and other in header[0]:
            raise SourceError(
                f"{source}: one column with {separator!r} between fields, {header[0].count(other) + 1} with {other!r};"
                f" set data.separator to {other!r}"
            )
