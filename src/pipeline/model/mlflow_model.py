"""The model as MLflow loads it from its registry: its answers there are those of predictions/."""

from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from pipeline.model import predicting, saving
from pipeline.model.signature import Signature
from pipeline.table.tables import ROW_ID


class Registered:
    """What MLflow calls, once it has held the rows to the version's signature."""

    def __init__(self, fitted: Pipeline, signature: Signature) -> None:
        self._fitted, self._signature = fitted, signature

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Predict a table.

        Args:
            frame: (rows, at least the model's columns).
            params: MLflow's; this model has none.

        Returns:
            (rows, prediction + one probability per class as `p_<class>`).
        """
        rows = self._signature.cleaned(frame.drop(columns=ROW_ID, errors="ignore"))
        return predicting.predict(self._fitted, self._signature, rows)


def _load_pyfunc(path: str) -> Registered:
    """Load the folder that holds the model and its signature; the name is MLflow's."""
    signature = Signature.load(Path(path, "signature.json"))
    return Registered(saving.load(Path(path, "model.skops"), trusted=signature.trusted), signature)
