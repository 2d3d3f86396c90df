"""Reads a table from a file, here or elsewhere (fsspec): CSV, TSV, JSON lines, Parquet, workbooks."""

import io
import lzma
import os
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from pipeline.errors import ParamsError, SourceError, brief, nearest, without_password
from pipeline.sections import Data
from pipeline.table import delimited, encoded, jsonlines, parts, tables, workbooks

MAX_BYTES = 8 * 1024**3
BLOCK = 16 * 1024**2
SECONDS = 10  # to be connected, and between two answers
OTHERS = frozenset({"json", "xml", "html", "feather", "orc"})
OF_TEXT = ("encoding", "separator", "quote", "columns")
SETTINGS = {"a text file": OF_TEXT, "JSON lines": ("encoding",), "a workbook": ("columns", "sheet"), "Parquet": ()}
"""The keys of `data` that say how a file is read, where it is read by them."""


def read(data: Data) -> pd.DataFrame:
    """Read the file that data.source names, as its name says: text between separators where it says nothing else.

    Raises:
        ParamsError: a setting says how a file of another kind is read.
        SourceError: it is not there, cannot be reached, or is not a table.
    """
    name = name_of(data.source)
    where = without_password(data.source)
    if others := OTHERS & _endings(name):
        raise SourceError(f"{where}: .{min(others)} is not read; save the table as .csv, .jsonl or .parquet")
    kind = "Parquet" if parts.are_there(data.source) else kind_of(name)
    for key in {key for keys in SETTINGS.values() for key in keys} - set(SETTINGS[kind]):
        if getattr(data, key) != Data.model_fields[key].default:
            raise ParamsError(f"data.{key}: {where} is {kind}, which is read without it; remove it")
    if parts.are_there(data.source):
        return parts.read(data.source)
    content = _content(data.source, where)
    if not content.strip():
        raise SourceError(f"{where}: empty; it needs a header line and rows")
    if kind == "Parquet":
        return _parquet(content, where)
    if kind == "a workbook":
        return workbooks.read(content, where, data)
    try:
        content = encoded.in_utf8(content, data.encoding)
    except ValueError as error:
        raise SourceError(f"{where}, {error}") from None
    if kind == "JSON lines":
        return jsonlines.read(content, where)
    return delimited.read(content, where, data, delimited.usual_separator(name))


def kind_of(name: str) -> str:
    """What kind of file a name says."""
    endings = _endings(name)
    if "parquet" in endings:
        return "Parquet"
    if endings & workbooks.ENDINGS:
        return "a workbook"
    return "JSON lines" if endings & jsonlines.ENDINGS else "a text file"


def _endings(name: str) -> set[str]:
    return {suffix.lower() for suffix in name.split(".")[1:]}


def _parquet(content: bytes, where: str) -> pd.DataFrame:
    import pyarrow.parquet

    try:
        return tables.of_arrow(pyarrow.parquet.read_table(io.BytesIO(content)))
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise SourceError(f"{where}: not a Parquet file ({brief(error)})") from None


def name_of(source: str) -> str:
    """The name of a file, here or elsewhere."""
    return PurePosixPath(urlsplit(source).path if "://" in source else source).name


def _content(source: str, where: str) -> bytes:
    import fsspec

    if "://" not in source and not os.path.isfile(source):
        folder = Path(source) if os.path.isdir(source) else Path(source).parent
        files = sorted(str(path) for path in folder.glob("*") if not path.name.startswith(".") and path.is_file())
        what = "a folder without .parquet files; name a file" if os.path.isdir(source) else "no such file"
        raise SourceError(f"data.source: {source}: {what}{nearest(source, files)}")
    blocks, size = [], 0
    try:
        with fsspec.open(source, "rb", compression="infer", **_patience(source)) as stream:
            # a server that does not state the length gives less than it is asked for
            while block := stream.read(BLOCK):
                blocks.append(block)
                if (size := size + len(block)) > MAX_BYTES:
                    raise SourceError(
                        f"{where}: over {MAX_BYTES // 1024**3} GiB; cut it into a folder of .parquet files"
                    )
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
