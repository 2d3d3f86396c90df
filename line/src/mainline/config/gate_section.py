"""The sections `gate`, `card` and `dataset`: how the merge is decided, and what only a person can say."""

from datetime import date
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from mainline.config.section import Section

Metric = Literal["accuracy", "brier", "log_loss", "squared_error", "roc_auc", "f1", "f1_macro", "rmse"]

OLD_NAME = "max_relabelled"
"""What gate.max_changed was called."""


class Condition(Section):
    """What a challenger must show: a gain over the champion above `margin`, in the metric's own unit."""

    superiority: bool = False
    min_gain: float | None = Field(None, gt=0)
    non_inferiority: float | None = Field(None, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _one_word_will_do(cls, value: Any) -> Any:
        return {value: True} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _says_one_thing(self) -> "Condition":
        if self.superiority + (self.min_gain is not None) + (self.non_inferiority is not None) != 1:
            raise ValueError("must be superiority, {min_gain: C} or {non_inferiority: M}")
        return self

    @property
    def margin(self) -> float:
        """The gain that must be exceeded: 0, +C or -M."""
        return self.min_gain or -(self.non_inferiority or 0.0)

    @property
    def name(self) -> str:
        """The key that says it."""
        return next(key for key in ("min_gain", "non_inferiority", "superiority") if getattr(self, key))

    def than(self, other: str) -> str:
        """The condition in words, against somebody."""
        if self.min_gain is not None:
            return f"better than {other} by more than {self.min_gain:g}"
        return (
            f"better than {other}"
            if self.superiority
            else f"not worse than {other} by {self.non_inferiority:g} or more"
        )


class Bars(Section):
    """What any challenger must clear on the dev set, whoever the champion is."""

    floor: dict[str, float] = Field({})
    """The least value of metrics of metrics/dev.json (the most, of those that are better when lower)."""
    latency_ms: float | None = Field(None, gt=0)
    """The slowest hundredth of one-row predictions, in milliseconds, on the machine that runs the gate."""
    model_mb: float | None = Field(None, gt=0)
    slice_gap: float | None = Field(None, gt=0)
    """How far a slice of gate.slices may fall below the whole, in the metric's own unit."""
    fairness_gap: float | None = Field(None, gt=0)
    """How far two groups of a column of gate.sensitive may lie apart, in the metric's own unit."""


class Gate(Section):
    """How the merge decision is taken; see docs/how-the-gate-decides.md for what each promises."""

    metric: Metric | tuple[Metric, ...] | None = None
    """By default accuracy for classes, squared_error for numbers. Of several, each must be shown."""
    condition: Condition = Condition(superiority=True)
    delta: float = Field(0.05, gt=0, lt=0.5)
    """The chance that any challenger that does not meet the condition ever passes, over the test set's life."""
    life: int = Field(32, ge=1, le=10_000)
    """How many decisions one sealed test set is good for."""
    max_mde: float = Field(0.1, gt=0)
    """Refuse when gains smaller than this can no longer be seen; a share of the largest possible loss."""
    baseline: Literal["dummy", "human"] | float = "dummy"
    """What the first model must beat: a model that ignores its input, one person by the others, or a stated level."""
    max_changed: float = Field(0.01, ge=0, le=1)
    """The share of the champion's sealed (or dev) rows that may be gone, on another side, or labelled otherwise."""
    rebuild: Literal["new", "never"] = "new"
    """Which models are built again before they are judged: any that is not the champion, or none."""
    bars: Bars = Bars()
    slices: tuple[str, ...] = ()
    """Columns whose values are looked at one by one: in the report, the card, and by bars.slice_gap."""
    sensitive: tuple[str, ...] = ()
    """Columns across which the card compares error rates, and which bars.fairness_gap looks at."""

    @model_validator(mode="before")
    @classmethod
    def _know_the_old_name(cls, value: Any) -> Any:
        if not isinstance(value, dict) or OLD_NAME not in value:
            return value
        if "max_changed" in value:
            raise ValueError(f"{OLD_NAME} is called max_changed now, and both are there; take {OLD_NAME} out")
        return {"max_changed" if key == OLD_NAME else key: said for key, said in value.items()}

    def metrics(self, task: str) -> tuple[Metric, ...]:
        """The metrics that a challenger of this task is judged by."""
        if self.metric is None:
            return ("squared_error",) if task == "regression" else ("accuracy",)
        return self.metric if isinstance(self.metric, tuple) else (self.metric,)


class Card(Section):
    """What only a person can say of the model, for models/card.md."""

    intended_use: str = ""
    limits: str = ""
    literature: dict[str, float] = Field({})
    """Levels that others have reached, by who says so: stated in report and card, and never tested."""


class Dataset(Section):
    """What only a person can say of the table, for data/card.md and data/croissant.json."""

    licence: str = ""
    """Under which terms it may be used: a licence's short name, such as CC-BY-4.0, or its address."""
    owner: str = ""
    collected: str = ""
    """By whom, when and how."""
    purpose: str = ""
    """What it was collected for, and may be used for."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, said: Any) -> Any:
        """A year, or a day, is meant as it is written."""
        return "" if said is None else str(said) if isinstance(said, (int, float, date)) else said
