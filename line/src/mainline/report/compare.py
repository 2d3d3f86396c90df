"""The two sides brought onto the same dev rows, as arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mainline.errors import MainlineError
from mainline.report.side import Side

Floats = NDArray[np.float64]
Array = NDArray[Any]


@dataclass(frozen=True)
class Predicted:
    """What one side says of the n compared rows.

    `label` (n,): index into the classes, or the predicted value of a regression.
    `chance` (n, classes): probabilities; (n, 0) for a regression.
    """

    name: str
    label: Array
    chance: Floats

    @property
    def sureness(self) -> Floats:
        """(n,) The probability each row's own predicted label was given."""
        return np.take_along_axis(self.chance, self.label[:, None], axis=1)[:, 0]


@dataclass(frozen=True)
class Comparison:
    """The compared rows of the challenger's dev set, their truth, and what each side says of them."""

    task: str
    target: str
    classes: tuple[str, ...]
    positive: int
    rows: pd.DataFrame
    truth: Array
    challenger: Predicted
    champion: Predicted | None
    notes: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Predicted, ...]:
        """Champion first, where there is one."""
        return (self.challenger,) if self.champion is None else (self.champion, self.challenger)


def label_text(value: Any) -> str:
    """A class as text, the same from JSON and from a table (1, 1.0 and int64(1) are one class)."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    return str(value)


def _shared(challenger: Side, champion: Side | None) -> tuple[pd.Index, tuple[str, ...]]:
    ids = pd.Index(challenger.dev["row_id"])
    held = ids[ids.isin(challenger.predictions["row_id"])]
    notes = []
    if champion is not None:
        held = held[held.isin(champion.predictions["row_id"])]
    if len(held) < len(ids):
        notes.append(f"Compared on the {len(held)} of {len(ids)} dev rows that every side predicted.")
    if len(held) == 0:
        raise MainlineError("data/dev.parquet and predictions/dev.parquet share no row_id: run `mainline lock`.")
    return held, tuple(notes)


def _classes(sides: list[Side], truth: "pd.Series[Any]") -> tuple[str, ...]:
    names = [label_text(value) for side in sides for value in side.signature.classes]
    names += sorted(label_text(value) for value in truth.unique())
    return tuple(dict.fromkeys(names))


def _classified(side: Side, said: pd.DataFrame, classes: tuple[str, ...]) -> Predicted:
    own = [label_text(value) for value in side.signature.classes]
    columns = [name for name in said.columns if name.startswith("p_")]
    if len(columns) != len(own):
        raise MainlineError(
            f"predictions/dev.parquet of the {side.name} has {len(columns)} probability columns for {len(own)} classes:"
            " write one p_<class> for each class, in their order."
        )
    place = {name: index for index, name in enumerate(classes)}
    label = said["prediction"].map(label_text).map(place)
    if label.isna().any():
        raise MainlineError(f"predictions/dev.parquet of the {side.name} predicts a class its signature does not name.")
    chance = np.zeros((len(said), len(classes)))
    chance[:, [place[name] for name in own]] = said[columns].to_numpy(float)
    return Predicted(side.name, label.to_numpy(int), chance)


def _predicted(side: Side, ids: pd.Index, classes: tuple[str, ...]) -> Predicted:
    said = side.predictions.set_index("row_id").loc[ids]
    if classes:
        return _classified(side, said, classes)
    return Predicted(side.name, said["prediction"].to_numpy(float), np.empty((len(said), 0)))


def compare(challenger: Side, champion: Side | None) -> Comparison:
    """Align both sides on the dev rows they share; a champion of another task or target is left out, with a note.

    Raises MainlineError when no row is shared or the predictions do not fit the signature.
    """
    mine = challenger.signature
    note: tuple[str, ...] = ()
    if champion is not None and (champion.signature.task, champion.signature.target) != (
        mine.task,
        mine.target,
    ):
        theirs = champion.signature
        champion, note = (
            None,
            (f"The champion answers another question ({theirs.task}, {theirs.target}) and is not shown beside it.",),
        )
    ids, notes = _shared(challenger, champion)
    rows = challenger.dev.set_index("row_id", drop=False).loc[ids].reset_index(drop=True)
    classes: tuple[str, ...] = ()
    truth: Array = np.empty(0)
    if mine.task == "regression":
        truth = rows[mine.target].to_numpy(float)
    else:
        classes = _classes([challenger] + ([champion] if champion else []), rows[mine.target])
        truth = rows[mine.target].map(label_text).map({name: i for i, name in enumerate(classes)}).to_numpy(int)
    positive = label_text(mine.positive) if mine.positive is not None else ""
    return Comparison(
        task="multiclass" if mine.task == "binary" and len(classes) > 2 else mine.task,
        target=mine.target,
        classes=classes,
        positive=classes.index(positive) if positive in classes else len(classes) - 1,
        rows=rows,
        truth=truth,
        challenger=_predicted(challenger, ids, classes),
        champion=_predicted(champion, ids, classes) if champion else None,
        notes=note + notes,
    )
