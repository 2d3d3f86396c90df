"""Metrics and curves equal scikit-learn's, and stay numbers in every corner."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from pipeline.model import metrics
from pipeline.model.signature import Signature

RANDOM = np.random.default_rng(0)


def signature(task: str, classes: tuple | None = None, positive: object = None) -> Signature:
    """What the metrics read of a signature."""
    return Signature(task=task, target="y", classes=classes, positive=positive, estimator="x", rows=1, columns=())


def answers(probabilities: np.ndarray, classes: list) -> pd.DataFrame:
    """Predictions with these probabilities."""
    said = pd.DataFrame(probabilities, columns=[f"p_{label}" for label in classes])
    said.insert(0, "prediction", np.array(classes)[probabilities.argmax(axis=1)])
    return said


BINARY = signature("binary", ("no", "yes"), "yes")
SCORE = RANDOM.random(200).round(2)
YES = RANDOM.random(200) < SCORE
LABELS = pd.Series(np.where(YES, "yes", "no"))
SAID = answers(np.column_stack([1 - SCORE, SCORE]), ["no", "yes"])


def test_two_classes() -> None:
    """Each metric is scikit-learn's, for the positive class."""
    assert metrics.measure(LABELS, SAID, BINARY) == pytest.approx(
        {
            "rows": 200,
            "accuracy": sk.accuracy_score(YES, SCORE > 0.5),
            "f1": sk.f1_score(YES, SCORE > 0.5),
            "roc_auc": sk.roc_auc_score(YES, SCORE),
            "average_precision": sk.average_precision_score(YES, SCORE),
            "log_loss": sk.log_loss(YES, SCORE),
            "brier": sk.brier_score_loss(YES, SCORE),
        },
        abs=1e-6,
    )


def test_the_other_class_may_be_the_positive() -> None:
    """Turned round, the threshold-free metrics are those of the other class."""
    turned = metrics.measure(LABELS, SAID, signature("binary", ("no", "yes"), "no"))
    assert turned["f1"] == pytest.approx(sk.f1_score(~YES, SCORE <= 0.5), abs=1e-6)
    assert turned["average_precision"] == pytest.approx(sk.average_precision_score(~YES, 1 - SCORE), abs=1e-6)


def test_several_classes() -> None:
    """The same for three."""
    probabilities = RANDOM.dirichlet([1, 1, 1], 150)
    labels, classes = pd.Series(RANDOM.integers(1, 4, 150)), [1, 2, 3]
    said = answers(probabilities, classes)
    assert metrics.measure(labels, said, signature("multiclass", (1, 2, 3))) == pytest.approx(
        {
            "rows": 150,
            "accuracy": sk.accuracy_score(labels, said["prediction"]),
            "balanced_accuracy": sk.balanced_accuracy_score(labels, said["prediction"]),
            "f1_macro": sk.f1_score(labels, said["prediction"], average="macro"),
            "log_loss": sk.log_loss(labels, probabilities, labels=classes),
        },
        abs=1e-6,
    )


def test_numbers() -> None:
    """And for regression, by hand."""
    labels, said = pd.Series([1.0, 2.0, 4.0]), pd.DataFrame({"prediction": [1.0, 3.0, 2.0]})
    assert metrics.measure(labels, said, signature("regression")) == pytest.approx(
        {"rows": 3, "rmse": (5 / 3) ** 0.5, "mae": 1.0, "r2": 1 - 5 / (14 / 3)}, abs=1e-6
    )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("label", ["yes", "no"])
def test_rows_of_one_class_have_no_curve_and_no_auc(label: str) -> None:
    """What one class does not define is left out, not nan: the file stays JSON."""
    labels = pd.Series([label] * 200)
    measured = metrics.measure(labels, SAID, BINARY)
    assert "roc_auc" not in measured
    assert all(np.isfinite(value) for value in measured.values())
    assert metrics.curves(labels, SAID, BINARY) == {}


def test_a_class_that_was_not_trained_on_counts_as_wrong() -> None:
    """A label unknown to the model had no chance: the loss is large, and a number."""
    probabilities = np.array([[0.5, 0.5], [1.0, 0.0]])
    measured = metrics.measure(
        pd.Series(["a", "new"]), answers(probabilities, ["a", "b"]), signature("multiclass", ("a", "b"))
    )
    assert measured["accuracy"] == 0.5
    assert measured["log_loss"] == pytest.approx((np.log(2) - np.log(np.finfo(float).eps)) / 2, abs=1e-5)


def test_curves_of_classes() -> None:
    """ROC and precision over recall span their range, calibration is near the diagonal."""
    curves = metrics.curves(LABELS, SAID, BINARY)
    assert list(curves) == ["roc", "precision_recall", "calibration"]
    assert curves["roc"].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert sk.auc(curves["roc"]["x"], curves["roc"]["y"]) == pytest.approx(sk.roc_auc_score(YES, SCORE), abs=1e-3)
    assert (curves["calibration"]["x"] - curves["calibration"]["y"]).abs().mean() < 0.15


def test_curves_of_numbers() -> None:
    """Residuals are actual less predicted; calibration has ten points at most, also for a constant model."""
    labels = pd.Series(RANDOM.normal(size=100))
    curves = metrics.curves(labels, pd.DataFrame({"prediction": labels - 1}), signature("regression"))
    assert curves["residuals"]["y"].tolist() == [1.0] * 100
    assert len(curves["calibration"]) == 10
    constant = metrics.curves(labels, pd.DataFrame({"prediction": [0.5] * 100}), signature("regression"))
    assert constant["calibration"].to_numpy().tolist() == [[0.5, pytest.approx(labels.mean(), abs=1e-6)]]


def test_confusion() -> None:
    """One row a case; numbers by tenths of the actual values."""
    pairs = metrics.confusion(LABELS, SAID, BINARY)
    assert pairs["actual"].tolist() == LABELS.tolist()
    assert pairs["predicted"].tolist() == SAID["prediction"].tolist()
    labels = pd.Series(np.arange(100.0))
    pairs = metrics.confusion(labels, pd.DataFrame({"prediction": [-5.0] * 50 + [500.0] * 50}), signature("regression"))
    assert pairs["actual"].value_counts().tolist() == [10] * 10
    assert set(pairs["predicted"]) == {1, 10}
