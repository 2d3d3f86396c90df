"""The target says what the task is, unless params.yaml does."""

import pandas as pd
import pytest

from pipeline.errors import DataError, ParamsError
from pipeline.sections import Data
from pipeline.table import task


def data(**changes: object) -> Data:
    """The settings of the data."""
    return Data.model_validate({"source": "x", "target": "label"} | changes)


@pytest.mark.parametrize(
    ("labels", "stated", "expected"),
    [
        (["yes", "no"], "auto", "binary"),
        ([0, 1], "auto", "binary"),
        (["a", "b", "c"], "auto", "multiclass"),
        (list(range(10)), "auto", "multiclass"),
        (list(range(30)), "auto", "regression"),
        (list(range(30)), "multiclass", "multiclass"),
        ([0.5, 1.5], "auto", "regression"),
        ([1, 2, 3], "regression", "regression"),
        ([0, 1], "multiclass", "binary"),
    ],
)
def test_the_task_follows_from_the_labels(labels: list[object], stated: str, expected: str) -> None:
    """Text and few whole numbers are classes, other numbers are measured."""
    assert task.infer(pd.Series(labels, name="label"), data(task=stated)) == expected


@pytest.mark.parametrize(
    ("labels", "changes", "error", "said"),
    [
        ([1, 1], {}, DataError, "'label' is 1 in every row; there is nothing to predict"),
        (["a", "a"], {}, DataError, "'label' is 'a' in every row"),
        (
            ["a", "b"],
            {"task": "regression"},
            ParamsError,
            "regression needs numbers, and 'label' holds text such as 'a'",
        ),
        ([0.5, 1.5], {"task": "binary"}, ParamsError, "binary needs classes, and 'label' holds fractions"),
        ([1, 2, 3], {"task": "binary"}, ParamsError, "binary needs two classes, and 'label' has 3"),
        ([f"n{i}" for i in range(300)], {}, DataError, "'label' has 300 classes, over 200; is it the right column?"),
        (["yes", "no"], {"positive": "Yes"}, ParamsError, "never 'Yes'; did you mean 'yes'?"),
    ],
)
def test_a_target_that_sets_no_task_is_refused(
    labels: list[object], changes: dict[str, object], error: type[Exception], said: str
) -> None:
    """The message names the target and what is wrong with it."""
    with pytest.raises(error) as refusal:
        task.infer(pd.Series(labels, name="label"), data(**changes))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("cells", "stated", "values", "wrong"),
    [
        (["1", "2"], "auto", [1, 2], 0),
        (["1.0", "2.0", ""], "auto", [1, 2, None], 0),
        (["0.5", "2"], "auto", [0.5, 2.0], 0),
        (["yes", " no "], "auto", ["yes", "no"], 0),
        (["1"] * 30 + ["x"], "regression", [1] * 30 + [None], 1),
        (["1e300", "2"], "auto", [1e300, 2.0], 0),
    ],
)
def test_labels_are_parsed(cells: list[str], stated: str, values: list[object], wrong: int) -> None:
    """Whole numbers are integers, blanks are missing, and text among numbers is wrong."""
    parsed, said = task.parse_target(pd.Series(cells), data(task=stated))
    assert [None if pd.isna(value) else value for value in parsed] == values
    assert said.sum() == wrong


def test_dates_are_no_target() -> None:
    """A column of dates is neither a class nor a number."""
    with pytest.raises(DataError, match="holds dates"):
        task.parse_target(pd.Series(["2024-01-01", "2024-01-02"], name="label"), data())


@pytest.mark.parametrize(
    ("classes", "stated", "expected"),
    [(["no", "yes"], None, "yes"), (["no", "yes"], "no", "no"), ([0, 1], "0", 0), ([0, 1], 0, 0)],
)
def test_the_positive_class_is_stated_or_the_last(classes: list[object], stated: object, expected: object) -> None:
    """1 and "1" mean the same class: files do not tell them apart."""
    assert task.positive_class(classes, stated) == expected


@pytest.mark.parametrize(
    ("said", "classes", "meant"),
    [
        *((said, (0, 1), 1) for said in (1, 1.0, "1", "1.0", " 1 ", True, "True", "true", "TRUE")),
        *((said, (0, 1), 0) for said in (False, "false", "0")),
        *((said, ("False", "True", "maybe"), "True") for said in (True, "true", " True")),
        *((said, ("no", "yes"), "yes") for said in ("yes", " yes ")),
        *((said, tuple(range(10)), None) for said in (True, "true", "x", "", None)),
        *((said, ("no", "yes"), None) for said in (True, 1, "Yes")),
    ],
)
def test_a_label_is_the_class_that_a_cell_of_the_table_would_be(said, classes, meant) -> None:
    """Truth is 1 and 0 where those are the classes, and a word where words are; of ten digits none is true."""
    assert task.class_of(said, classes) == meant
