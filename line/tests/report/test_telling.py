"""Columns that explain where the sides differ come first, and in noise none does."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from mainline.report.compare import Comparison, Predicted
from mainline.report.disagreement import disagreement
from mainline.report.parts import parts
from mainline.report.side import Column, Signature
from mainline.report.telling import telling

ROWS = 400


def table(seed: int = 1) -> pd.DataFrame:
    """A column of each kind, none of which says anything of another."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"row_id": [f"r{n}" for n in range(ROWS)]})
    for name in "abcdefgh":
        frame[name] = rng.normal(size=ROWS)
    frame["port"] = rng.choice(["S", "C", "Q"], ROWS)
    frame["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, ROWS), unit="D")
    frame["note"] = [" ".join(rng.choice(["sun", "rain", "wind", "snow", "fog"], 3)) for _ in range(ROWS)]
    frame.loc[rng.random(ROWS) < 0.1, "h"] = np.nan
    return frame


def signature(frame: pd.DataFrame, task: str = "binary") -> Signature:
    """What is in the table, in its order."""
    kinds = {"port": "categorical", "when": "date", "note": "text"}
    columns = tuple(Column(name, kinds.get(name, "numeric")) for name in frame.columns if name != "row_id")
    return Signature(task, "y", (), None, "m", 1, columns)


def classes(frame: pd.DataFrame, where: Any = None, *, better: bool = True, alone: bool = False) -> Comparison:
    """Both sides err at random on a tenth of the rows; where it is said, one of them on half of them more."""
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, ROWS)
    wrong = [rng.random(ROWS) < 0.1, rng.random(ROWS) < 0.1]
    if where is not None:
        wrong[int(better)] |= np.asarray(where) & (rng.random(ROWS) < 0.5)
    new, old = (np.where(each, 1 - truth, truth) for each in wrong)
    sides = [Predicted(name, label, np.eye(2)[label]) for name, label in (("challenger", new), ("champion", old))]
    return Comparison("binary", "y", ("no", "yes"), 1, frame, truth, sides[0], None if alone else sides[1])


CAUSES = {
    "number": ("d", lambda t: t["d"] > 1),
    "middle": ("d", lambda t: t["d"].abs() < 0.3),
    "missing": ("h", lambda t: t["h"].isna()),
    "category": ("port", lambda t: t["port"] == "Q"),
    "date": ("when", lambda t: t["when"] >= "2026-01-01"),
    "weekday": ("when", lambda t: t["when"].dt.dayofweek == 5),
    "word": ("note", lambda t: t["note"].str.contains("snow")),
}


@pytest.mark.parametrize("better", [True, False])
@pytest.mark.parametrize("cause", CAUSES)
def test_the_column_that_causes_the_difference_comes_first(cause: str, better: bool) -> None:
    """Whatever its kind, wherever in the table, and whoever is the better there; and it is said where it is."""
    frame, (name, where) = table(), CAUSES[cause]
    c = classes(frame, where(frame), better=better)
    found = disagreement(c, signature(frame))
    assert found.features[0] == name
    assert len(found.features) == len(set(found.features)) == 4
    assert found.told.startswith(f"Where {name} ")
    assert "elsewhere on" in found.told


@pytest.mark.parametrize("seed", range(30, 36))
def test_where_no_column_does_it_says_so(seed: int) -> None:
    """In noise nothing is found, but in one of a hundred tables; the columns stand as ever: text, then the others."""
    frame = table(seed)
    found = disagreement(classes(frame), signature(frame))
    assert found.told == "No column tells the rows where the sides differ from the others."
    assert found.features == ("note", "a", "b", "c")


def test_a_challenger_alone_has_columns_that_tell_its_errors() -> None:
    """Where there is no champion the question is where it errs."""
    frame = table()
    found = disagreement(classes(frame, frame["b"] < -1, better=False, alone=True), signature(frame))
    assert found.features[0] == "b"
    assert "it errs on" in found.told
    none = disagreement(classes(frame, alone=True), signature(frame))
    assert none.told == "No column tells its errors from the others."


@pytest.mark.parametrize("alone", [False, True])
def test_a_regression_has_them_too(alone: bool) -> None:
    """Where the errors changed most; in noise nowhere."""
    frame, rng = table(), np.random.default_rng(3)
    truth = rng.normal(size=ROWS)
    for where, first in ((frame["e"] > 0.8, "e"), (np.zeros(ROWS, bool), "note")):
        new = truth + rng.normal(0, 0.1, ROWS) + np.where(where, 1.0, 0.0)
        sides = [Predicted(n, v, np.empty((ROWS, 0))) for n, v in (("challenger", new), ("champion", truth + 0.1))]
        c = Comparison("regression", "y", (), 0, frame, truth, sides[0], None if alone else sides[1])
        found = disagreement(c, signature(frame, "regression"))
        assert found.features[0] == first
        assert found.told.startswith("Where e is above" if first == "e" else "No column tells")


def test_of_pictures_the_pixel_is_named() -> None:
    """They are drawn, not told in cells; the pixel that explains the difference is named and shown, others are not."""
    frame = table()[["row_id"]]
    rng = np.random.default_rng(4)
    for name in [f"pixel_{r}_{c}" for r in range(4) for c in range(4)]:
        frame[name] = rng.integers(0, 17, ROWS).astype(float)
    for where, features in ((frame["pixel_2_3"] > 12, ("pixel_2_3",)), (None, ())):
        found = disagreement(classes(frame, where), signature(frame))
        assert found.features == features
        assert found.groups[0].cases[0].drawing is not None
        assert found.told.startswith("Where pixel_2_3 is above" if features else "No column tells")


def test_it_says_the_same_each_time() -> None:
    """The shuffles have a fixed seed, and large tables are sampled by it."""
    frame = table()
    c = classes(frame, frame["d"] > 1)
    assert telling(c, signature(frame)) == telling(c, signature(frame))


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ([1.0, 2.0] * 10, "numeric", "is 1"),
        ([True, False] * 10, "categorical", "is True"),
        ([None, "x"] * 10, "categorical", "is missing"),
        ([float("nan")] * 20, "numeric", None),
        ([float("inf"), 1.0, 2.0, 3.0] * 5, "numeric", "is above 1"),
        (["2024-01-06", "2024-02-07"] * 10, "date", "is a Saturday"),
        (["", "a longer one"] * 10, "text", "holds the word 'longer'"),
        ([1, "x", None, 2.5] * 5, "categorical", "is x"),
        (["same"] * 20, "text", None),
    ],
)
def test_a_column_is_cut_by_what_is_in_it(values: list[Any], kind: str, said: str | None) -> None:
    """Parts with few rows, or all, are none; cells of any kind are taken."""
    found = parts(pd.Series(values, dtype=None if kind == "numeric" else object), kind)
    assert (said in [words for words, _ in found]) if said else found == []
    assert all(5 <= part.sum() <= 15 and part.dtype == bool for _, part in found)
