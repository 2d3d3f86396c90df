"""How far people agree: figures against those worked out by hand."""

import numpy as np
import pytest

from pipeline.table import agreement
from pipeline.table.agreement import Votes

# the worked example of Krippendorff's alpha on Wikipedia: three people, 15 rows, - where one says nothing
CODED = ("-----341211 33-3".replace(" ", ""), "1-2133 43-------".replace(" ", ""), "--21344-21133-4")


def votes_of(coded: tuple[str, ...], *, numbers: bool = False) -> Votes:
    """Rows that at least two people have coded."""
    columns = [[each for each in column if each != "-"] for column in zip(*coded, strict=True)]
    several = [column for column in columns if len(column) > 1]
    row = np.concatenate([[at] * len(column) for at, column in enumerate(several)])
    said = np.array([int(each) for column in several for each in column])
    return Votes(row, said[:, None].astype(float) if numbers else np.eye(said.max() + 1)[said])


@pytest.mark.parametrize(("numbers", "figure"), [(False, 0.691), (True, 0.811)], ids=["nominal", "interval"])
def test_alpha_is_that_of_the_worked_example(numbers: bool, figure: float) -> None:
    """0.691 for classes and 0.811 for numbers, within its interval."""
    found = agreement.alpha(votes_of(CODED, numbers=numbers))
    assert found is not None
    assert found["alpha"] == pytest.approx(figure, abs=0.0005)
    assert found["low"] < found["alpha"] < found["high"]
    assert agreement.alpha(votes_of(CODED, numbers=numbers)) == found


def test_alpha_is_one_where_all_agree_and_about_none_by_chance() -> None:
    """And where all say one thing of everything, there is no telling."""
    same = agreement.alpha(votes_of(("121212", "121212")))
    assert same is not None
    assert same["alpha"] == 1
    coins = np.random.default_rng(0).integers(0, 2, (2, 2000))
    chance = agreement.alpha(votes_of(tuple("".join(map(str, row)) for row in coins)))
    assert chance is not None
    assert chance["low"] < 0 < chance["high"] < 0.1
    assert agreement.alpha(votes_of(("1111", "1111"))) is None


def test_one_person_is_as_right_as_most_others_say() -> None:
    """Of a row's three votes a, a, b: each a has one a and one b beside it, which says nothing; b is wrong."""
    found, right = agreement.level(votes_of(("1112", "1112", "2112")))
    assert np.nan_to_num(right, nan=-1).tolist() == [-1, -1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    assert found is not None
    assert found["accuracy"] == pytest.approx(9 / 10)
    assert found["rows"] == 4
    assert found["low"] <= 0.9 <= found["high"] == 1


def test_of_numbers_it_is_the_mean_error() -> None:
    """Each against the mean of the others: 1, 3 and 1, 1 are apart by 2, 2, 0 and 0."""
    found, right = agreement.level(votes_of(("11", "31"), numbers=True))
    assert right.tolist() == [2, 2, 0, 0]
    assert found is not None
    assert found["mean_absolute_error"] == 1


def test_wilsons_interval_is_that_of_the_books() -> None:
    """8 of 10: 0.490 to 0.943."""
    assert agreement.wilson(8, 10) == (pytest.approx(0.490, abs=0.001), pytest.approx(0.943, abs=0.001))
