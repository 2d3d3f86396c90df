"""Labels find their predictions, whichever comes first, in whichever slot, and each row counts by its first label."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import ROW, Line, head, labelled, predicted, write
from mainline.monitor.profiles import store

RIGHT, WRONG = 0, 1
NO, YES = 0, 1


def cells(counter: Counter) -> list[tuple[int, ...]]:
    """(answer's bin, age bucket, score) of every label that was counted, as often as it was."""
    profiles = counter.profiles()
    if not profiles.versions:
        return []
    labels = profiles.labels("v1", profiles.days("v1")).sum(axis=0)
    return [tuple(each) for each in np.argwhere(labels).tolist() for _ in range(labels[tuple(each)])]


def fold_each(counter: Counter, files: Sequence[Sequence[Line]]) -> None:
    """Write files one after the other, and count each before the next is there."""
    for n, lines in enumerate(files):
        write(counter.records, f"{n}", *lines)
        counter.fold()


ANSWER = predicted("a")
OTHER = predicted("z", answers=["no"])


@pytest.mark.parametrize("files", [[[ANSWER], [labelled("a")]], [[labelled("a")], [ANSWER]], [[labelled("a"), ANSWER]]],
                         ids=["after", "before", "in one file"])  # fmt: skip
def test_a_label_finds_its_prediction(counter: Counter, files: list[list[Line]]) -> None:
    """Also where it is read first."""
    fold_each(counter, files)
    assert cells(counter) == [(YES, 0, RIGHT)]


def test_a_label_in_another_slot_finds_it(counter: Counter) -> None:
    """The service that took it knew nothing of the request."""
    write(counter.records / "blue", "1", ANSWER)
    write(
        counter.records / "green",
        "2",
        labelled("a", model_version="v2"),
        predicted("b", model_version="v2"),
        first=head("v2"),
    )
    for slot in ("green", "blue"):
        counter.fold(counter.records / slot)
    assert cells(counter) == [(YES, 0, RIGHT)]
    assert counter.profiles().labels("v2", counter.profiles().days("v2")).sum() == 0


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_first_label_counts_and_a_later_one_changes_nothing(counter: Counter, order: tuple[int, int]) -> None:
    """First by its time, whenever it is read: a contradicting one that was read before is taken back."""
    told = [labelled("a", "no", days=2), labelled("a", "yes", days=5)]
    fold_each(counter, [[ANSWER], *([told[n]] for n in order)])
    assert cells(counter) == [(YES, 1, WRONG)]
    profiles = counter.profiles()
    assert profiles.truths("v1", profiles.days("v1")).sum(axis=0)[1].tolist() == [1, 0, 0]


def test_the_same_label_again_counts_once(counter: Counter) -> None:
    """Through the router it may reach both slots."""
    fold_each(counter, [[ANSWER], [labelled("a")], [labelled("a", days=1.1)], [labelled("a", days=1.1)]])
    assert cells(counter) == [(YES, 0, RIGHT)]


def test_each_row_of_a_request_has_a_label_of_its_own(counter: Counter) -> None:
    """Also in the second part of a large request."""
    parts = [predicted("a", [ROW] * 2, ["yes", "no"]), predicted("a", [ROW] * 2, ["no", "no"], row=2)]
    fold_each(counter, [parts, [labelled("a", "no", row=1), labelled("a", "yes", row=3), labelled("a", "yes", row=4)]])
    assert sorted(cells(counter)) == [(NO, 0, RIGHT), (NO, 0, WRONG)]


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(0.5, 0), (1, 0), (1.01, 1), (2, 1), (4, 2), (7, 3), (14, 4), (28, 5), (28.01, 6), (59, 6), (-0.01, 0)],
)
def test_a_label_counts_by_its_age(counter: Counter, days: float, bucket: int) -> None:
    """On the day of its answer; the last bucket is for all that came later."""
    fold_each(counter, [[ANSWER], [labelled("a", days=days)]])
    assert cells(counter) == [(YES, bucket, RIGHT)]
    profiles = counter.profiles()
    assert profiles.labels("v1", [recorded.at().date()]).sum() == 1


def test_a_label_without_a_prediction_counts_nowhere(counter: Counter) -> None:
    """It waits; a day without an answer is no day of its version."""
    fold_each(counter, [[labelled("a")], [OTHER]])
    assert cells(counter) == []


def test_a_label_that_the_model_does_not_know_is_wrong(counter: Counter) -> None:
    """A newer version took it, which has one class more."""
    newer = head("v2", classes=["no", "yes", "maybe"])
    write(counter.records, "1", ANSWER)
    write(counter.records, "2", labelled("a", "maybe"), labelled("b", "yes"), first=newer)
    assert counter.fold().damaged == 0
    profiles = counter.profiles()
    assert cells(counter) == [(YES, 0, WRONG)]
    assert profiles.about("v1").truths == ("no", "yes", "another")
    assert profiles.truths("v1", profiles.days("v1"))[0, 0].tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("classes", "label", "score"), [([0, 1], 1, RIGHT), ([0, 1], 0, WRONG), ([False, True], True, RIGHT)]
)
def test_classes_of_every_kind_are_told_apart(counter: Counter, classes: list[Any], label: Any, score: int) -> None:
    """Numbers and truth values as they stand in the records."""
    chances = {str(classes[0]): [0.1], str(classes[1]): [0.9]}
    line = predicted("a", answers=[classes[1]]) | {"probabilities": chances}
    write(counter.records, "1", line, labelled("a", label), first=head(classes=classes))
    assert counter.fold().damaged == 0
    assert cells(counter) == [(YES, 0, score)]


def test_of_many_classes_the_last_share_a_bin_and_are_still_told_apart(counter: Counter) -> None:
    """Right is the same class, not the same bin."""
    classes = [f"k{n}" for n in range(120)]
    chances = {each: [0.0] * 2 for each in classes} | {"k110": [1.0, 1.0]}
    line = predicted("a", [ROW] * 2, ["k110", "k110"]) | {"probabilities": chances}
    write(counter.records, "1", line, labelled("a", "k110"), labelled("a", "k111", row=1), first=head(classes=classes))
    assert counter.fold().damaged == 0
    assert cells(counter) == [(100, 0, RIGHT), (100, 0, WRONG)]
    assert counter.profiles().about("v1").answers[-1] == "another"


def test_of_two_predictions_under_one_id_the_first_is_labelled(counter: Counter) -> None:
    """A caller chose the id twice; both count as requests."""
    fold_each(counter, [[predicted("a", answers=["no"], days=1)], [labelled("a", days=2)], [ANSWER]])
    assert cells(counter) == [(YES, 1, RIGHT)]
    profiles = counter.profiles()
    assert profiles.answered("v1", profiles.days("v1")).sum() == 2


def test_the_oldest_predictions_give_way_and_it_is_said(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database does not grow for ever; labels that are waited for less than 28 days are missed aloud."""
    monkeypatch.setattr(store, "MOST_WAITING", 3)
    write(counter.records, "1", *(predicted(f"r{n}", days=n / 10) for n in range(5)))
    (said,) = counter.fold(days=10).problems
    assert "full of predictions" in said
    assert "after 9 days" in said
    write(counter.records, "2", *(labelled(f"r{n}") for n in range(5)))
    assert counter.fold(days=11).problems == []
    assert len(cells(counter)) == 3
    write(counter.records, "3", *(predicted(f"s{n}", days=20) for n in range(3)))
    assert counter.fold(days=50).problems == []


def test_labels_of_nothing_do_not_push_predictions_out(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sends labels at random fills a room of their own."""
    monkeypatch.setattr(store, "MOST_UNMATCHED", 3)
    monkeypatch.setattr(store, "MOST_WAITING", 3)
    fold_each(counter, [[ANSWER, *(labelled(f"x{n}") for n in range(50))], [labelled("a")]])
    assert cells(counter) == [(YES, 0, RIGHT)]
    with sqlite3.connect(counter.folder / "monitor.db") as database:
        assert database.execute("SELECT count(*) FROM rows").fetchone() == (4,)
