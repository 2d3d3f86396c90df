"""Beside the stages, queue: which rows a person should label next -> a table, with what they may see of each.

Three of four are rows of the training side: those that the model is least sure of, and those whose label it doubts.
One of four is drawn from all sides by a hash, and nothing is shown of it but its cells: such a vote alone may reach dev
and sealed rows, as a model must not choose its own tests. Nothing written here says which side a row is on.
"""

import hashlib
from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.errors import DataError, ModelError, ParamsError
from pipeline.model import fitting, folds, predicting, saving, suspicion
from pipeline.params import Params
from pipeline.stages import split
from pipeline.table import checks, columns, keys, stream, tables, votes
from pipeline.table.tables import ROW_ID

MOST_ROWS = 20_000  # that the model is asked of, the first by hash
BLIND = 4  # one row in so many
DRAWN = "drawn\0"
"""What the hash of a draw begins with: another one than a side's, which it must not tell."""


def run(params: Params, count: str, out: str, name: str, where: str = "") -> None:
    """Rank rows for one person.

    Args:
        count: how many rows, as in "50".
        out: a Parquet file to write: (rows, row_id + how + why + suspicion + label + answer), first come first.
            how: "queue" or "blind"; why: "tie", "unsure", "doubted" or "drawn"; suspicion: in [0, 1], missing where
            blind; label: the label it has, answer: what the model says, both as text and missing where blind or none.
            Its attrs (`DataFrame.attrs`) hold "classes" (a list, of text; None for numbers), "model" (the MD5 of
            models/model.skops, or None) and "left" (how many rows this person could still be asked of).
        name: whose queue: rows that they have voted on are left out.
        where: a comparison of columns, as in validate.checks: of other rows nobody is asked.
    """
    if not count.isdecimal() or not int(count):
        raise ParamsError(f"{count!r}: not a count of rows, such as 50")
    frame, said = tables.read(tables.VALID), votes.read()
    known = votes.classes(frame[params.data.target], params)
    private = (*params.service.private, *params.data.hashed)
    wanted = checks.chosen(frame, where, params.data.target, private) if where else None
    found, left = rank(frame, said, params, int(count), name, wanted)
    model = hashlib.md5(saving.PATH.read_bytes(), usedforsecurity=False) if saving.PATH.exists() else None
    found.attrs = {
        "classes": None if known is None else [str(each) for each in known],
        "model": model and model.hexdigest(),
        "left": left,
    }
    tables.write(found, Path(out))
    print(
        f"queue: {len(found):,} rows for {name}, {(found['how'] == 'blind').sum():,} of them blind; {left:,} are left"
    )


def rank(
    frame: pd.DataFrame, said: pd.DataFrame, params: Params, count: int, name: str, wanted: pd.Series | None = None
) -> tuple[pd.DataFrame, int]:
    """The rows to ask of next, and how many there are in all.

    Args:
        frame: data/valid.parquet, (rows, row_id + features + target).
        said: all votes.
        wanted: (rows,) of bool, the rows that may be asked of, on whatever side; by default all.

    Returns:
        (at most count, row_id + how + why + suspicion + label + answer).
    """
    side = split.assign(frame, params)
    settled = votes.settle(frame, said, side, params)
    mine = votes.last(said[said["by"] == name]).dropna(subset="label")
    free = ~frame[ROW_ID].isin(set(mine["row"])) & ~stream.brought(frame[ROW_ID])
    order = np.argsort([_draw(key) for key in frame[ROW_ID]], kind="stable")
    if wanted is not None:
        free &= wanted
        order = np.concatenate([order[wanted.to_numpy()[order]], order[~wanted.to_numpy()[order]]])
    hashed = order[free.to_numpy()[order]]
    ties = hashed[settled.tied.to_numpy()[hashed]][:count]
    drawn = hashed[~np.isin(hashed, ties)]
    blind = drawn[: -(-(count - len(ties)) // BLIND)]
    learn = (side == split.TRAIN).to_numpy()
    labels = settled.labels.where(~settled.tied, None)
    few = side[labels.notna()].value_counts().reindex(split.SIDES, fill_value=0).min() < split.FEWEST_ROWS
    asked = _asked(frame, labels, order[learn[order]][: 0 if few else None], params)  # first, labels for all sides
    asked = asked[free.to_numpy()[asked.index] & ~np.isin(asked.index, [*ties, *blind])]
    asked = asked.head(count - len(ties) - len(blind))
    more = drawn[len(blind) :]
    more = more[~np.isin(more, asked.index)][: count - len(ties) - len(blind) - len(asked)]
    places = [*ties, *_mixed(asked.index.tolist(), [*blind, *more])]
    found = asked.reindex(places)
    seen = found["why"].notna()
    found.insert(0, ROW_ID, frame[ROW_ID].to_numpy()[places])
    found.insert(1, "how", np.where(seen, "queue", "blind"))
    found["why"] = found["why"].where(seen, np.where(np.isin(places, ties), "tie", "drawn"))
    found.insert(4, "label", columns.as_text(labels.iloc[places]).where(seen.to_numpy(), None).to_numpy())
    return found.reset_index(drop=True), len(hashed)


def _asked(frame: pd.DataFrame, labels: pd.Series, places: np.ndarray, params: Params) -> pd.DataFrame:
    """Training rows that the model is unsure of, and those whose label it doubts, in turns, by their place.

    Args:
        places: of the training rows, in the order of their draw.

    Returns:
        (rows, why + suspicion + answer), most wanted first.
    """
    none = pd.DataFrame({"why": pd.Series(dtype="str"), "suspicion": [], "answer": pd.Series(dtype="str")})
    known = places[labels.notna().to_numpy()[places]][:MOST_ROWS]
    unknown = places[labels.isna().to_numpy()[places]][:MOST_ROWS]
    if len(set(labels.iloc[known])) < 2:
        return none.astype({"suspicion": "float64"})
    rows = frame.iloc[known].assign(**{params.data.target: votes.typed(labels.iloc[known])})
    try:
        doubted, unsure = doubts(rows, params), _unsure(rows, frame.iloc[unknown], params)
    except (ModelError, DataError) as error:
        print(f"queue: no model can say which rows help most, so all are drawn ({error})")
        return none.astype({"suspicion": "float64"})
    turns = _turns(unsure.index.tolist(), doubted.index.tolist())
    both = pd.concat([unsure.assign(why="unsure"), doubted.assign(why="doubted")])
    return both[["why", "suspicion", "answer"]].loc[turns]


def doubts(rows: pd.DataFrame, params: Params) -> pd.DataFrame:
    """How little a model that has not seen a row believes its label, most suspicious first.

    Args:
        rows: labelled training rows, (rows, row_id + features + target).

    Returns:
        (rows, suspicion + answer), with the rows' index: 1 - the chance of the label, out of fold; of numbers, the
        error over itself and the typical one.
    """
    about = fitting.describe(rows, params)
    shared = folds.most(rows, params, about)
    if not shared:
        raise ModelError("too few labels to hold some of them out")
    told, _ = folds.answers(rows, shared, about, lambda: fitting.unfitted(params.train, about, rows))
    labels = rows[about.target].reset_index(drop=True)[told.index]
    found = pd.DataFrame({"suspicion": suspicion.of(told, labels), "answer": columns.as_text(told["prediction"])})
    found = found.set_axis(rows.index[told.index], axis=0)
    return found.sort_values("suspicion", ascending=False, kind="stable")


def _unsure(rows: pd.DataFrame, unlabelled: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Rows without a label by how near the two likeliest classes are, (rows, suspicion + answer); numbers as drawn."""
    if unlabelled.empty:
        return pd.DataFrame({"suspicion": pd.Series(dtype="float64"), "answer": pd.Series(dtype="str")})
    fitted, about = fitting.fit(rows, params)
    answers = predicting.predict(fitted, about, unlabelled)
    said = columns.as_text(answers["prediction"])
    if about.classes is None:
        return pd.DataFrame({"suspicion": np.nan, "answer": said})
    top = np.sort(answers.filter(regex="^p_").to_numpy(), axis=1)[:, -2:]
    found = pd.DataFrame({"suspicion": 1 - (top[:, 1] - top[:, 0]), "answer": said})
    return found.sort_values("suspicion", ascending=False, kind="stable")


def _draw(key: str) -> float:
    return keys.position(key, DRAWN)


def _turns(*queues: Sequence[int]) -> list[int]:
    """One of each in turn, and what is left of the longest."""
    return [each for each in chain.from_iterable(zip_longest(*queues)) if each is not None]


def _mixed(asked: Sequence[int], blind: Sequence[int]) -> list[int]:
    """Three that are asked of, then a blind one, and so on."""
    threes = [asked[at : at + BLIND - 1] for at in range(0, len(asked), BLIND - 1)]
    turns = zip_longest(threes, [[each] for each in blind], fillvalue=())
    return [int(place) for few in chain.from_iterable(turns) for place in few]
