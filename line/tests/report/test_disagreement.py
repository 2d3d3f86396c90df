"""The rows to look at: the right groups, the right counts, the most telling first."""

from collections.abc import Callable

import numpy as np

from mainline.report.compare import Comparison, compare
from mainline.report.disagreement import BOTH_WRONG, CHALLENGER_RIGHT, CHAMPION_RIGHT, disagreement
from mainline.report.side import Column, Side, Signature

Make = Callable[..., Comparison]
SIGNATURE = Signature("multiclass", "y", (), None, "m", 1, ())


def test_rows_fall_into_who_is_right(compared: Make) -> None:
    """Rows on which both say the same are in no group, right or wrong."""
    c = compared([0, 1, 2, 0, 1], [0, 0, 0, 1, 2], [1, 1, 0, 2, 2], task="multiclass")
    found = disagreement(c, SIGNATURE)
    assert [(group.title, [case.row_id for case in group.cases]) for group in found.groups] == [
        (CHAMPION_RIGHT, ["1"]),
        (CHALLENGER_RIGHT, ["0"]),
        (BOTH_WRONG, ["3"]),
    ]
    assert found.total(CHAMPION_RIGHT) == 1
    assert found.total("no such group") == 0


def test_the_surest_mistake_comes_first(compared: Make) -> None:
    """And what is cut is still counted."""
    truth = np.zeros(40, int)
    chance = np.column_stack([1 - np.linspace(0.6, 0.9, 40), np.linspace(0.6, 0.9, 40)])
    c = compared(np.r_[truth, 1], np.ones(41, int), challenger=np.vstack([chance, [0, 1]]))
    group = disagreement(c, SIGNATURE).groups[0]
    assert (group.title, group.total, len(group.cases)) == ("Its surest mistakes", 40, 24)
    assert group.cases[0].row_id == "39"
    assert group.cases[0].champion is None


def test_sides_that_agree_have_no_groups(compared: Make) -> None:
    """Nothing to show is nothing shown."""
    assert disagreement(compared([0, 1], [0, 0], [0, 0]), SIGNATURE).groups == ()


def test_a_regression_shows_where_the_error_grew_and_shrank(compared: Make) -> None:
    """The largest change first."""
    c = compared([0.0, 0, 0, 0], [5.0, 1, 0, 0], [1.0, 9, 3, 0], task="regression")
    further, closer = disagreement(c, SIGNATURE).groups
    assert [case.row_id for case in further.cases] == ["0"]
    assert [case.row_id for case in closer.cases] == ["1", "2"]
    assert further.cases[0].challenger.note == "off by +5.000"


def test_digits_are_drawn_and_other_rows_are_told(pairs: dict[str, tuple[Side, Side]]) -> None:
    """A picture instead of 64 numbers; text comes first among the features, and is cut."""
    challenger, champion = pairs["digits"]
    found = disagreement(compare(challenger, champion), challenger.signature)
    assert found.groups[0].cases[0].drawing.startswith("<svg")
    challenger, champion = pairs["text"]
    found = disagreement(compare(challenger, champion), challenger.signature)
    assert found.features == ("message",)
    assert found.groups[0].cases[0].drawing is None
    assert max(len(case.cells[0]) for group in found.groups for case in group.cases) <= 140


def test_at_most_four_features_are_shown(pairs: dict[str, tuple[Side, Side]]) -> None:
    """Text before categories before numbers."""
    challenger, _ = pairs["binary"]
    c = compare(challenger, None)
    columns = (Column("age", "numeric"), Column("plan", "text"), Column("churn", "ignored"), Column("x", "text"))
    signature = Signature("binary", "churn", (), None, "m", 1, columns)
    assert disagreement(c, signature).features == ("plan", "age")
    assert len(disagreement(c, challenger.signature).features) == 4
