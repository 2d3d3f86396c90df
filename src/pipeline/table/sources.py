"""Reads a table from wherever params.yaml says it is.

    sklearn:digits                      a set that comes with scikit-learn
    data/mine.csv  .tsv  .parquet       a local file (also .jsonl, .xlsx, .csv.gz and the like)
    data/parts/                         a folder of .parquet files, as one table
    https://...  s3://...               the same, elsewhere (fsspec)
    openml:61                           a set of openml.org by its number
    postgresql://...  sqlite:///x.db    what data.query selects there (SQLAlchemy)

Text files are read as text, cell by cell: what a cell means is decided by `validate`, so that a column does
not change its type, and a row not its name, because another row arrived.
"""

import os
import re
import warnings
from urllib.parse import urlsplit

import pandas as pd

from pipeline.errors import SourceError, brief, nearest, without_password
from pipeline.sections import Data
from pipeline.table import parts, reading, tables

BUNDLED = ("digits", "iris", "wine", "breast_cancer", "diabetes")
DATABASES = ("postgresql", "mysql", "mariadb", "sqlite", "mssql", "oracle", "snowflake", "bigquery", "duckdb")


def read(data: Data) -> pd.DataFrame:
    """Read the table that `data` describes, with columns named by text.

    Raises:
        SourceError: it is not there, cannot be reached, or is not a table.
    """
    kind, colon, name = data.source.partition(":")
    scheme = kind.partition("+")[0].lower() if colon else ""
    if scheme == "sklearn":
        frame = _bundled(name)
    elif scheme == "openml":
        frame = _openml(name)
    elif scheme in DATABASES:
        frame = _database(data)
    else:
        frame = reading.read(data)
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()  # a Parquet file may keep a column there
    return frame.set_axis([str(name).lstrip("\ufeff").strip() for name in frame.columns], axis=1)


def is_text(data: Data) -> bool:
    """Whether the source is a file of text."""
    kind, colon, _ = data.source.partition(":")
    apart = colon and kind.partition("+")[0].lower() in ("sklearn", "openml", *DATABASES)
    return not apart and not parts.are_there(data.source) and reading.kind_of(reading.name_of(data.source)) != "Parquet"


def _bundled(name: str) -> pd.DataFrame:
    if name not in BUNDLED:
        raise SourceError(f"data.source: scikit-learn bundles no set {name!r}{nearest(name, BUNDLED)}")
    from sklearn import datasets

    frame: pd.DataFrame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return frame


def _openml(number: str) -> pd.DataFrame:
    if not number.isdecimal():
        raise SourceError(f"data.source: openml:{number} is not a number; take it from the set's page on openml.org")
    from sklearn.datasets import fetch_openml

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of the second try
            frame: pd.DataFrame = fetch_openml(data_id=int(number), as_frame=True, n_retries=1).frame
    except (OSError, ValueError) as error:
        raise SourceError(f"openml:{number}: could not be fetched ({brief(error)})") from None
    return frame


def _database(data: Data) -> pd.DataFrame:
    import sqlalchemy

    if not data.query:
        raise SourceError("data.query: missing; a database needs the SQL to run, such as SELECT * FROM customers")
    where = without_password(data.source)
    url = os.path.expandvars(data.source)  # ${DB_PASSWORD} stays out of params.yaml
    if unset := re.search(r"\$\{\w+\}", url):
        raise SourceError(f"{where}: {unset.group()} is not set in the environment")
    if urlsplit(url).netloc.count("@") > 1:
        raise SourceError(f"{where}: write an @ in the password as %40")
    try:
        with sqlalchemy.create_engine(url).connect() as connection:
            frame = pd.read_sql_query(  # a NULL beside it, or a decimal type, makes no float of a whole number
                sqlalchemy.text(data.query), connection, coerce_float=False, dtype_backend="numpy_nullable"
            )
            return frame.apply(tables.plain)
    except ImportError as error:
        raise SourceError(f"{where}: its driver is not installed ({error}); add it to pyproject.toml") from None
    except (sqlalchemy.exc.SQLAlchemyError, OSError, ValueError, TypeError) as error:
        raise SourceError(f"{where}: {brief(error)}") from None
