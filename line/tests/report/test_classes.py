"""Class by class, equal to scikit-learn."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from mainline.report.classes import class_rows, confused_pairs, confusion, most_changed
from mainline.report.compare import Comparison

Make = Callable[..., Comparison]
RNG = np.random.default_rng(4)
TRUTH = np.r_[RNG.integers(0, 4, 200), 4]
SAID = np.where(RNG.random(201) < 0.7, TRUTH, RNG.integers(0, 4, 201))


def test_scores_equal_scikit_learn(compared: Make) -> None:
    """Precision, recall, F1 and support, also of a class nobody predicted."""
    c = compared(TRUTH, SAID, task="multiclass")
    rows = class_rows(c)
    expected = precision_recall_fscore_support(TRUTH, SAID, labels=range(5), zero_division=0)
    scores = [(row.challenger.precision, row.challenger.recall, row.challenger.f1, row.rows) for row in rows]
    assert pytest.approx(np.array(expected)) == np.array(scores).T
    assert all(row.champion is None for row in rows)


def test_the_confusion_matrix_equals_scikit_learn(compared: Make) -> None:
    """Truth down, prediction across."""
    c = compared(TRUTH, SAID, task="multiclass")
    assert (confusion(c, c.challenger) == confusion_matrix(TRUTH, SAID, labels=range(5))).all()


def test_a_regression_has_no_classes(compared: Make) -> None:
    """No rows, rather than nonsense."""
    assert class_rows(compared([0.5, 1.5], [0.4, 1.6], task="regression")) == ()


def test_the_classes_that_changed_most_are_kept_in_their_order(compared: Make) -> None:
    """All of them when they fit."""
    spoilt = np.where(TRUTH == 2, 1, SAID)
    rows = class_rows(compared(TRUTH, spoilt, TRUTH, task="multiclass"))
    assert most_changed(rows, 5) == rows
    kept = [row.name for row in most_changed(rows, 2)]
    assert "c" in kept
    assert kept == sorted(kept)


def test_the_worst_confusion_comes_first_and_the_diagonal_never(compared: Make) -> None:
    """With the counts of both sides."""
    truth = np.array([0] * 10 + [1] * 10 + [2] * 10)
    said = np.r_[[0] * 6, [1] * 4, [1] * 10, [2] * 9, [0]]
    pairs = confused_pairs(compared(truth, said, truth, task="multiclass"), 9)
    assert [(p.truth, p.taken, p.challenger, p.champion) for p in pairs] == [("a", "b", 4, 0), ("c", "a", 1, 0)]
