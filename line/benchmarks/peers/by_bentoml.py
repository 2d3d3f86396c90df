"""What one writes in ten minutes with BentoML alone: `bentoml serve by_bentoml:Plain`."""

from typing import Any

import bentoml
from model import Model


@bentoml.service
class Plain:
    """One method."""

    def __init__(self) -> None:
        self.model = Model()

    @bentoml.api  # type: ignore[untyped-decorator]
    def predict(self, rows: list[dict[str, float]]) -> dict[str, Any]:
        """Answer rows."""
        return self.model.answer(rows)
