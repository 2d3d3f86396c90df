"""When two tables of answers are the same, to the last bit."""

import numpy as np
import pandas as pd
import pytest

from mainline.package import alike

WORDS = pd.DataFrame({"prediction": ["No", "Yes 🙂", "No"], "p_No": [0.1, 0.2, 0.3], "p_Yes 🙂": [0.9, 0.8, 0.7]})
NUMBERS = pd.DataFrame({"prediction": [1.5, 2.0, float("nan")]})


@pytest.mark.parametrize(
    "wanted", [WORDS, NUMBERS, WORDS.astype({"p_No": "float32"})], ids=["words", "numbers", "halves"]
)
def test_the_same_answers_do_not_differ(wanted: pd.DataFrame) -> None:
    """Labels of any text, numbers, and missing ones are the same as themselves, after a way through JSON too."""
    assert alike.differing(wanted.copy(), wanted) == 0
    told = pd.DataFrame({name: wanted[name].tolist() for name in wanted})
    assert alike.differing(told, wanted) == 0


@pytest.mark.parametrize(
    ("row", "column", "value"),
    [(1, "prediction", "Yes"), (2, "p_No", np.nextafter(0.3, 1)), (0, "p_Yes 🙂", None)],
    ids=["another label", "the last bit", "nothing"],
)
def test_one_other_cell_is_one_row(row: int, column: str, value: object) -> None:
    """A label, a last bit, or a missing value that is another makes its row differ."""
    said = WORDS.copy()
    said.loc[row, column] = value
    assert alike.differing(said, WORDS) == 1


@pytest.mark.parametrize(
    "said",
    [WORDS.head(2), WORDS.drop(columns="p_No"), WORDS[["prediction", "p_Yes 🙂", "p_No"]], NUMBERS],
    ids=["fewer rows", "a class less", "another order", "another task"],
)
def test_another_shape_is_other_in_every_row(said: pd.DataFrame) -> None:
    """Where rows or columns are others, all differ."""
    assert alike.differing(said, WORDS) == 3


def test_cleaned_cells_are_asked_about_as_they_came() -> None:
    """By data/raw.parquet; rows that production brought are left out, as nobody knows how theirs came."""
    about = {"columns": [{"name": "x", "kind": "numeric", "clean": {"times": 2}}, {"name": "y", "kind": "numeric"}]}
    assert alike.cleaned(about) == ["x"]
    assert alike.cleaned({"columns": [{"name": "x", "kind": "ignored", "clean": {"times": 2}}]}) == []
    rows = pd.DataFrame({"row_id": ["b", "stream:1", "a"], "x": [4.0, 6.0, 2.0], "y": [1, 2, 3]})
    raw = pd.DataFrame({"row_id": ["a", "b", "c", "stream:1"], "x": ["1,0", "2,0", "3,0", "6"]})
    sent = alike.as_sent(rows, ["x"], raw)
    assert sent.to_dict("list") == {"row_id": ["b", "a"], "x": ["2,0", "1,0"], "y": [1, 3]}
