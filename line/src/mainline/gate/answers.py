"""What one side says of the rows: read column by column, or made up by a model without input; no label is looked at."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mainline.errors import Refused
from mainline.gate import columns, question, rows, signature
from mainline.project import MODEL, Project

Floats = NDArray[np.float64]
Column = NDArray[Any]


SEALED, DEV = question.SEALED, question.DEV
OF_CHANCES = ("brier", "log_loss", "roc_auc")
SUM_WITHIN = 1e-3
LAST_BITS = 1e-9
DEVIATION = 1.349  # of these lie between the quartiles of a bell


@dataclass(frozen=True)
class Answers:
    """One side's answers for n rows."""

    prediction: Column
    """(n,): numbers or, of classes, their positions; -1 is a class that no row has."""
    chance: Callable[[int], Floats]
    """The probability it gives a class, by the class's position: (n,)."""
    absent: NDArray[np.bool_] | None = None
    """Which rows it does not answer, (n,); None where it answers all."""

    def at_worst(self, labels: Column, classes: Sequence[Any], off: float) -> "Answers":
        """The same, with the rows that are not answered answered as wrongly as can be: to leave one out never pays.

        Args:
            labels: (n,), as `prediction` has them.
            off: how far a number is off then.
        """
        absent = self.absent
        if absent is None:
            return self
        wrong = (labels + 1) % max(len(classes), 2) if classes else labels + off

        def chance(position: int) -> Floats:
            return np.where(absent, (wrong == position).astype(np.float64), self.chance(position))

        return Answers(np.where(absent, wrong, self.prediction), chance)


def from_file(path: Path, at: columns.Places | None, classes: Sequence[Any]) -> Answers:
    """The answers in a table with `prediction` and, for classes, `p_<class>`.

    Args:
        path: the table; it must stay, as probabilities are read when they are asked for.
        at: where each row of the comparison stands in it; None where they are in its order.
        classes: all classes of the comparison; none for numbers.

    Raises:
        Refused: it lacks what is asked for, or its answers are not of the labels' kind.
    """
    known = columns.names(path)
    absent = None if at is None or not (at == columns.ABSENT).any() else at == columns.ABSENT

    def read(name: str) -> pa.ChunkedArray:
        return columns.taken(columns.column(path, name), at)

    def chance(position: int) -> Floats:
        _require_chances(path, classes)
        name = f"p_{classes[position]}"
        if name not in known:  # a class that it has never seen has no chance with it
            return np.zeros(pq.read_metadata(path).num_rows if at is None else len(at))
        return numbers(read(name), path)

    prediction = read("prediction")
    return Answers(positions(prediction, classes, path) if classes else numbers(prediction, path), chance, absent)


def _require_chances(path: Path, classes: Sequence[Any]) -> None:
    known = columns.names(path)
    if not any(f"p_{label}" in known for label in classes):
        raise Refused(f"{path.name}: holds no probabilities (p_{classes[0]}, ...)")


def require_sound(path: Path, about: dict[str, Any], metrics: Sequence[str], whose: str = "") -> None:
    """Refuse answers that are none, whatever the rows' labels: no numbers, or probabilities that are no such.

    Args:
        about: the signature of the model that gave them.
        metrics: what it is judged by; without one that takes probabilities, those are not asked for.
        whose: they are, where not the challenger's.

    Raises:
        Refused: saying of how many rows.
    """
    if about.get("classes"):
        positions(columns.column(path, "prediction"), about["classes"], path)
    else:
        if wrong := int((~np.isfinite(numbers(columns.column(path, "prediction"), path))).sum()):
            raise Refused(f"{path.name}: {whose}the answers for {wrong:,} rows are no finite numbers")
        return
    if not set(metrics).intersection(OF_CHANCES):
        return
    _require_chances(path, about["classes"])
    total, wrong_rows = np.zeros(pq.read_metadata(path).num_rows), np.zeros(pq.read_metadata(path).num_rows, bool)
    for label in about["classes"]:
        chance = numbers(columns.column(path, f"p_{label}"), path)
        wrong_rows |= ~((chance >= -SUM_WITHIN) & (chance <= 1 + SUM_WITHIN))  # no number is in no range
        total += np.where(np.isfinite(chance), chance, np.nan)
    if wrong := int((wrong_rows | ~(np.abs(total - 1) <= SUM_WITHIN)).sum()):
        raise Refused(f"{path.name}: {whose}the probabilities of {wrong:,} rows do not add up to 1")


def require_sound_sides(project: Project, other: Project | None, metrics: Sequence[str]) -> None:
    """Refuse where a side's answers for dev or sealed rows are none; raises as `require_sound` does."""
    for side, whose in ((project, ""), (other, "main's model: ")):
        if side is not None:
            for path in (DEV, SEALED):
                require_sound(side / path, signature.read(side), metrics, whose)


def unchanged(project: Project, main: Project) -> bool:
    """Whether a challenger is the champion: model, signature, and what it answers for main's dev and sealed rows."""
    if any((project / path).read_bytes() != (main / path).read_bytes() for path in (MODEL, signature.FILE)):
        return False
    both = ((DEV, rows.DEV), (SEALED, rows.LABELS))
    return all(_same(project / path, main / path, columns.ids(main / of)) for path, of in both)


def _same(mine: Path, theirs: Path, ids: pa.ChunkedArray) -> bool:
    """Whether two tables of answers say the same of rows."""
    names = [{n for n in columns.names(path) if n.startswith("p_")} | {"prediction"} for path in (mine, theirs)]
    at = [columns.places(path, ids) for path in (mine, theirs)]
    if names[0] != names[1] or any(each is not None and (each == columns.ABSENT).any() for each in at):
        return False
    sides = list(zip((mine, theirs), at, strict=True))
    said = ([columns.taken(columns.column(path, name), places) for path, places in sides] for name in names[0])
    return all(new.equals(old) or _same_numbers(new, old) for new, old in said)


def _same_numbers(new: pa.ChunkedArray, old: pa.ChunkedArray) -> bool:
    """Whether numbers are the same but for the last bits, in which machines differ."""
    if not all(pa.types.is_floating(each.type) for each in (new, old)):
        return False
    return bool(np.allclose(new.to_numpy(), old.to_numpy(), rtol=LAST_BITS, atol=LAST_BITS))


def unit(train: pa.ChunkedArray, path: Path) -> float:
    """How far numbers usually differ: the quartiles' distance as a deviation; the deviation itself where that is 0."""
    values = numbers(train, path)
    low, high = np.quantile(values, (0.25, 0.75))
    return float((high - low) / DEVIATION or np.std(values, ddof=1))


def dummy(train: pa.ChunkedArray, path: Path, classes: Sequence[Any], count: int) -> Answers:
    """Always the commonest class of the training rows, at the classes' shares; or always their mean."""
    if not classes:
        return Answers(np.full(count, numbers(train, path).mean()), lambda _: np.zeros(count))
    shares = np.bincount(positions(train, classes, path), minlength=len(classes)) / len(train)
    return Answers(np.full(count, shares.argmax()), lambda position: np.full(count, shares[position]))


def positions(column: pa.ChunkedArray, classes: Sequence[Any], path: Path) -> Column:
    """Each value's position among the classes, (n,); -1 where it is none of them.

    Raises:
        Refused: the values are of another kind.
    """
    known = pa.array(classes)
    with suppress(pa.ArrowException):
        if _is_text(column.type) == _is_text(known.type):
            found: Column = pc.index_in(column.cast(known.type), value_set=known).fill_null(-1).to_numpy()
            return found
    raise Refused(f"{path.name}: holds {column.type}, and the classes are {', '.join(map(str, classes))}")


def numbers(column: pa.ChunkedArray, path: Path) -> Floats:
    """The values as float64, (n,).

    Raises:
        Refused: they are no numbers.
    """
    try:
        found: Floats = column.cast(pa.float64(), safe=False).to_numpy()
    except pa.ArrowException:
        raise Refused(f"{path.name}: holds {column.type} where numbers belong") from None
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
