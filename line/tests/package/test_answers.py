"""Answers of a registered model against those that were judged."""

import numpy as np
import pandas as pd
import pytest

from mainline.package.answers import TOLERANCE, compared

WANTED = pd.DataFrame(
    {"prediction": ["No", "Yes 🎉", "No"], "p_No": [0.75, 0.25, 1 / 3], "p_Yes 🎉": [0.25, 0.75, 2 / 3]}
)
NUMBERS = pd.DataFrame({"prediction": [1.5, -2.0, 1e9]})


@pytest.mark.parametrize(
    ("said", "wanted", "words"),
    [
        (WANTED.copy(), WANTED, "3 dev rows, to the last bit"),
        (WANTED.assign(p_No=np.nextafter(WANTED["p_No"], 1)), WANTED, f"3 dev rows, 3 of them within {TOLERANCE:g}"),
        (NUMBERS * (1 + TOLERANCE / 10), NUMBERS, f"3 dev rows, 3 of them within {TOLERANCE:g}"),
    ],
    ids=["the same", "another machine", "numbers of another machine"],
)
def test_answers_that_are_alike_are_counted(said: pd.DataFrame, wanted: pd.DataFrame, words: str) -> None:
    """The same to the last bit, or as near as two machines are."""
    assert compared(said, wanted) == words


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (WANTED.assign(prediction=["No", "No", "No"]), WANTED),
        (WANTED.assign(p_No=WANTED["p_No"] + 10 * TOLERANCE), WANTED),
        (WANTED.drop(columns="p_No"), WANTED),
        (WANTED.head(2), WANTED),
        (WANTED.assign(p_No=np.nan), WANTED),
        (NUMBERS * (1 + 10 * TOLERANCE), NUMBERS),
    ],
    ids=["a label", "a probability", "a column less", "a row less", "not a number", "a number"],
)
def test_answers_that_differ_are_refused(said: pd.DataFrame, wanted: pd.DataFrame) -> None:
    """A label, or more than rounding, is another answer."""
    with pytest.raises(ValueError, match="answered otherwise"):
        compared(said, wanted)
