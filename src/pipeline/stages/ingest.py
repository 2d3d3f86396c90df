"""Stage 1, ingest: reads the source as it is and gives each row its name -> data/raw.parquet."""

import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest, without_password
from pipeline.params import Params
from pipeline.sections import Data
from pipeline.table import columns, forgetting, odd, private, sources, stream, tables, wording
from pipeline.table.lazy import LARGE, Lazy
from pipeline.table.tables import PREDICTION, REASON, ROW_ID

BEFORE = "PIPELINE_SOURCE_BEFORE"
"""Names a data/raw.parquet of before, whose rows of the source are taken in place of the source."""
NAMES = "data/names.txt"
TAKEN = (ROW_ID, PREDICTION, REASON)
SEVERAL = (list, tuple, set, dict, np.ndarray)
BLANK = ("", " ", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")


def run(params: Params) -> None:
    """Read the source, keep the rows and columns asked for, and write them, with those that production brought."""
    frame, rows = _of_source(params.data), _of_production(params.data)
    if rows is not None and isinstance(frame, Lazy):
        raise DataError(f"{stream.ROWS}: rows of production go below no table of over {LARGE:,} cells; see data.rows")
    tables.write(frame if rows is None else stream.below(frame, rows, params.data), tables.RAW)
    for hint in (*_hints(frame, params.data), *filter(None, [private.in_plain(params.data)])):
        print(f"ingest: {hint}")
    source = without_password(params.data.source)
    more = "" if rows is None else f", and {len(rows):,} rows that production brought"
    print(f"ingest: {len(frame):,} rows, {frame.shape[1] - 1} columns from {source}{more}")


def _of_source(data: Data) -> pd.DataFrame:
    """The source's rows; where it cannot be reached and production's are to be added, those of a table of before."""
    if not (before := os.environ.get(BEFORE)):
        with private.unquoted(data):
            frame = sources.read(data)
        return tidy(frame, data, _named_by())
    frame = private.require_hidden(tables.read(Path(before)), data)
    return _staying(frame[~stream.brought(frame[ROW_ID])], forgetting.of_table(frame, data))


def _of_production(data: Data) -> pd.DataFrame | None:
    """The rows that production brought; what is private of them, the service alone could hash."""
    if (rows := stream.read()) is None:
        return None
    staying = _staying(rows, forgetting.of_table(rows, data))
    return staying.drop(columns=[name for name in data.private if name in rows])


def _staying(frame: pd.DataFrame, leaving: forgetting.Leaving) -> pd.DataFrame:
    """The rows that are kept; of the others it is said how many, and why."""
    for told in leaving.told:
        print(f"ingest: {told}")
    return frame[~leaving.rows.reindex(frame.index)].reset_index(drop=True)


def tidy(frame: pd.DataFrame, data: Data, named_by: Collection[str] = ()) -> pd.DataFrame:
    """The rows and columns that params.yaml asks for, each row under its name.

    Args:
        frame: (rows, columns), as the source gave it.
        named_by: the columns whose content names a row without an id; where they are not all there, all do.

    Returns:
        The same with `row_id` first: the id column's text, or a hash of the features ("#1", "#2" behind it for
        the second and third row with the same content). What is private is in neither: see table/private.py.
    """
    _check_columns(frame, data)
    frame = frame.iloc[_slice(data.rows, len(frame))].reset_index(drop=True)
    _refuse_lists(frame.drop(columns=[name for name in data.left_out if name in frame]), data)
    frame = frame.apply(_storable)
    if frame.empty:
        raise DataError(f"{data.source}: no rows" + (f" in data.rows {data.rows!r}" if data.rows else ""))
    unnamed = odd.unnamed(frame, data)
    frame = frame.drop(columns=unnamed)
    ids = _own_ids(frame, data) if data.id else _content_ids(_naming(frame, data, named_by), data)
    with private.unquoted(data):
        leaving = forgetting.of_source(frame, data)
    frame = private.hide(frame.drop(columns=[name for name in data.left_out if name in frame]), data)
    frame.insert(0, ROW_ID, ids)
    frame = _staying(frame, leaving)
    if frame.empty:
        raise DataError(f"{data.source}: no row is left, as data.forget and data.keep_for have it; look at as_of")
    frame.attrs = {tables.LEFT_OUT: unnamed} if unnamed else {}
    return frame


def _named_by() -> list[str]:
    """The columns that data/names.txt lists; none where it is empty or not there."""
    path = Path(NAMES)
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def _naming(frame: pd.DataFrame, data: Data, named_by: Collection[str]) -> pd.DataFrame:
    """The columns whose content names a row: those of before, whatever came to them, or was dropped since.

    Never a private one: of a name that is made of it and of what is known, it could be guessed.
    """
    named_by = [name for name in named_by if name not in data.private]
    if named_by and set(named_by) <= set(frame.columns) - {data.target}:
        return frame[list(named_by)]
    return frame.drop(columns=[data.target, *data.drop, *data.private])


def _hints(frame: pd.DataFrame, data: Data) -> Iterator[str]:
    for name in frame.attrs.get(tables.LEFT_OUT, ()):
        yield f"column {name!r} has no name and is ignored; data.drop: [{name!r}] says so, data.kinds keeps it"
    for name in odd.counters(frame.drop(columns=ROW_ID), data):
        yield f"column {name!r} counts the rows; if it says nothing more: data.drop: [{name!r}]"


def _storable(column: pd.Series) -> pd.Series:
    """Cells of no common type, which SQL and Parquet may hold, as text; truth values with gaps as numbers."""
    if isinstance(column.dtype, pd.StringDtype) or column.dtype.kind in "biufM":
        return column
    if pd.api.types.infer_dtype(column, skipna=True) == "boolean":
        return column.astype("boolean")
    return column.astype("object").map(_text, na_action="ignore").astype("str")


def _refuse_lists(frame: pd.DataFrame, data: Data) -> None:
    """Refuse cells of several values, as Parquet and SQL may hold: no request says such, and long ones print cut."""
    for name, column in frame.select_dtypes("object").items():
        several = column.map(lambda cell: isinstance(cell, SEVERAL))
        if several.any():
            row = int(several.to_numpy().argmax())
            kind = "an object" if isinstance(column.iloc[row], dict) else "a list"
            raise DataError(
                f"{data.source}: column {name!r}, row {row + 1}: {kind}, and a cell holds one value; give each its own "
                f"column, or leave this one out: data.drop: [{wording.yaml_key(str(name))}]"
            )


def _text(cell: object) -> str:
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


def _check_columns(frame: pd.DataFrame, data: Data) -> None:
    if frame.columns.duplicated().any():
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{data.source}: column {twice!r} stands there twice; rename one")
    ids = [data.id] if data.id is not None else []
    named = {"data.target": [data.target], "data.id": ids, "data.drop": data.drop, "data.kinds": list(data.kinds)}
    named |= {"data.dates": list(data.dates), "data.private": list(data.private)}
    for key, names in named.items():
        for column in names:
            if column not in frame.columns:
                raise ParamsError(f"{key}: the table has no column {column!r}{nearest(column, frame.columns)}")
    if data.target in data.left_out:
        raise ParamsError(f"data.target: {data.target!r} is dropped by data.id or data.drop")
    for name in TAKEN:
        if name in frame.columns and name not in data.left_out:
            raise DataError(f"{data.source}: column {name!r} is a name the pipeline uses; rename it or drop it")
    if len(frame.columns) - len({data.target, *data.left_out, *odd.unnamed(frame, data)}) < 1:
        raise DataError(f"{data.source}: no column is left to predict {data.target!r} from")


def _slice(rows: str | None, count: int) -> slice:
    if rows is None:
        return slice(None)
    match = re.fullmatch(r"(-?[0-9]+)?:(-?[0-9]+)?", rows.strip())
    if not match:
        raise ParamsError(f"data.rows: {rows!r} is not start:stop, such as :1000 or -500:")
    start, stop = (int(part) if part else None for part in match.groups())
    return slice(*slice(start, stop).indices(count))


def _own_ids(frame: pd.DataFrame, data: Data) -> pd.Series:
    is_private = data.id in data.private
    ids = (
        private.hashed(frame[data.id], data, private.key())
        if is_private
        else columns.as_text(frame[data.id], data.missing, composed=False)  # as rows have always been named
    )
    if ids.isna().any():
        raise DataError(f"data.id: {data.id!r} is blank in row {int(ids.isna().to_numpy().argmax()) + 1}; fill it")
    if (taken := stream.brought(ids)).any():
        said = ids[taken].iloc[0]
        raise DataError(f"data.id: {said!r} begins as the ids of rows that production brings; write it otherwise")
    return ids


def _content_ids(features: pd.DataFrame, data: Data) -> pd.Series:
    if sources.is_text(data):  # as rows of text files have always been named, whatever data.missing says
        features = features.mask(features.isin(BLANK))
    numbers = tables.content_numbers(features)
    hashes, nth = tables.in_hex(numbers, features.index), pd.Series(numbers, features.index).groupby(numbers).cumcount()
    return hashes.where(nth == 0, hashes + "#" + nth.astype(str))
