"""The model's signature: what goes in and what comes out, written once at training and kept to ever after."""

import json
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, field_serializer, field_validator

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.sections import MISSING, CellRule, Kind, Label, Task
from pipeline.table import columns, tables
from pipeline.table.cells import cells
from pipeline.table.tables import ROW_ID
from pipeline.table.task import positive_class

PATH = Path("models/signature.json")
MOST_CATEGORIES = 100


class Column(BaseModel):
    """One column of the input, with what the training rows held there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    missing: float = 0.0
    minimum: float | str | None = None
    maximum: float | str | None = None
    typical: float | str | None = None
    """The median of numbers and dates, the commonest category; of texts and private columns nothing is told."""
    categories: tuple[str, ...] | None = None
    date: str | None = None
    """The form of its dates, beside ISO's."""
    deciles: tuple[float, ...] | None = None
    """The values that cut numbers into tenths, or texts by their lengths, rising; not told of private columns."""
    clean: CellRule | None = None
    """What is done to its cells, where they come from outside; all else here is of cells as they are then."""

    @field_serializer("clean")
    def _say_briefly(self, rule: CellRule | None) -> dict[str, Any] | None:
        return None if rule is None else rule.model_dump(exclude_defaults=True)


class Window(BaseModel):
    """Which rows are sealed: those whose position, a hash of salt and row, is from start on and below stop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    salt: str
    start: float
    stop: float
    group: str | None = None
    """The column whose value stands for the row."""


class Signature(BaseModel):
    """Everything a caller of the model has to know, and the service is made from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    task: Task
    target: str
    classes: tuple[Label, ...] | None = None
    positive: Label | None = None
    estimator: str
    rows: int
    trusted: tuple[str, ...] = ()
    """Types beyond scikit-learn's that the model may hold: train.trusted, at training."""
    private: tuple[str, ...] | None = None
    """Columns that the service keeps out of its records, or hashes: service.private, at training."""
    missing: tuple[str, ...] = MISSING
    """Words that say nothing, beside the empty text."""
    deciles: tuple[float, ...] | None = None
    """Of a regression: the values that cut the training target into tenths, rising; fewer where many rows share one."""
    label: CellRule | None = None
    """What is done to the target's cells."""
    sealed: Window | None = None
    """As split had it at training: rows of production there are to judge, so nobody counts or learns their labels."""
    packages: dict[str, str] | None = None
    """The packages that the fitted model needs, by name, in the versions it was trained with."""
    columns: tuple[Column, ...]

    @field_serializer("label")
    def _say_briefly(self, rule: CellRule | None) -> dict[str, Any] | None:
        return None if rule is None else rule.model_dump(exclude_defaults=True)

    @field_validator("deciles")
    @classmethod
    def _rise(cls, deciles: tuple[float, ...] | None) -> tuple[float, ...] | None:
        """A signature of an earlier version may name a value more than once."""
        return None if deciles is None else rising(deciles)

    @property
    def features(self) -> list[Column]:
        """The columns the model reads."""
        return [column for column in self.columns if column.kind != "ignored"]

    def save(self, path: Path = PATH) -> None:
        """Write it as JSON, one fact a line so that a diff is readable."""
        text = json.dumps(self.model_dump(exclude_none=True), indent=1, ensure_ascii=False)
        tables.write_text(text + "\n", path)

    @classmethod
    def load(cls, path: Path = PATH) -> "Signature":
        """Read it.

        Raises:
            DataError: it is not there, or is not a signature.
        """
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"{path}: not here yet; run `mainline lock` to build it") from None
        except ValueError as error:
            raise DataError(f"{path}: not a signature ({str(error).splitlines()[0]})") from None

    def read(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Bring a table from outside into the form that the model was fitted on: clean its cells, then conform.

        Args:
            frame: (rows, at least the model's columns), values as they come.

        Returns:
            As conform.

        Raises:
            DataError: a column is not there.
        """
        return self.conform(self.cleaned(frame))

    def cleaned(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A table from outside, with cells as the stage clean leaves them; once, as times twice is wrong."""
        ruled = {c.name: cells(frame[c.name], c.clean) for c in self.features if c.clean and c.name in frame}
        return frame.assign(**ruled) if ruled else frame

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Bring a table of the stages into the form that the model was fitted on.

        Args:
            frame: (rows, at least the model's columns), their cells cleaned.

        Returns:
            (rows, features), in the model's order: float64, datetime64 or text; what cannot be read is missing.

        Raises:
            DataError: a column is not there.
        """
        absent = [column.name for column in self.features if column.name not in frame.columns]
        if absent:
            raise DataError(f"column {absent[0]!r} is missing{nearest(absent[0], frame.columns)}")
        read = {c.name: _conform(frame[c.name], c.kind, self.missing, c.date) for c in self.features}
        return pd.DataFrame(read, index=frame.index)


def describe(
    train: pd.DataFrame,
    *,
    target: str,
    task: Task,
    kinds: dict[str, Kind],
    estimator: str,
    trusted: tuple[str, ...],
    positive: Label | None,
    private: tuple[str, ...] = (),
    left_out: Sequence[str] = (),
    missing: tuple[str, ...] = MISSING,
    dates: Mapping[str, str] | None = None,
    clean: Mapping[str, CellRule] | None = None,
    sealed: Window | None = None,
) -> Signature:
    """Write down the signature of training rows: (rows, row_id + features + target).

    Args:
        left_out: columns of the source that ingest leaves out; the service passes over them, as over ignored ones.
        missing: words that say nothing.
        dates: the form of the dates in some columns, beside ISO's.
        clean: what is done to the cells of some columns, the target among them.
        sealed: which rows are sealed.
    """
    clean = clean or {}
    features = train.drop(columns=[ROW_ID, target])
    for name in private:
        if name not in features.columns:
            raise ParamsError(f"service.private: there is no column {name!r}{nearest(name, features.columns)}")
    classes = None if task == "regression" else tuple(sorted(train[target].unique().tolist()))
    if task == "binary" and classes is not None:
        positive = positive_class(classes, positive, clean.get(target))
    return Signature(
        task=task,
        target=target,
        classes=classes,
        positive=positive if task == "binary" else None,
        estimator=estimator,
        rows=len(train),
        trusted=trusted,
        private=private or None,
        deciles=tenths(train[target]) if classes is None else None,
        missing=missing,
        label=clean.get(target),
        sealed=sealed,
        columns=(
            *(
                _column(features[name], kinds[name], name in private, (dates or {}).get(name), clean.get(name))
                for name in map(str, features.columns)
            ),
            *(Column(name=name, kind="ignored") for name in left_out),
        ),
    )


def tenths(values: Sequence[float] | pd.Series) -> tuple[float, ...]:
    """The values that cut numbers into tenths, each larger than the one before.

    Where so many are the same that all nine would be one value, as in a target that is nearly always 0, the tenths of
    the others stand beside it: what differs there is what there is to tell apart.
    """
    numbers = np.asarray(values, dtype=np.float64)
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return ()
    parts = np.arange(1, 10) / 10
    with np.errstate(over="ignore", invalid="ignore"):  # of numbers near the largest there are
        cuts = rising(np.quantile(numbers, parts))
        others = numbers[~np.isin(numbers, cuts)]
        return rising([*cuts, *np.quantile(others, parts)]) if len(cuts) < 2 and len(others) else cuts


def rising(values: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    """The finite ones among numbers in order, each once: what predictions may be counted between."""
    numbers = np.asarray(values, dtype=np.float64) + 0.0  # -0.0 is 0.0 under another name
    return tuple(np.unique(numbers[np.isfinite(numbers)]).tolist())


def _column(values: pd.Series, kind: Kind, private: bool, date: str | None, clean: CellRule | None) -> Column:
    facts: dict[str, Any] = {"name": str(values.name), "kind": kind, "missing": round(float(values.isna().mean()), 6)}
    facts["clean"] = clean
    present = _conform(values, kind, (), date).dropna()
    if kind == "numeric" and len(present):
        facts |= {"minimum": float(present.min()), "maximum": float(present.max())}
    elif kind == "date" and len(present):
        facts |= {"minimum": present.min().isoformat(), "maximum": present.max().isoformat(), "date": date}
    elif kind == "categorical":
        facts["categories"] = tuple(_commonest(present))
    if len(present) and not private:
        facts |= {"typical": _typical(present, kind), "deciles": _deciles(present, kind)}
    return Column(**facts)


def _deciles(present: pd.Series, kind: Kind) -> tuple[float, ...] | None:
    if kind == "text":
        present = present.str.len()
        present = present[present > 0]  # the empty text is a missing one
    return tenths(present) if kind in ("numeric", "text") else None


def _typical(present: pd.Series, kind: Kind) -> float | str | None:
    """A value that stands for many rows: the lower median, so that whole numbers stay whole, or the commonest."""
    if kind == "categorical":
        return str(present.value_counts().index[0])
    if kind not in ("numeric", "date"):
        return None  # a text is one person's words
    middle = present.sort_values().iloc[(len(present) - 1) // 2]
    return float(middle) if kind == "numeric" else str(middle.isoformat())


def _commonest(values: pd.Series) -> Sequence[str]:
    return sorted(values.value_counts().index[:MOST_CATEGORIES])


def _conform(values: pd.Series, kind: Kind, missing: Collection[str], date: str | None) -> pd.Series:
    if kind == "numeric":
        numbers = (
            values if pd.api.types.is_numeric_dtype(values) else columns.parse(values, "numeric", missing=missing)[0]
        )
        array = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
        if (blank := columns.are_numbers(array, missing)) is not None:
            array = np.where(blank, np.nan, array)
        return pd.Series(np.where(np.isfinite(array), array, np.nan), index=values.index)
    if kind == "date":
        return columns.parse(values, "date", missing=missing, date=date)[0]
    text = columns.as_text(values, missing).astype("object")
    # scikit-learn's vectorisers read text only, its encoders tell a missing category from the others
    return text.where(text.notna(), "" if kind == "text" else np.nan)
