"""Stage 5, split: gives each row a side for good -> data/train.parquet, dev.parquet and sealed/.

A row's side is a hash of what it is: its group, else its id, else its content. Nothing else in the table
decides, so the sets stay the same as the table grows, and rows with the same content stay together. Of a row that
production brought, its id says whether it may be learnt from, judges, or is sealed: see table/stream.py.
"""

import numpy as np
import pandas as pd

from pipeline.errors import DataError, ParamsError
from pipeline.params import Params
from pipeline.sections import Split
from pipeline.table import columns, dates, keys, stream, tables
from pipeline.table.tables import ROW_ID

SIDES = TRAIN, DEV, SEALED = "train", "dev", "sealed"
FEWEST_ROWS = 10


def run(params: Params) -> None:
    """Split data/labelled.parquet."""
    frame = tables.table(tables.LABELLED)
    told_twice = twice(frame, params.data.target)
    frame = frame[~told_twice]
    side = assign(frame, params)
    copies = copies_across(frame, side, params.data.target)
    told = ~copies & ~stream.judging(frame[ROW_ID])  # others are in no figure
    for name in SIDES:
        if (count := int((side[told] == name).sum())) < FEWEST_ROWS:
            raise DataError(f"{count} rows fall into {name!r}; bring more data, or change split.dev and split.sealed")
    train, dev, sealed = (frame[(side == name) & ~copies] for name in SIDES)
    if train[params.data.target].nunique() < 2:
        raise DataError(f"{params.data.target!r} takes one value in the training rows; bring more data")
    tables.write(train, "data/train.parquet")
    tables.write(dev, "data/dev.parquet")
    tables.write(sealed.drop(columns=params.data.target), "data/sealed/features.parquet")
    tables.write(sealed[[ROW_ID, params.data.target]], "data/sealed/labels.parquet")
    note = f"; {copies.sum():,} left out, copies of rows on a later side" if copies.any() else ""
    note += f"; {told_twice.sum():,} left out, in the source and from production" if told_twice.any() else ""
    print(f"split: train {len(train):,}, dev {len(dev):,}, sealed {len(sealed):,}{note}")


def assign(frame: pd.DataFrame, params: Params) -> pd.Series:
    """The side of every row: (rows,) of "train", "dev" or "sealed".

    Args:
        frame: (rows, row_id + features + target).
    """
    split = params.split
    named = keys.of(frame, params)
    at = keys.positions(named, split.salt)
    dev_from, sealed_from, beyond = split.edges
    side = np.select([at < dev_from, at < sealed_from, at < beyond], [TRAIN, DEV, SEALED], TRAIN)
    if split.time is not None:
        side = np.where(_begins_after_cut(frame, named, split), side, TRAIN)
    return _by_ids(frame[ROW_ID], pd.Series(side, index=frame.index), split.salt)


def twice(frame: pd.DataFrame, target: str) -> pd.Series:
    """Rows that the source and production both tell, to be left out where the other one counts: (rows,) of bool.

    What may be learnt from is the source's. What has judged, or is of a sealed set of production's, is not: as a row
    of the source it might be sealed once more. Rows are compared by what production knows of them.

    Args:
        frame: (rows, row_id + features + target).
    """
    ids, brought = frame[ROW_ID], stream.brought(frame[ROW_ID])
    if not brought.any():
        return brought
    features = frame.drop(columns=[ROW_ID, target])
    content = stream.contents(features.loc[:, features[brought].notna().any()], brought)
    learn = brought & ids.str.startswith(stream.STREAM)
    judge = brought & ~learn
    again = ids.isin(set(stream.keys(ids[judge]))) | content.isin(set(content[judge]))
    return learn & content.isin(set(content[~brought])) | ~brought & again


def _by_ids(ids: pd.Series, side: pd.Series, salt: str) -> pd.Series:
    """The sides, as the ids of rows that production brought decide: a sealed set of theirs is theirs alone."""
    sealed = ids.str.startswith(f"{stream.SEALED}{salt}:")
    side[(side == SEALED) & (stream.brought(ids) | sealed.any())] = TRAIN
    side[ids.str.startswith(stream.ASKED)] = DEV
    side[sealed] = SEALED
    return side


def copies_across(frame: pd.DataFrame, side: pd.Series, target: str) -> pd.Series:
    """Rows whose features stand on a later side too: (rows,) of bool, never true for a sealed row.

    With ids or groups of their own, equal rows can fall on different sides. What is sealed stays; its copies
    among the dev rows, and copies of either among the training rows, would let a model learn answers by heart.
    """
    content = pd.Series(tables.content_numbers(frame.drop(columns=[ROW_ID, target])), index=frame.index)
    sealed, dev = content[side == SEALED], content[side == DEV]
    return content.isin(sealed) & (side != SEALED) | content.isin(dev) & (side == TRAIN)


def _begins_after_cut(frame: pd.DataFrame, named: pd.Series, split: Split) -> pd.Series:
    """Rows whose group's first moment is known, and not before the cut: the first, as later rows cannot change it."""
    keys.require_column("split.time", str(split.time), frame.columns)
    moments = frame[split.time]
    if pd.api.types.is_datetime64_any_dtype(moments):
        form = frame.attrs.get(tables.DATES, {}).get(split.time)
        cut = dates.read(columns.as_text(pd.Series([str(split.cut)])), form)[0][0]
        if pd.isna(cut):
            raise ParamsError(
                f"split.cut: {str(split.cut)!r} is not a date such as 2024-01-31{f' or {form}' if form else ''}"
            )
    elif pd.api.types.is_numeric_dtype(moments):
        cut = pd.to_numeric(str(split.cut), errors="coerce")
        if pd.isna(cut):
            raise ParamsError(f"split.cut: {split.time!r} holds numbers, and {str(split.cut)!r} is none")
    else:
        raise ParamsError(
            f"split.time: {split.time!r} holds text, neither dates nor numbers; data.kinds: {{{split.time}: date}}"
        )
    return moments.groupby(named).transform("min") >= cut
