"""The section `search`: which models are tried, and for how long."""

from typing import Any

from pydantic import Field

from pipeline.sections.base import Section
from pipeline.sections.model import Treatment


class Candidate(Section):
    """A model that may be tried: as in train, where a list is a choice and {low, high} a range."""

    estimator: str | tuple[str, ...]
    params: dict[str, Any] = Field({})
    scale: bool | tuple[bool, ...] | None = None
    """By default as in train."""
    columns: dict[str, Treatment] | None = None
    """By default as in train."""


class Search(Section):
    """What `mainline search` tries, on the training rows alone."""

    metric: str | None = None
    """One of metrics/dev.json; by default log_loss for classes, rmse for numbers."""
    minutes: float | None = Field(None, gt=0)
    trials: int | None = Field(None, ge=1)
    folds: int = Field(5, ge=2, le=20)
    models: tuple[Candidate, ...] = ()
