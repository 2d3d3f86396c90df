"""Which task a target sets, and its labels."""

from collections.abc import Sequence

import pandas as pd

from pipeline.errors import DataError, ParamsError, nearest
from pipeline.sections import CellRule, Data, Label, Task
from pipeline.table import columns
from pipeline.table.cells import Cell

MOST_CLASSES = 200
EXACT = 2.0**53


def parse_target(target: pd.Series, data: Data) -> tuple[pd.Series, pd.Series]:
    """Turn the target's cells into labels or numbers.

    Returns:
        (rows,) of int, float or text, missing where the source is blank; and (rows,) of bool, true where a cell
        is not of the target's kind.
    """
    regression = data.task == "regression"
    values, wrong = columns.parse(target, "numeric" if regression else None, missing=data.missing)
    if pd.api.types.is_datetime64_any_dtype(values):
        raise DataError(f"data.target: {target.name!r} holds dates; a target is a class or a number")
    present = values.dropna()
    if pd.api.types.is_numeric_dtype(values) and _are_whole(present):
        values = values.astype("Int64")
    return values, wrong


def infer(target: pd.Series, data: Data, rule: CellRule | None = None) -> Task:
    """The task that parsed targets set: (rows,), none missing; rule is what clean says of the target.

    Raises:
        DataError: the target is constant, or has too many classes to be one.
        ParamsError: data.task or data.positive does not fit the target.
    """
    name, stated, distinct = target.name, data.task, target.nunique()
    numeric, example = pd.api.types.is_numeric_dtype(target), target.tolist()[0]
    if distinct < 2:
        raise DataError(f"data.target: {name!r} is {example!r} in every row; there is nothing to predict")
    if stated == "regression" and not numeric:
        raise ParamsError(f"data.task: regression needs numbers, and {name!r} holds text such as {example!r}")
    whole = not numeric or _are_whole(target)
    guess: Task = "regression" if numeric and (not whole or distinct > 20) else "multiclass"
    task: Task = guess if stated == "auto" else stated
    if task == "regression":
        return task
    if not whole:
        raise ParamsError(f"data.task: {stated} needs classes, and {name!r} holds fractions")
    if distinct > MOST_CLASSES:
        raise DataError(f"data.target: {name!r} has {distinct:,} classes, over {MOST_CLASSES}; is it the right column?")
    _check_classes(target, data, distinct, rule)
    return "binary" if distinct == 2 else "multiclass"


def _are_whole(numbers: pd.Series) -> bool:
    return bool(((numbers % 1 == 0) & (numbers.abs() < EXACT)).all())


def _check_classes(target: pd.Series, data: Data, distinct: int, rule: CellRule | None) -> None:
    if data.task == "binary" and distinct != 2:
        raise ParamsError(f"data.task: binary needs two classes, and {target.name!r} has {distinct}")
    if data.positive is not None:
        positive_class(sorted(target.unique().tolist()), data.positive, rule)


def positive_class(classes: Sequence[Label], stated: Label | None, rule: CellRule | None = None) -> Label:
    """The class that metrics look for: the one that params.yaml states, else the last in order.

    Raises:
        ParamsError: no class is called that.
    """
    if stated is None:
        return classes[-1]
    label = class_of(stated, classes, rule)
    if label is not None:
        return label
    raise ParamsError(f"data.positive: the target is never {stated!r}{nearest(stated, classes)}")


def class_of(said: object, classes: Sequence[Label], rule: CellRule | None = None) -> Label | None:
    """The class that somebody means, by the word or the number that a cell would say; None where it is none of them.

    Args:
        rule: what clean says of the target: a label may be said as the table says it, or as the model does.
    """
    found = _class_of(said, classes)
    return _class_of(Cell(rule)(said), classes) if found is None and rule is not None else found


def _class_of(said: object, classes: Sequence[Label]) -> Label | None:
    text = columns.word(said)
    for label in classes:
        if str(label) == text:  # "1" and 1 mean one class: files do not tell them apart
            return label
    if text is None or any(isinstance(label, str) for label in classes):
        return None
    if text in columns.SPELLED.values() and not {*classes} <= {0, 1}:
        return None  # of ten digits none is true
    number = columns.parse(pd.Series([text], dtype="str"), "numeric")[0][0]
    return next((label for label in classes if label == number), None)
