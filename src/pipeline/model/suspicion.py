"""How little a model that has not seen a row believes its label."""

import numpy as np
import pandas as pd


def of(answers: pd.DataFrame, labels: pd.Series) -> np.ndarray:
    """1 - the chance of the label; of numbers, the error over itself and the typical one.

    Args:
        answers: (rows, prediction + p_<class>...), as folds.answers gives them; without chances it is of numbers.
        labels: (rows,), of the same index.

    Returns:
        (rows,) in [0, 1].
    """
    if answers.columns.str.startswith("p_").any():
        chances = [answers.at[at, f"p_{label}"] if f"p_{label}" in answers else 0.0 for at, label in labels.items()]
        return 1 - np.array(chances, dtype="float64")
    error = (answers["prediction"] - labels).abs().to_numpy(dtype="float64")
    share: np.ndarray = error / (error + np.median(error) + 1e-300)
    return share
