"""Scores say in which ways a distribution may move, and leave its units of measure alone."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainline.monitor.evidence.scores import bad, categorical, numeric

counts = st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(any)


@given(counts)
def test_the_reference_ranks_in_its_own_middle(reference: list[int]) -> None:
    """The mean rank of the reference itself is one half, both ways; all scores lie between 0 and 1."""
    _, scores = numeric(reference)
    means = scores @ reference / sum(reference)
    assert means[:2] == pytest.approx([0.5, 0.5])
    assert means[2] + means[3] == pytest.approx(1)
    assert ((scores >= 0) & (scores <= 1)).all()


@given(counts)
def test_later_bins_rank_no_lower(reference: list[int]) -> None:
    """The rank rises from bin to bin, and its opposite falls."""
    _, scores = numeric(reference)
    assert (np.diff(scores[0]) >= 0).all()
    assert scores[1] == pytest.approx(1 - scores[0])


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        ([0, 0, 0, 0, 100], {"higher", "further out"}),
        ([100, 0, 0, 0, 0], {"lower", "further out"}),
        ([50, 0, 0, 0, 50], {"further out"}),
        ([0, 0, 100, 0, 0], {"closer in"}),
        ([20, 20, 20, 20, 20], set()),
    ],
    ids=["up", "down", "apart", "together", "as it was"],
)
def test_each_way_to_move_has_its_score(now: list[int], moved: set[str]) -> None:
    """The names of the scores whose mean rises say what happened."""
    names, scores = numeric([20] * 5)
    risen = scores @ np.array(now) / 100 - scores.mean(axis=1)
    assert {name for name, by in zip(names, risen, strict=True) if by > 0.01} == moved


def test_what_is_missing_moves_no_rank() -> None:
    """Its bin stands in the middle: ever more missing cells raise no score."""
    _, scores = numeric([50, 10, 10, 20], missing=0)
    assert scores[:, 1:] == pytest.approx(numeric([10, 10, 20])[1])
    before, after = (scores @ np.array(each) / sum(each) for each in ([50, 10, 10, 20], [500, 10, 10, 20]))
    assert after == pytest.approx(before, abs=1e-9)


def test_a_column_that_is_only_missing_has_scores_all_the_same() -> None:
    """Nothing is known of its order: each value stands in the middle."""
    _, scores = numeric([7, 0, 0], missing=0)
    assert scores[0].tolist() == [0.5, 0.5, 0.5]


def test_categories_are_watched_both_ways() -> None:
    """More of one is as much a change as less of it."""
    names, scores = categorical([5, 3, 2], ["a", "b", "c"])
    assert names == ("more a", "more b", "more c", "less a", "less b", "less c")
    assert scores.tolist() == [*np.eye(3).tolist(), *(1 - np.eye(3)).tolist()]


def test_the_rare_ones_are_watched_together() -> None:
    """Of a hundred categories the twenty commonest have a score of their own, the others one."""
    names, scores = categorical(np.arange(100)[::-1] + 1)
    assert len(names) == 42
    assert names[20] == "more of the others"
    assert scores[20].tolist() == [0.0] * 20 + [1.0] * 80
    assert scores[:20, :20].tolist() == np.eye(20).tolist()


def test_the_commonest_come_first_and_ties_in_their_order() -> None:
    """Whatever the order of the bins; two alike stay as they stand."""
    names, _ = categorical([1, 9, 9, 2], ["a", "b", "c", "d"], most=2)
    assert names[:3] == ("more b", "more c", "more of the others")
    assert categorical([1, 2] * 50, most=3)[0][:3] == ("more 1", "more 3", "more 5")


def test_bins_that_are_watched_elsewhere_have_no_score() -> None:
    """Missing and unseen ones are the quality's: no score tells them from other bins."""
    names, scores = categorical([9, 5, 3, 0], ["missing", "a", "b", "unseen"], apart=(0, 3))
    assert names == ("more a", "more b", "less a", "less b")
    assert scores[:2, [0, 3]].tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("reference", [[5], [5, 0, 0]])
def test_what_can_only_be_one_value_has_no_score(reference: list[int]) -> None:
    """With one bin there is nothing to move to."""
    names, scores = categorical(reference, apart=range(1, len(reference)))
    assert names == ()
    assert scores.shape == (0, len(reference))


def test_quality_counts_the_bins_that_are_bad() -> None:
    """1 in its bin, 0 in every other."""
    assert bad(4, [0, 3]).tolist() == [[1, 0, 0, 0], [0, 0, 0, 1]]
    assert bad(4, []).shape == (0, 4)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: numeric([]), "reference must be counts"),
        (lambda: numeric([[1, 2]]), "reference must be counts"),
        (lambda: numeric([1, -2]), "at least 0"),
        (lambda: numeric([1, np.nan]), "at least 0"),
        (lambda: numeric(["a"]), "must be numbers"),
        (lambda: categorical([1, -2]), "at least 0"),
        (lambda: categorical([1, 2], ["a"]), "words must be one for each of the 2 bins"),
        (lambda: bad(3, [3]), "bins from 0 to 2"),
        (lambda: bad(3, [-1]), "bins from 0 to 2"),
    ],
    ids=range(9),
)
def test_what_is_no_reference_is_refused(call: Any, words: str) -> None:
    """Counts that are none, and bins that are not there, are refused in words."""
    with pytest.raises(ValueError, match=words):
        call()
