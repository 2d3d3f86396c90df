"""The sections `train`, `diagnose` and `service`: which model, how it is looked at, and what it keeps to itself."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.sections.base import Section

Categories = Literal["onehot", "native"]


class Treatment(Section):
    """How the model takes a column; what has to be measured for it, is measured on the training rows."""

    clip: tuple[float, float] | None = None
    """Of numbers: the quantiles beyond which values are taken for the quantile itself."""
    missing: Literal["flag"] | None = None
    """Of numbers and dates: beside the value that fills a gap, tell the model that there was one."""
    rare: int | None = Field(None, ge=2)
    """Of categories: those in fewer training rows are one category together, with those that come new."""
    analyzer: Literal["word", "char"] | None = None
    """Of texts: what is counted; by default words, or characters where texts have no blanks between words."""
    ngrams: tuple[int, int] | None = None
    """Of texts: how many words or characters in a row are counted as one, from and to."""

    @field_validator("clip")
    @classmethod
    def _are_quantiles(cls, clip: tuple[float, float] | None) -> tuple[float, float] | None:
        if clip and not 0 <= clip[0] < clip[1] <= 1:
            raise ValueError("must be two shares of the rows that rise, such as [0.01, 0.99]")
        return clip

    @field_validator("ngrams")
    @classmethod
    def _are_lengths(cls, ngrams: tuple[int, int] | None) -> tuple[int, int] | None:
        if ngrams and not 1 <= ngrams[0] <= ngrams[1] <= 10:
            raise ValueError("must be two whole numbers from 1 to 10, the first not above the second, such as [1, 2]")
        return ngrams

    @model_validator(mode="after")
    def _says_something(self) -> "Treatment":
        if not self.model_fields_set:
            raise ValueError("says nothing; give clip, missing, rare, analyzer or ngrams")
        return self


class Train(Section):
    """Which model, from where, with which parameters."""

    estimator: str
    """The import path of a class with scikit-learn's interface."""
    params: dict[str, Any] = Field({})
    scale: bool = True
    """Bring numeric columns to mean 0 and deviation 1; trees do not need it."""
    categories: Categories = "onehot"
    """A feature for each category, or the estimator splits by them itself, where it can."""
    columns: dict[str, Treatment] = Field({})
    """By column name, or by a regular expression that matches whole names."""
    rows: int | None = Field(None, ge=50)
    """How many training rows it learns from, where all would be too many: those whose hashes are the smallest."""
    seed: int = 0
    trusted: tuple[str, ...] = ()
    """Types beyond scikit-learn's that a saved model may hold (mapie.classification.MapieClassifier)."""


class Diagnose(Section):
    """How much is looked at beside the model: stage diagnose."""

    rows: int = Field(2000, ge=0)
    """How many training rows at most; 0 for no diagnosis."""

    @model_validator(mode="before")
    @classmethod
    def _false_is_none(cls, said: Any) -> Any:
        return {"rows": 0} if said is False else said


class Service(Section):
    """What the service keeps to itself."""

    private: tuple[str, ...] = ()
    """Columns that its records leave out, or hash where it is given a key (RECORDS_KEY)."""
