"""Numbers and curves that say how good predictions are, by task; all from scikit-learn."""

import numpy as np
import pandas as pd
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from pipeline.model.signature import Signature
from pipeline.sections import Label

BINS = 10


def measure(labels: pd.Series, predictions: pd.DataFrame, signature: Signature) -> dict[str, float]:
    """The metrics of the task, rounded to six digits.

    Args:
        labels: (rows,), what is true.
        predictions: (rows, prediction + p_<class>...), what the model said, in the same order.

    Returns:
        By name; without those that these labels do not define (ROC AUC where all are of one class).
    """
    of_task = {
        "binary": _binary,
        "multiclass": _multiclass,
        "regression": _regression,
    }[signature.task]
    values = {"rows": len(labels)} | of_task(labels, predictions, signature)
    rounded = {name: round(float(value), 6) for name, value in values.items() if np.isfinite(value)}
    return rounded | {"rows": len(labels)}


def _binary(labels: pd.Series, said: pd.DataFrame, signature: Signature) -> dict[str, float]:
    positive = labels == signature.positive
    score = said[f"p_{signature.positive}"]
    return {
        "accuracy": sk.accuracy_score(labels, said["prediction"]),
        "f1": sk.f1_score(positive, said["prediction"] == signature.positive, zero_division=0.0),
        "roc_auc": sk.roc_auc_score(positive, score) if positive.nunique() == 2 else float("nan"),
        "average_precision": sk.average_precision_score(positive, score) if positive.any() else float("nan"),
        "log_loss": sk.log_loss(positive, np.column_stack([1 - score, score]), labels=[False, True]),
        "brier": sk.brier_score_loss(positive, score),
    }


def _multiclass(labels: pd.Series, said: pd.DataFrame, signature: Signature) -> dict[str, float]:
    classes = list(signature.classes or ())
    return {
        "accuracy": sk.accuracy_score(labels, said["prediction"]),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, said["prediction"]),
        "f1_macro": sk.f1_score(labels, said["prediction"], average="macro", zero_division=0.0),
        "log_loss": _log_loss(labels, said[[f"p_{c}" for c in classes]].to_numpy(), classes),
    }


def _log_loss(labels: pd.Series, probabilities: np.ndarray, classes: list[Label]) -> float:
    """As scikit-learn's, and defined where a label was not among the training rows: the model gave it nothing."""
    at = pd.Index(classes).get_indexer(pd.Index(labels))
    of_truth = np.where(at >= 0, probabilities[np.arange(len(labels)), at], 0.0)
    return float(-np.log(np.clip(of_truth, np.finfo(np.float64).eps, 1.0)).mean())


def _regression(labels: pd.Series, said: pd.DataFrame, signature: Signature) -> dict[str, float]:
    return {
        "rmse": sk.root_mean_squared_error(labels, said["prediction"]),
        "mae": sk.mean_absolute_error(labels, said["prediction"]),
        "r2": sk.r2_score(labels, said["prediction"]),
    }


def confusion(labels: pd.Series, predictions: pd.DataFrame, signature: Signature) -> pd.DataFrame:
    """One row a case: (rows, actual + predicted). For regression both are tenths of the actual values' range."""
    said = predictions["prediction"]
    if signature.task == "regression":
        edges = _inner_edges(labels)
        labels, said = (pd.Series(np.searchsorted(edges, each) + 1) for each in (labels, said))
    return pd.DataFrame({"actual": labels.to_numpy(), "predicted": said.to_numpy()})


def _inner_edges(values: np.ndarray | pd.Series) -> np.ndarray:
    """What parts values into tenths, or into fewer where many are equal."""
    return np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))[1:-1]


def curves(labels: pd.Series, predictions: pd.DataFrame, signature: Signature) -> dict[str, pd.DataFrame]:
    """The task's curves by name, each (points, x + y): ROC, precision over recall and calibration, or residuals.

    With several classes, every (row, class) pair counts as one yes-or-no question (micro-average).
    """
    if signature.task == "regression":
        said = predictions["prediction"].to_numpy()
        points = pd.DataFrame({"x": said, "y": labels.to_numpy() - said})
        return {"residuals": points.round(6), "calibration": _deciles(said, labels.to_numpy())}
    classes = [signature.positive] if signature.task == "binary" else list(signature.classes or ())
    truth = np.concatenate([(labels == label).to_numpy() for label in classes])
    score = np.concatenate([predictions[f"p_{label}"].to_numpy() for label in classes])
    if truth.all() or not truth.any():
        return {}  # rows of one class have no curve
    false_rate, true_rate, _ = sk.roc_curve(truth, score)
    precision, recall, _ = sk.precision_recall_curve(truth, score, drop_intermediate=True)
    observed, said = calibration_curve(truth, np.clip(score, 0, 1), n_bins=BINS)
    pairs = {"roc": (false_rate, true_rate), "precision_recall": (recall, precision), "calibration": (said, observed)}
    return {name: pd.DataFrame({"x": x, "y": y}).round(6) for name, (x, y) in pairs.items()}


def _deciles(said: np.ndarray, actual: np.ndarray) -> pd.DataFrame:
    """Mean actual value over mean predicted value, by tenths of the predictions."""
    tenth = np.searchsorted(_inner_edges(said), said)
    means = pd.DataFrame({"x": said, "y": actual}).groupby(tenth).mean()
    return means.reset_index(drop=True).round(6)
