"""One person's sitting, without a page."""

from collections.abc import Sequence
from typing import Any

import pytest

from mainline.label.session import ASKING, LOOKING, OVER, Asked, Batch, Session, Unfit, number

CLASSES = ("cat", "dog")


def asked(row: str, **about: Any) -> Asked:
    """A row to ask about."""
    return Asked(row, about.pop("how", "queue"), about.pop("seen", None), "because", {"cells": []}, **about)


def sitting(rows: Sequence[Asked], classes: Sequence[str] | None = CLASSES) -> tuple[Session, list[tuple[str, Any]]]:
    """A sitting over a batch, and what it writes."""
    written: list[tuple[str, Any]] = []
    made = Session(lambda row, label: written.append((row.row, label)))
    made.begin(Batch(rows, classes, len(rows)))
    return made, written


def test_a_vote_is_written_at_once() -> None:
    """By the label's place among the classes, in whichever order rows come."""
    made, written = sitting([asked("a"), asked("b")])
    made.vote(1, 1, 0)
    assert written == [("b", "cat")]
    assert made.state()["votes"] == [None, 0]
    made.vote(1, 0, 1)
    assert made.state()["phase"] == OVER
    assert made.state()["written"] == 2


def test_what_is_taken_back_is_as_before() -> None:
    """No vote where there was none, else the earlier one; of a skip nothing is written. Then nothing is left."""
    made, written = sitting([asked("a"), asked("b", before="dog"), asked("c")])
    made.vote(1, 0, 0)
    made.vote(1, 1, 0)
    made.skip(1, 2)
    for _ in range(3):
        made.undo()
    assert written == [("a", "cat"), ("b", "cat"), ("b", "dog"), ("a", None)]
    state = made.state()
    assert (state["phase"], state["votes"], state["skipped"]) == (ASKING, [None] * 3, [False] * 3)
    assert state["written"] == 0
    assert not made.skipped
    with pytest.raises(Unfit, match="nothing to take back"):
        made.undo()


def test_a_row_is_answered_once() -> None:
    """A second window is told so, and nothing is written twice; nor for a batch that is over."""
    made, written = sitting([asked("a"), asked("b")])
    made.vote(1, 0, 0)
    with pytest.raises(Unfit, match="answered already"):
        made.vote(1, 0, 1)
    with pytest.raises(Unfit, match="no such row"):
        made.vote(1, 2, 1)
    with pytest.raises(Unfit, match="over"):
        made.vote(2, 1, 1)
    assert len(written) == 1


@pytest.mark.parametrize("said", [2, -1, True, None, "cat", 0.0])
def test_only_a_class_is_a_label(said: Any) -> None:
    """Named by its place."""
    made, written = sitting([asked("a")])
    with pytest.raises(Unfit, match="no such class"):
        made.vote(1, 0, said)
    assert not written


def test_a_vote_that_cannot_be_written_is_none() -> None:
    """As on a full disk: the row is asked about again."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    made = Session(full)
    made.begin(Batch([asked("a")], CLASSES))
    with pytest.raises(OSError, match="No space"):
        made.vote(1, 0, 0)
    assert made.state()["votes"] == [None]


def test_a_number_is_typed() -> None:
    """Whole ones stay whole; what could be read in two ways is refused."""
    made, written = sitting([asked("a"), asked("b")], classes=None)
    made.vote(1, 0, " 3.50 ")
    with pytest.raises(Unfit, match="write it as"):
        made.vote(1, 1, "1,5")
    assert written == [("a", 3.5)]
    assert [number(text) for text in ("7", "-1e3", "12345678901234567890")] == [7, -1000, 12345678901234567890.0]
    for text in ("", "nan", "inf", "1_0", None):
        with pytest.raises(Unfit):
            number(text)


def test_one_batch_is_looked_for_at_a_time() -> None:
    """However often the button is pressed."""
    made, _ = sitting([asked("a")])
    assert made.look()
    assert made.state()["phase"] == LOOKING
    assert not made.look()


def test_the_page_is_told_no_id_and_no_side() -> None:
    """Ids say the side to who can count, and some in words."""
    made, _ = sitting([asked("sealed:mainline:77", how="blind"), asked("stream:5")])
    assert "77" not in str(made.whole()) + str(made.state())
    assert "blind" not in made.whole()["rows"][0]
