"""The section `canary`: how a new version comes into production, and what it is judged by."""

from itertools import pairwise
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BeforeValidator, Field, field_validator, model_validator

from mainline.config.section import Section


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
    wait: Literal["auto"] | Annotated[float, Field(gt=0, le=604_800)] = "auto"
    """Seconds after an answer by which its label has come; auto: nine tenths of production's had by then."""


class Second(Section):
    """Second opinions: what the canary fails or refuses, production is asked too, once the client has its answer."""


class Split(Section):
    """Users: how far the canary's odds of getting one may be from those of its share.

    Where only requests are counted it is they, and users do not all ask equally often.
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
JUDGED = ("errors", "refusals", "latency", "labels")  # what a canary must be good at to go on
ACCUSED = ("errors", "latency", "labels", "second")  # what it is rolled back for


class Signals(Section):
    """What the judge watches; each can be false."""

    errors: Switched[Errors] = Errors()
    refusals: Switched[Refusals] = Refusals()
    latency: Switched[Latency] = Latency()
    labels: Switched[Labels] = Labels()
    drift: Switched[Drift] = Drift()
    split: Switched[Split] = Split()
    second: Switched[Second] = Second()

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
    alike: float = Field(0.005, ge=0, le=1)
    """The correlation of one user's requests that is taken for granted to go on, as few users seldom show it."""
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
