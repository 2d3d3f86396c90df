"""The line's own sections of params.yaml: parsed once, frozen, unknown keys refused by name."""

import difflib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mainline.errors import ConfigError

Metric = Literal["accuracy", "brier", "log_loss", "squared_error", "roc_auc", "f1", "f1_macro", "rmse"]


class Section(BaseModel):
    """A part of params.yaml: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


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

    floor: dict[str, float] = {}
    """The least value of metrics of metrics/dev.json (the most, of those that are better when lower)."""
    latency_ms: float | None = Field(None, gt=0)
    """The slowest hundredth of one-row predictions, in milliseconds, on the machine that runs the gate."""
    model_mb: float | None = Field(None, gt=0)
    slice_gap: float | None = Field(None, gt=0)
    """How far a slice of gate.slices may fall below the whole, in the metric's own unit."""


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
    baseline: Literal["dummy"] | float = "dummy"
    """What the first model must beat: a model that ignores its input, or a stated level of the metric."""
    max_relabelled: float = Field(0.01, ge=0, le=1)
    """The share of sealed rows that may carry another label than they did for the champion."""
    bars: Bars = Bars()
    slices: tuple[str, ...] = ()
    """Columns whose values are looked at one by one: in the report, the card, and by bars.slice_gap."""
    sensitive: tuple[str, ...] = ()
    """Columns across which the card compares error rates."""

    def metrics(self, task: str) -> tuple[Metric, ...]:
        """The metrics that a challenger of this task is judged by."""
        if self.metric is None:
            return ("squared_error",) if task == "regression" else ("accuracy",)
        return self.metric if isinstance(self.metric, tuple) else (self.metric,)


class Card(Section):
    """What only a person can say of the model, for models/card.md."""

    intended_use: str = ""
    limits: str = ""


class Errors(Section):
    """Failed requests (5xx): the canary goes on once its rate is shown to be below ratio * production's + margin."""

    ratio: float = Field(1.25, gt=0, le=1000)
    margin: float = Field(0.005, ge=0, lt=1)


class Refusals(Errors):
    """Refused requests (4xx): a canary that reads other columns refuses what production takes."""

    margin: float = Field(0.02, ge=0, lt=1)


class Latency(Section):
    """Slow answers: above production's p50, p95 and p99 for production, above 1 + slower times those for the canary."""

    slower: float = Field(0.10, ge=0, le=10)
    """Rounded to the buckets of the histogram: up for what is rolled back, down for what may go on."""
    floor_ms: float = Field(10.0, ge=0)
    """Milliseconds up to which nobody minds: a model twice as slow as one that takes 0.2 ms is no worse for it."""
    p50: float = Field(0.05, gt=0, lt=1)
    """By how much the canary's share of slow answers may be above production's; so do p95 and p99."""
    p95: float = Field(0.02, gt=0, lt=1)
    p99: float = Field(0.01, gt=0, lt=1)


class Drift(Section):
    """Predictions: how far the share of any answer may lie from production's before a person is asked."""

    margin: float = Field(0.05, gt=0, lt=1)


class Labels(Section):
    """Wrong answers among the labelled ones: as for errors."""

    ratio: float = Field(1.0, gt=0, le=1000)
    margin: float = Field(0.02, ge=0, lt=1)


class Split(Section):
    """Requests: how far the canary's odds of getting one may be from those of its share.

    Users who stay on one side do not all ask equally often, so that a share of the users is no exact share of requests.
    """

    tolerance: float = Field(0.5, ge=0, le=10)


def _switched(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return None if value is False else {}
    if not isinstance(value, dict | Section):
        raise ValueError("must be true, false or settings of its own")
    return value


W = TypeVar("W", bound=Section)
Switched = Annotated[W | None, BeforeValidator(_switched)]
JUDGED = ("errors", "refusals", "latency", "labels")  # what a canary is rolled back for, and must be good at to go on


class Signals(Section):
    """What the judge watches; each can be false."""

    errors: Switched[Errors] = Errors()
    refusals: Switched[Refusals] = Refusals()
    latency: Switched[Latency] = Latency()
    labels: Switched[Labels] = Labels()
    drift: Switched[Drift] = Drift()
    split: Switched[Split] = Split()

    @model_validator(mode="after")
    def _judges_by_something(self) -> "Signals":
        if not any(getattr(self, name) for name in JUDGED):
            raise ValueError(f"one of {', '.join(JUDGED)} must be watched: nothing else can show a canary to be good")
        return self


class Canary(Section):
    """How a new version comes into production, and what it is judged by."""

    strategy: Literal["canary", "shadow", "blue_green", "all_at_once"] = "canary"
    share: float = Field(0.1, gt=0, lt=1)
    """The part of the users that a canary has while it waits for its release."""
    steps: tuple[float, ...] = (0.1, 0.5, 1.0)
    """The parts of the users that a release goes through."""
    alpha: float = Field(0.05, gt=0, lt=0.5)
    """The chance that a canary that is not worse is ever rolled back."""
    beta: float = Field(0.05, gt=0, lt=0.5)
    """The chance that a canary that is worse than allowed ever goes on."""
    interval: float = Field(10.0, gt=0, le=86_400)
    """Seconds between looks."""
    minimum: float = Field(60.0, ge=0)
    """Seconds that a step lasts at least."""
    timeout: float = Field(3600.0, gt=0)
    """Seconds after which a step that came to no end gets on_timeout."""
    on_timeout: Literal["hold", "rollback", "promote"] = "hold"
    """A canary without traffic is never promoted, whatever this says."""
    signals: Signals = Signals()
    baseline: int = Field(2000, ge=1)
    """Production's answers before it is known what slow is."""
    user_header: str = Field("x-user", pattern=r"^[A-Za-z0-9-]{1,64}$")

    @field_validator("steps")
    @classmethod
    def _grow_to_all(cls, steps: tuple[float, ...]) -> tuple[float, ...]:
        if not steps or steps[0] <= 0 or steps[-1] != 1 or any(low >= high for low, high in pairwise(steps)):
            raise ValueError("must be shares above 0, each larger than the one before, the last 1.0")
        return steps

    @model_validator(mode="after")
    def _ends_after_it_may(self) -> "Canary":
        if self.timeout <= self.minimum:
            raise ValueError("timeout must be longer than minimum")
        return self


S = TypeVar("S", bound=Section)
SECTIONS: dict[str, type[Section]] = {"gate": Gate, "card": Card, "canary": Canary}
"""The line's own sections, by name; all others are the pipeline's and the service's."""


def gate(root: Path) -> Gate:
    """The section `gate:`.

    Raises:
        ConfigError: it holds a key or value that is not understood.
    """
    return _parsed(root, "gate", Gate)


def card(root: Path) -> Card:
    """The section `card:`.

    Raises:
        ConfigError: it holds a key or value that is not understood.
    """
    return _parsed(root, "card", Card)


def canary(root: Path) -> Canary:
    """The section `canary:`.

    Raises:
        ConfigError: it holds a key or value that is not understood.
    """
    return _parsed(root, "canary", Canary)


def _parsed(root: Path, name: str, section: type[S]) -> S:
    try:
        return section.model_validate(_section(root, name))
    except ValidationError as error:
        raise ConfigError(f"params.yaml: {_explained(error, name, section)}") from None


def read(root: Path) -> dict[str, Any]:
    """All of params.yaml, as YAML 1.2 means it: DVC and the stages read it so, and `no` is a word there.

    Raises:
        ConfigError: it cannot be read.
    """
    path = root / "params.yaml"
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise ConfigError(f"{path}: cannot be read ({str(error).splitlines()[0]})") from None
    if not isinstance(values or {}, dict):
        raise ConfigError(f"{path}: cannot be read (it must hold sections)")
    return dict(values or {})


def _section(root: Path, name: str) -> Any:
    return read(root).get(name) or {}


def _explained(error: ValidationError, name: str, section: type[Section]) -> str:
    """The first of pydantic's complaints, with the nearest right key."""
    problem = error.errors(include_url=False)[0]
    where = ".".join([name, *map(str, problem["loc"])])
    if problem["type"] == "extra_forbidden":
        *above, key = map(str, problem["loc"])
        known = list(_part(section, above).model_fields)
        close = difflib.get_close_matches(key, known, n=1)
        return f"{where}: no such key; " + (
            f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(known)}"
        )
    got = f" (got {problem['input']!r})" if isinstance(problem["input"], str | int | float) else ""
    return f"{where}: {problem['msg'].removeprefix('Value error, ')}{got}"


def _part(section: type[Section], keys: list[str]) -> type[Section]:
    """The section inside a section that keys lead to."""
    for key in keys:
        kind = section.model_fields[key].annotation
        section = next(each for each in (kind, *get_args(kind)) if isinstance(each, type) and issubclass(each, Section))
    return section
