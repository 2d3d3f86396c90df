"""Rows that production brought, in data/stream/: what their ids say, and how they go below the source's rows.

    stream:KEY       may be learnt from
    asked:N:KEY      was on the sealed side, and judges retraining number N, or has judged it
    sealed:SALT:KEY  is of the set that `mainline gate rotate --stream` has sealed, as long as split.salt is SALT

KEY is a hash of what was recorded of the row; of a row that came new in the source, its row_id there.
"""

from pathlib import Path

import pandas as pd

from pipeline.errors import DataError
from pipeline.sections import Data
from pipeline.table import columns, tables
from pipeline.table.tables import ROW_ID

STREAM, ASKED, SEALED = "stream:", "asked:", "sealed:"
PREFIXES = (STREAM, ASKED, SEALED)
DAY = "_day"
"""The UTC day of the prediction, such as 2026-03-01."""
FOLDER = Path("data/stream")
ROWS, WAITING = FOLDER / "rows.parquet", FOLDER / "waiting.parquet"
"""Those that the stages read; and those that have judged nothing yet, which no stage reads."""
MOMENT = "%Y-%m-%dT%H:%M:%S.%f"
BATCHES = 8  # sets of columns: one that became a feature is blank in many rows before, and a cell by chance in few


def read(path: Path = ROWS) -> pd.DataFrame | None:
    """The rows of a file in data/stream/; None where there is none.

    Raises:
        DataError: it is no table of such rows.
    """
    if not path.exists():
        return None
    frame = tables.read(path)
    if ROW_ID not in frame or frame[ROW_ID].isna().any():
        raise DataError(f"{path}: rows without {ROW_ID!r}; `mainline rows` writes it")
    if not (known := brought(frame[ROW_ID])).all():
        odd = str(frame.loc[~known, ROW_ID].iloc[0])[:60]
        raise DataError(f"{path}: {odd!r} begins with none of {', '.join(PREFIXES)}; `mainline rows` writes it")
    return frame


def brought(ids: pd.Series) -> pd.Series:
    """Which rows production brought, by their ids: (rows,) of bool."""
    return ids.astype("str").str.startswith(PREFIXES)


def keys(ids: pd.Series) -> pd.Series:
    """The KEY in the ids of rows that production brought, and any other id as it is: (rows,) of text."""
    return ids.astype("str").str.replace(r"^(stream:|asked:[^:]*:|sealed:[^:]*:)", "", regex=True)


def judging(ids: pd.Series) -> pd.Series:
    """Which rows judge the newest retraining that there are any for, by their ids: (rows,) of bool.

    No figure is to tell of their labels: it would, before the gate has. With the next retraining they join all others.
    """
    number = pd.to_numeric(ids.astype("str").str.extract(r"^asked:(\d{1,18}):", expand=False))
    return number.notna() & (number == number.max())


def untold(frame: pd.DataFrame) -> set[str]:
    """The columns in which no row says anything that production brought; none where it brought none."""
    cells = frame[brought(frame[ROW_ID])].copy()
    return set(map(str, cells.columns[cells.isna().all()])) if len(cells) else set()


def contents(features: pd.DataFrame, which: pd.Series) -> pd.Series:
    """What each row says, so that a row of the source and its copy from production say the same: (rows,) of text.

    A row of production that does not tell all columns, as from before one became a feature, says what the one content
    of the source does that has its cells; where there are two such, nobody could tell whose copy it is.

    Args:
        features: (rows, features that production tells), the source's rows and its own.
        which: those that production brought, (rows,) of bool.
    """
    content, told = tables.content_hash(features), features[which].notna()
    for known in told.value_counts().index[:BATCHES]:
        if all(known):
            continue
        part, batch = tables.content_hash(features.loc[:, list(known)]), told.index[(told == known).all(axis=1)]
        of_source = content[~which].groupby(part[~which])
        single = of_source.first()[of_source.nunique() == 1]
        content[batch] = part[batch].map(single).fillna(content[batch])
    return content


def below(source: pd.DataFrame, rows: pd.DataFrame, data: Data) -> pd.DataFrame:
    """Rows that production brought, below the source's.

    Args:
        source: (rows, row_id + features + target), as ingest has it.
        rows: (more, row_id + some of its columns).

    Returns:
        Both, with the columns of the source: others are dropped, those not there are blank. Cells are in the form of
        the source's column: as text in one of text.
    """
    blank = pd.Series(None, index=rows.index, dtype="object")
    cells = {name: _joined(source[name], rows.get(name, blank), data) for name in map(str, source.columns)}
    frame = pd.DataFrame(cells)
    frame.attrs = source.attrs
    return frame


def _joined(source: pd.Series, cells: pd.Series, data: Data) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.strftime(MOMENT)  # never in the form of a column that writes days before months
    text = columns.as_text(cells, data.missing)
    if not isinstance(source.dtype, pd.StringDtype):
        is_date = pd.api.types.is_datetime64_any_dtype(source)
        values, wrong = columns.parse(text, "date" if is_date else "numeric", missing=data.missing)
        if not wrong.any():
            return _typed(source, values, text)
        source = columns.as_text(source)  # as cells of no common type have always been kept
    return pd.concat([source, text], ignore_index=True)


def _typed(source: pd.Series, values: pd.Series, text: pd.Series) -> pd.Series:
    """In the type of the source's column, or the next wider one."""
    if zone := getattr(source.dtype, "tz", None):
        values = values.dt.tz_localize("UTC").dt.tz_convert(zone)
    elif pd.api.types.is_bool_dtype(source):
        are_bits = values.dropna().isin([0, 1]).all()
        source, values = (each.astype("boolean" if are_bits else "float64") for each in (source, values))
    elif pd.api.types.is_integer_dtype(source) and text.dropna().str.fullmatch(r"[+-]?\d+").all():
        whole = [int(cell) if known else None for cell, known in zip(text, text.notna(), strict=True)]
        values = pd.Series(whole, dtype="Int64")  # exactly, of however many digits
    return tables.plain(pd.concat([source, values], ignore_index=True))
