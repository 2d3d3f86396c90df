"""Beside the stages, stream: which rows that production brought are fit -> a table, with why each other one is not.

What is fit is decided by the code that will read the rows: they go below the source's as in ingest, and are parsed and
held to the rules as in validate. So what is taken today is not put into quarantine tomorrow.
"""

from pathlib import Path

import pandas as pd

from pipeline.errors import DataError, ParamsError
from pipeline.model.signature import Signature
from pipeline.params import Params
from pipeline.stages import validate
from pipeline.table import stream, tables
from pipeline.table.stream import DAY
from pipeline.table.tables import REASON, ROW_ID

WHY = "why"
KNOWN = "known already"


def run(params: Params, candidates: str, out: str) -> None:
    """Look at candidates, and write what is to be said of each.

    Args:
        candidates: a Parquet file of row_id, the model's columns, the target and _day.
        out: a Parquet file to write: the same rows with `why`, empty where a row is fit, and the cells of fit ones
            parsed.
    """
    rows, about, raw = tables.read(candidates), Signature.load(), tables.read(tables.CLEAN)
    waiting = stream.read(stream.WAITING)
    news = waiting is None or not rows[ROW_ID].isin(set(waiting[ROW_ID])).all()
    if news:  # of rows that wait it was asked when they were taken
        _require(rows, raw, about, params, candidates)
    unknown = [name for name in raw.columns.drop(ROW_ID) if name not in rows]
    if unknown and news:
        print(f"stream: not in the records, left blank: {', '.join(unknown)}")
    why, fit = check(rows, raw, params, [column.name for column in about.features])
    tables.write(_told(rows, why, fit), Path(out))
    known = int((why == KNOWN).sum())
    broken = int((why != "").sum()) - known
    print(f"stream: {len(rows):,} rows: {len(fit):,} fit, {known:,} known already, {broken:,} break a rule")


def check(rows: pd.DataFrame, raw: pd.DataFrame, params: Params, features: list[str]) -> tuple[pd.Series, pd.DataFrame]:
    """Say of each candidate why it is not fit.

    Args:
        rows: (candidates, row_id + features + target + more). One that waits is looked at as if it did not.
        raw: data/clean.parquet: what the source and production have brought so far.
        features: the model's columns; rows that are equal there are one.

    Returns:
        (candidates,) of text, empty where one is fit; and the fit ones, parsed, (fit, row_id + the table's columns).
    """
    taken, waiting = stream.read(), stream.read(stream.WAITING)
    others = None if waiting is None else waiting[~waiting[ROW_ID].isin(set(rows[ROW_ID]))]
    before = [frame for frame in (taken, others) if frame is not None]
    earlier = pd.concat([raw[[ROW_ID]], *(frame[[ROW_ID]] for frame in before)])[ROW_ID]
    keys = stream.keys(rows[ROW_ID])
    again = keys.isin(set(stream.keys(earlier))) | keys.duplicated()
    both = raw
    for frame in (*before, rows[~again]):
        both = stream.below(both, frame[~frame[ROW_ID].isin(set(both[ROW_ID]))], params.data)
    untold = set(map(str, raw.columns)) - set(map(str, rows.columns))
    valid, quarantine = validate.check(both, params, untold)
    known = set(valid[ROW_ID][stream.contents(valid[features], stream.brought(valid[ROW_ID])).duplicated()])
    reasons = {row: KNOWN for row in known} | dict(zip(quarantine[ROW_ID], quarantine[REASON], strict=True))
    why = rows[ROW_ID].map(reasons).where(~again, KNOWN).fillna("").astype("str")
    return why, valid[valid[ROW_ID].isin(set(rows[ROW_ID][why == ""]))]


def _require(rows: pd.DataFrame, raw: pd.DataFrame, about: Signature, params: Params, candidates: str) -> None:
    """Refuse candidates that lack what the model reads, or what a row cannot be without."""
    for name in (ROW_ID, about.target, DAY):
        if name not in rows:
            raise DataError(f"{candidates}: rows without {name!r}; `mainline rows` writes it")
    for name in (column.name for column in about.features):
        if name not in raw:
            raise DataError(f"{tables.CLEAN}: lacks {name!r}, which the model reads; run `mainline lock`")
        if name in params.service.private:
            raise ParamsError(
                f"service.private: {name!r} is kept out of the records, and the model reads it; "
                "rows of production cannot be learnt from: bring them by the source"
            )
        if name not in rows:
            raise ParamsError(f"column {name!r}, which the model reads, is not in the records")
    if (group := params.split.group) is not None and group not in rows:
        raise ParamsError(f"split.group: {group!r} is not in the records, so nobody can tell whose side a row is on")


def _told(rows: pd.DataFrame, why: pd.Series, fit: pd.DataFrame) -> pd.DataFrame:
    """All candidates, with the cells of fit ones: (candidates, row_id + columns that they brought + _day + why)."""
    cells = fit.set_index(ROW_ID)[[name for name in fit.columns if name in rows and name != ROW_ID]]
    whole = {name: "Int64" for name in cells if pd.api.types.is_integer_dtype(cells[name])}
    # beside gaps they stay whole numbers
    told = cells.astype(whole).reindex(rows[ROW_ID].where(why == "")).reset_index(drop=True)
    told.insert(0, ROW_ID, rows[ROW_ID])
    return told.assign(**{DAY: rows[DAY], WHY: why})
