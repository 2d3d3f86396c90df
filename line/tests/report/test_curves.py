"""The points of the curves, against scikit-learn where it has them."""

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mainline.report.compare import Comparison
from mainline.report.curves import (
    calibration,
    calibration_error,
    coverage,
    error_curve,
    outcomes,
    outline,
    precision_recall,
    roc,
)

Make = Callable[..., Comparison]
RNG = np.random.default_rng(6)
TRUTH = RNG.integers(0, 2, 150)
SCORE = np.clip(0.3 * TRUTH + 0.7 * RNG.random(150), 0, 1).round(2)


def _c(make: Make) -> Comparison:
    return make(TRUTH, (SCORE > 0.5).astype(int), challenger=np.column_stack([1 - SCORE, SCORE]))


def test_the_area_under_the_roc_points_is_the_auc() -> None:
    """The curve runs from corner to corner and holds scikit-learn's area."""
    x, y = roc(TRUTH == 1, SCORE)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(y, x) == pytest.approx(roc_auc_score(TRUTH, SCORE))


def test_many_rows_make_few_points() -> None:
    """Thinning keeps both ends."""
    score = RNG.random(5000)
    x, y = roc(RNG.random(5000) < score, score)
    assert len(x) <= 200
    assert (x[-1], y[-1]) == (1, 1)


def test_precision_ends_at_the_share_of_positives() -> None:
    """At full recall everything is called positive."""
    recall, precision = precision_recall(TRUTH == 1, SCORE)
    assert recall[-1] == 1
    assert precision[-1] == pytest.approx(TRUTH.mean())


def test_more_than_two_classes_are_ranked_each_against_the_rest(compared: Make) -> None:
    """As many outcomes as rows times classes, one positive for each row."""
    c = compared([0, 1, 2], [0, 1, 1], task="multiclass")
    positive, score = outcomes(c, c.challenger)
    assert (len(positive), positive.sum(), len(score)) == (9, 3, 9)


def test_calibration_compares_what_was_given_with_what_came(compared: Make) -> None:
    """Probabilities that come true as often as they say have no error; doubled ones have."""
    truth = np.r_[np.ones(2), np.zeros(8), np.ones(8), np.zeros(2)].astype(int)
    honest = np.r_[np.full(10, 0.2), np.full(10, 0.8)]
    label = (honest > 0.5).astype(int)
    c = compared(truth, label, challenger=np.column_stack([1 - honest, honest]))
    mean, came, share = calibration(c, c.challenger)
    assert (mean.tolist(), came.tolist(), share.tolist()) == (
        [pytest.approx(0.2), pytest.approx(0.8)],
        [0.2, 0.8],
        [0.5] * 2,
    )
    assert calibration_error(c, c.challenger) == pytest.approx(0)
    bold = compared(truth, label)
    assert calibration_error(bold, bold.challenger) == pytest.approx(0.2)


def test_coverage_ends_at_the_accuracy_of_all_rows(compared: Make) -> None:
    """And begins with the surest."""
    c = _c(compared)
    kept, accuracy = coverage(c, c.challenger)
    assert kept[-1] == 1
    assert accuracy[-1] == pytest.approx((c.challenger.label == TRUTH).mean())


def test_rows_equally_sure_make_a_flat_line(compared: Make) -> None:
    """The order of the file is no ranking."""
    c = compared([0] * 10 + [1] * 10, [0] * 20)
    assert coverage(c, c.challenger)[1] == pytest.approx(0.5)


def test_the_error_curve_reaches_everybody_at_the_largest_error(compared: Make) -> None:
    """Absolute errors in order, and the share of the rows within."""
    x, y = error_curve(c := compared([1.0, 2, 3], [1.5, 2, 1], task="regression"), c.challenger)
    assert (x.tolist(), y.tolist()) == ([0, 0, 0.5, 2], pytest.approx([0, 1 / 3, 2 / 3, 1]))


def test_an_outline_holds_every_value_once() -> None:
    """The steps add up to one and come back to the ground."""
    x, y = outline(np.array([0.1, 0.2, 0.9]), np.array([0.0, 0.5, 1.0]))
    assert x.tolist() == [0, 0, 0.5, 0.5, 1, 1]
    assert y.tolist() == pytest.approx([0, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0])
