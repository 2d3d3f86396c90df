"""A column that gives the target away is refused by name; an honest one never is."""

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.table import leaks

RANDOM = np.random.default_rng(0)
CLASSES = pd.Series(RANDOM.choice(["no", "yes"], 400, p=[0.7, 0.3]))
DIGITS = pd.Series(RANDOM.integers(0, 10, 400))
AMOUNT = pd.Series(RANDOM.lognormal(3, 1, 400))


def refuse(column: object, target: pd.Series, task: str, known: tuple[str, ...] = ()) -> None:
    """Look for leaks in a table of an honest column and another."""
    frame = pd.DataFrame({"honest": RANDOM.normal(size=len(target)), "column": column, "label": target})
    leaks.refuse(frame, "label", task, known)


LEAKS = [
    (CLASSES, CLASSES, "binary"),
    (CLASSES.map({"no": "stayed", "yes": "left"}), CLASSES, "binary"),
    (CLASSES.map({"no": 1.0, "yes": 0.0}), CLASSES, "binary"),
    (CLASSES.map({"no": np.nan, "yes": 3.5}), CLASSES, "binary"),
    (pd.to_datetime(CLASSES.map({"no": "2024-01-01", "yes": "2024-06-01"})), CLASSES, "binary"),
    (DIGITS, DIGITS, "multiclass"),
    (DIGITS.map(lambda digit: "abcdefghij"[(digit * 7) % 10]), DIGITS, "multiclass"),
    (9 - DIGITS, DIGITS, "multiclass"),
    (AMOUNT, AMOUNT, "regression"),
    (AMOUNT * 1.19 + 5, AMOUNT, "regression"),
    (-AMOUNT, AMOUNT, "regression"),
    (np.log(AMOUNT), AMOUNT, "regression"),
]


@pytest.mark.parametrize(("column", "target", "task"), LEAKS)
def test_a_copy_of_the_target_is_refused(column: pd.Series, target: pd.Series, task: str) -> None:
    """Exact, renamed, inverted, scaled, or present only for one answer: it is named."""
    with pytest.raises(DataError, match="column 'column' alone predicts 'label'"):
        refuse(column, target, task)


@pytest.mark.parametrize(("column", "target", "task"), LEAKS[::4])
def test_a_known_leak_may_stay(column: pd.Series, target: pd.Series, task: str) -> None:
    """validate.known_leaks lets a column through."""
    refuse(column, target, task, known=("column",))


def noisy(target: pd.Series, share: float) -> pd.Series:
    """Labels of which a share is another row's."""
    return target.mask(RANDOM.random(len(target)) < share, target.sample(frac=1, random_state=0).to_numpy())


@pytest.mark.parametrize(
    ("column", "target", "task"),
    [
        (noisy(CLASSES, 0.05), CLASSES, "binary"),
        (noisy(DIGITS, 0.03), DIGITS, "multiclass"),
        (AMOUNT * RANDOM.normal(1, 0.1, 400), AMOUNT, "regression"),
        (RANDOM.normal(size=60), AMOUNT[:60], "regression"),
        ([f"name {i}" for i in range(60)], CLASSES[:60], "binary"),
        ([f"name {i}" for i in range(60)], AMOUNT[:60], "regression"),
        ([f"name {i // 2}" for i in range(60)], CLASSES[:60], "binary"),
        ("constant", CLASSES, "binary"),
        (np.nan, AMOUNT, "regression"),
        ([1.0, 2.0] + [np.nan] * 398, AMOUNT, "regression"),
    ],
    ids=[
        "strong",
        "strong classes",
        "strong number",
        "few rows",
        "names",
        "names of numbers",
        "pairs",
        "constant",
        "empty",
        "two cells",
    ],
)
def test_an_honest_column_is_not_refused(column: object, target: pd.Series, task: str) -> None:
    """Strong but imperfect, of few rows, or all different: nothing there repeats the target."""
    refuse(column, target, task)


def test_a_rare_class_makes_no_leak() -> None:
    """Where nearly all rows are of one class, a column that says so in most rows is no copy."""
    target = pd.Series(["no"] * 19_990 + ["yes"] * 10)
    refuse(np.r_[RANDOM.normal(0, 1, 19_990), RANDOM.normal(2, 1, 10)], target, "binary")
    with pytest.raises(DataError, match="alone predicts"):
        refuse(np.r_[RANDOM.normal(0, 1, 19_990), RANDOM.normal(90, 1, 10)], target, "binary")
