"""Both sides on the same rows, by row_id and never by position."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mainline.errors import MainlineError
from mainline.report.compare import compare, label_text
from mainline.report.metrics import score
from mainline.report.side import Side

Pairs = dict[str, tuple[Side, Side]]


def test_predictions_in_another_order_compare_the_same(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """Rows are joined by their id."""
    challenger, champion = pairs["digits"]
    shuffled = altered(champion, predictions=lambda table: table.sample(frac=1, random_state=1))
    one, other = compare(challenger, champion), compare(challenger, shuffled)
    assert score(one, one.champion) == pytest.approx(score(other, other.champion))
    assert one.notes == ()


def test_only_shared_rows_are_compared_and_it_says_how_many(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """The intersection, with a note."""
    challenger, champion = pairs["digits"]
    c = compare(challenger, altered(champion, predictions=lambda table: table.iloc[25:]))
    assert len(c.truth) == 200
    assert "200 of 225" in c.notes[0]


def test_no_shared_row_is_an_error(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """There is nothing to report on."""
    challenger, champion = pairs["digits"]
    with pytest.raises(MainlineError, match="share no row_id"):
        compare(challenger, altered(champion, predictions=lambda table: table.assign(row_id="x" + table["row_id"])))


def test_a_champion_of_another_task_is_left_out_with_a_note(pairs: Pairs) -> None:
    """A changed target is news, not a comparison."""
    c = compare(pairs["digits"][0], pairs["regression"][1])
    assert c.champion is None
    assert "another question" in c.notes[0]


def test_a_class_the_champion_never_knew_has_probability_zero(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """The classes of both sides are brought together; what a side cannot say it gave no chance."""
    challenger, champion = pairs["text"]
    kept = ("billing", "technical")
    lesser = replace(champion, signature=replace(champion.signature, classes=kept))
    lesser = altered(lesser, predictions=lambda t: t.drop(columns="p_praise").assign(prediction="billing"))
    c = compare(challenger, lesser)
    assert c.classes == ("billing", "praise", "technical")
    assert (c.champion.chance[:, 1] == 0).all()
    assert (c.champion.chance[:, 2] > 0).all()


def test_probability_columns_that_do_not_fit_the_classes_are_refused(
    pairs: Pairs, altered: Callable[..., Side]
) -> None:
    """A column too few would shift every probability."""
    challenger, _ = pairs["digits"]
    with pytest.raises(MainlineError, match="9 probability columns for 10 classes"):
        compare(altered(challenger, predictions=lambda table: table.drop(columns="p_3")), None)


def test_a_predicted_class_that_does_not_exist_is_refused(pairs: Pairs, altered: Callable[..., Side]) -> None:
    """A prediction outside the classes is a broken file."""
    with pytest.raises(MainlineError, match="does not name"):
        compare(altered(pairs["digits"][0], predictions=lambda table: table.assign(prediction=77)), None)


def test_the_positive_class_is_the_signatures(pairs: Pairs) -> None:
    """Not the first, and not the most frequent."""
    c = compare(*pairs["binary"])
    assert c.classes[c.positive] == "Yes"


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (1.0, "1"), (np.int64(1), "1"), (1.5, "1.5"), ("1", "1"), (True, "True"), (np.True_, "True")],
)
def test_a_class_reads_the_same_from_json_and_from_a_table(value: object, text: str) -> None:
    """Whatever type carried it."""
    assert label_text(value) == text
