"""What of a table nobody is to read: private columns, dropped or as keyed hashes before anything is written.

A hash is the first half of an HMAC-SHA256 of column and cell under DATA_KEY, as the service's is under RECORDS_KEY.
"""

import hashlib
import hmac
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd

from pipeline.errors import DataError, ParamsError, PipelineError
from pipeline.sections import Data
from pipeline.table import columns

KEY = "DATA_KEY"
SHORTEST = 32  # characters: a key that can be tried out hides nothing
HASH = r"[0-9a-f]{32}"
CELLS = re.compile(r"""'[^']{2,}'|"[^"]{2,}"|\d{12,}""")
"""What a refusal may quote: words in quotes, but for single signs, and long numbers."""
HEADER = "; or, if these are their names"
"""Behind it stands the first line of a table."""
MAKE = """python -c 'import secrets; print(secrets.token_hex(32))'"""


def key() -> bytes:
    """The secret that hashes are made with.

    Raises:
        ParamsError: it is not in the environment, or too short to be one.
    """
    said = os.environ.get(KEY, "").strip()
    if len(said) >= SHORTEST:
        return said.encode()
    wrong = f"has {len(said)} characters, fewer than {SHORTEST}" if said else "is not set in the environment"
    raise ParamsError(
        f"data.private: {KEY} {wrong}, and hashes are made with it; set the one that this project has. A pull "
        "request's workflow never has it: run `mainline lock --push` where it is. Where there is none yet, make one, "
        "once: "
        f"export {KEY}=$({MAKE}), keep it where passwords are kept, and on GitHub as a secret: gh secret set {KEY}"
    )


def keyed(secret: bytes, column: str, word: str) -> str:
    """The hash of a cell, as 32 hex digits."""
    return hmac.digest(secret, f"{column}={word}".encode(), "sha256").hex()[:32]


def plain(column: str, word: str) -> str:
    """The hash of a cell of a column that is not private, as 64 hex digits."""
    return hashlib.sha256(f"{column}={word}".encode()).hexdigest()


def hashed(cells: pd.Series, data: Data, secret: bytes) -> pd.Series:
    """A private column: (rows,) of text, missing where nothing is said."""
    text = columns.as_text(cells, data.missing)
    known = {word: keyed(secret, str(cells.name), word) for word in text.dropna().unique()}
    return text.map(known).astype("str")


def hide(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """A table without its private cells.

    Args:
        frame: (rows, columns), as the source gave it.
    """
    names = [name for name in data.hashed if name in frame]
    frame, secret = _kept(frame, data).copy(deep=False), key() if names else b""
    for name in names:
        frame[name] = hashed(frame[name], data, secret)
    return frame


def require_hidden(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """A table of before, which holds hashes already, without columns that are dropped since.

    Raises:
        DataError: it was written before a column was private.
    """
    for name in (name for name in data.hashed if name in frame):
        cells = frame[name].dropna().astype("str")
        if not cells.str.fullmatch(HASH).all():
            raise DataError(f"data.private: {name!r} is not hashed in the table of before; read the source itself once")
    return _kept(frame, data)


@contextmanager
def unquoted(data: Data) -> Iterator[None]:
    """Where columns are private, what refuses the table as it came quotes none of its cells: logs are kept.

    Raises:
        PipelineError: what the block raises.
    """
    try:
        yield
    except PipelineError as error:
        if not data.private:
            raise
        raise type(error)(CELLS.sub("...", str(error).partition(HEADER)[0])) from None


def _kept(frame: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Without the columns that are not kept at all."""
    return frame.drop(columns=[name for name in data.private if name in frame and name not in data.hashed])


def in_plain(data: Data) -> str | None:
    """What to say of a source that brings private cells into the project; None where it lies elsewhere."""
    path = re.sub(r"^(sqlite|duckdb)(\+\w+)?:///", "", data.source)
    if not data.private or ":" in path or path.startswith(("/", "../")):
        return None
    return (
        f"{data.source} holds {', '.join(data.private)} as they are, and `git add` or `dvc add` would keep them for "
        "good: keep such a table outside of the project, or in a database"
    )
