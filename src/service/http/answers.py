"""Answers as they go over the wire: in JSON for one row or several, and as a table."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipeline.sections import Label
from pipeline.table.tables import PREDICTION, ROW_ID
from service.predict.engine import Answers


class Said:
    """Says answers for a model of these classes, or of a regression."""

    def __init__(self, classes: Sequence[Label] | None) -> None:
        self._classes = classes
        self._names = [str(label) for label in classes or ()]

    def one(self, answers: Answers) -> dict[str, Any]:
        """For the first row."""
        said = self.many(answers)
        own = {"prediction": said["predictions"][0]}
        if self._classes is not None:
            own["probabilities"] = said["probabilities"][0]
        return own

    def many(self, answers: Answers, ids: pd.Series | None = None) -> dict[str, Any]:
        """For each row; ids, their row_id, where there is one."""
        own = {} if ids is None else {ROW_ID: ids.tolist()}
        if answers.places is None or self._classes is None:
            return own | {"predictions": answers.values.tolist()}
        return own | {
            "predictions": [self._classes[place] for place in answers.places.tolist()],
            "probabilities": [dict(zip(self._names, row, strict=True)) for row in answers.values.tolist()],
        }

    def table(self, answers: Answers, ids: pd.Series | None) -> pd.DataFrame:
        """As predictions/dev.parquet: row_id where there is one, prediction, and p_<class> for each class."""
        table = pd.DataFrame({} if ids is None else {ROW_ID: ids.to_numpy()})
        if answers.places is None or self._classes is None:
            return table.assign(**{PREDICTION: answers.values})
        table[PREDICTION] = [self._classes[place] for place in answers.places.tolist()]
        chances = pd.DataFrame(answers.values, columns=[f"p_{name}" for name in self._names])
        return pd.concat([table, chances], axis=1)
