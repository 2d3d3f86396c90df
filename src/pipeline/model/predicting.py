"""Asks the model: a table in, its answers out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.errors import FAILURES, DataError, ModelError, brief
from pipeline.model.saving import load
from pipeline.model.signature import Signature
from pipeline.table.tables import ROW_ID


def predict(model: Pipeline, signature: Signature, frame: pd.DataFrame) -> pd.DataFrame:
    """Predict a table.

    Args:
        frame: (rows, at least the model's columns), as the stages have them, with or without `row_id`. What comes from
            outside goes through Signature.cleaned first.

    Returns:
        (rows, row_id where there is one + prediction + one probability per class as `p_<class>`).
    """
    answers = answer(model, signature, signature.conform(frame))
    result = pd.DataFrame({ROW_ID: frame[ROW_ID]} if ROW_ID in frame else None, index=frame.index)
    if signature.classes is None:
        return result.assign(prediction=answers)
    labels = pd.Series(model.classes_)
    result["prediction"] = labels.iloc[answers.argmax(axis=1)].to_numpy()
    for label, column in zip(model.classes_, answers.T, strict=True):
        result[f"p_{label}"] = column
    return result


def answer(model: Pipeline, signature: Signature, features: pd.DataFrame) -> np.ndarray:
    """Predict what Signature.conform made of a table.

    Returns:
        (rows, classes) of probabilities, or (rows,) of numbers for a regression.
    """
    if not len(features):
        return np.empty(0 if signature.classes is None else (0, len(model.classes_)))
    if signature.classes is None:
        return _finite(model.predict(features).ravel().astype("float64"))
    return _finite(model.predict_proba(features))


def predictor(folder: Path | str = "models") -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The model in a folder, as a function of tables.

    Returns:
        A function from (rows, at least the model's columns) to what `predict` returns. It raises DataError where a
        column is missing or stands twice, and ModelError where the model fails.

    Raises:
        DataError: the folder has no signature.
        ModelError: it has no model, or one that holds types nobody vouched for.
    """
    signature = Signature.load(Path(folder) / "signature.json")
    fitted = load(Path(folder) / "model.skops", signature.trusted)

    def predict_table(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.set_axis([str(name).strip() for name in frame.columns], axis=1)
        if (again := frame.columns.duplicated()).any():
            raise DataError(f"column {frame.columns[again][0]!r} stands there twice; rename one")
        try:
            return predict(fitted, signature, signature.cleaned(frame))
        except FAILURES as error:
            raise ModelError(f"{signature.estimator} failed on these rows: {brief(error)}") from None

    return predict_table


def _finite(answers: np.ndarray) -> np.ndarray:
    if not np.isfinite(answers).all():
        raise ModelError("the model answers with numbers that are none (nan, inf); try another, or other parameters")
    return answers
