"""The section `search`: which models are tried, and for how long."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from pipeline.errors import nearest
from pipeline.sections.base import Section
from pipeline.sections.model import Categories, Treatment

RANGE = ("low", "high", "log", "step")


class Candidate(Section):
    """A model that may be tried: as in train, where a list is a choice and {low, high} a range."""

    estimator: str | tuple[str, ...]
    params: dict[str, Any] = Field({})
    scale: bool | tuple[bool, ...] | None = None
    """By default as in train."""
    categories: Categories | tuple[Categories, ...] | None = None
    """By default as in train, where the estimator can."""
    columns: dict[str, Treatment | tuple[Treatment | None, ...] | None] = Field({})
    """On top of train.columns; null takes a column as usual."""

    @field_validator("estimator", "scale", "categories", "columns")
    @classmethod
    def _leaves_a_choice(cls, said: Any) -> Any:
        each = said.values() if isinstance(said, dict) else [said]
        if any(choice == () for choice in each):
            raise ValueError("an empty list is no choice; take it out")
        return said

    @field_validator("params")
    @classmethod
    def _are_choices_and_ranges(cls, params: dict[str, Any]) -> dict[str, Any]:
        for name, said in params.items():
            if said == []:
                raise ValueError(f"{name}: an empty list is no choice; take it out")
            if is_range(said):
                _require_range(name, said)
        return params


class Search(Section):
    """What `mainline search` tries, on the training rows alone."""

    metric: str | None = None
    """One of metrics/dev.json; by default log_loss for classes, rmse for numbers."""
    minutes: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Of searching, over all sittings; by default 10, where trials is left out, too."""
    trials: int | None = Field(None, ge=1)
    """Beside the models that are always tried first."""
    folds: int = Field(5, ge=2, le=20)
    models: tuple[Candidate, ...] = ()
    """By default some that suit the task and the columns."""


def is_range(said: Any) -> bool:
    """Whether a parameter is said as a range, or in words that can only mean one."""
    return isinstance(said, Mapping) and any(key in RANGE for key in said)


def _require_range(name: str, said: Mapping[Any, Any]) -> None:
    if stranger := next((key for key in said if key not in RANGE), None):
        raise ValueError(f"{name}: a range has no key {stranger!r}{nearest(stranger, RANGE)}")
    numbers = {key: said.get(key) for key in ("low", "high")}
    for key, number in {**numbers, **({"step": said["step"]} if "step" in said else {})}.items():
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not abs(number) < float("inf"):
            raise ValueError(f"{name}: a range needs {key}, a number; such as {{ low: 0.01, high: 100, log: true }}")
    low, high, log = said["low"], said["high"], said.get("log", False)
    if not low < high:
        raise ValueError(f"{name}: the range from {low} to {high} is empty; low must be below high")
    if not isinstance(log, bool):
        raise ValueError(f"{name}: log must be true or false")
    if log and low <= 0:
        raise ValueError(f"{name}: with log, low must be above 0")
    if "step" in said and (log or said["step"] <= 0):
        raise ValueError(f"{name}: step must be above 0, and goes with no log")
    if "step" in said and isinstance(low, int) and isinstance(high, int) and not isinstance(said["step"], int):
        raise ValueError(f"{name}: from {low} to {high} are whole numbers, and step is none; say low: {float(low)}")
