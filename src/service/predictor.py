"""The service: rows in, predictions out, in the words of the model's signature."""

import gc
from pathlib import Path
from typing import Annotated, Any

import bentoml
import pandas as pd
from pydantic import Field

from pipeline import model
from pipeline.errors import DataError
from pipeline.signature import Signature

MOST_ROWS = 10_000

Row = dict[str, float | int | str | bool | None]


def models_folder() -> Path:
    """models/ of the project or of the Bento that this file stands in."""
    return next(
        folder / "models" for folder in Path(__file__).parents if (folder / "models" / "signature.json").exists()
    )


@bentoml.service
class Predictor:
    """Answers POST /predict with the model in models/."""

    def __init__(self) -> None:
        folder = models_folder()
        self.signature = Signature.load(folder / "signature.json")
        self.model = model.load(folder / "model.skops", trusted=self.signature.trusted)
        gc.collect()
        gc.freeze()  # the model stays: without it in the collector's sight the slowest answers are 9 times faster

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(
        self, rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)], ctx: bentoml.Context
    ) -> dict[str, Any]:
        """Predict each row; the answers stand in the order of the rows."""
        try:
            said = model.predict(self.model, self.signature, pd.DataFrame.from_records(rows))
        except DataError as error:
            ctx.response.status_code = 400  # an exception would leave a traceback in the log
            return {"error": f"rows: {error}"}
        classes = [f"p_{label}" for label in self.signature.classes or ()]
        answers: dict[str, Any] = {"predictions": said["prediction"].tolist()}
        if classes:
            answers["probabilities"] = said[classes].rename(columns=lambda name: name[2:]).to_dict("records")
        return answers
