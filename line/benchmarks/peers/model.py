"""The project's model as a data scientist loads it: what each of the servers beside this file answers with."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.model import saving
from pipeline.model.signature import Signature

MODELS = Path(__file__).parents[3] / "models"


class Model:
    """A table of the rows, and the model's own `predict_proba`."""

    def __init__(self) -> None:
        signature = Signature.load(MODELS / "signature.json")
        self.fitted = saving.load(MODELS / "model.skops", trusted=signature.trusted)
        self.names, self.labels = [column.name for column in signature.features], self.fitted.classes_

    def answer(self, rows: list[dict[str, float]]) -> dict[str, Any]:
        """The class of each row and the chance of each class, as this project's service says them."""
        said, table = self.table(pd.DataFrame.from_records(rows))
        return {"predictions": said, "probabilities": table.to_dict("records")}

    def table(self, frame: pd.DataFrame) -> tuple[list[Any], pd.DataFrame]:
        """The same as a table: a list of n classes, and n rows of chances."""
        chances = self.fitted.predict_proba(frame[self.names])
        said = self.labels[chances.argmax(axis=1)].tolist()
        return said, pd.DataFrame(chances, columns=self.labels.astype(str))
