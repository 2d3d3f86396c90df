"""The sections `clean`, `validate`, `labels` and `split`: from cells to rows that a model may learn from."""

import datetime
import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.sections.base import Section, no_null


class CellRule(Section):
    """What is done to the cells of a column, in this order."""

    missing: tuple[str, ...] = ()
    """Words that say nothing there, beside data.missing."""
    case: Literal["lower", "upper"] | None = None
    replace: dict[str, str] = Field({})
    """Other words for whole cells."""
    decimal: str | None = Field(None, min_length=1, max_length=1)
    """What stands before the fractions of numbers that are written as text; by default a point."""
    thousands: str | None = Field(None, min_length=1, max_length=1)
    """What stands between the groups of three digits of numbers that are written as text."""
    unit: str | None = Field(None, min_length=1)
    """What stands before or behind numbers that are written as text, such as € or %, and is taken off."""
    times: float | None = Field(None, allow_inf_nan=False)
    """What numbers are multiplied by."""

    @field_validator("missing", mode="before")
    @classmethod
    def _say_null_as_a_word(cls, words: Any) -> Any:
        return no_null(words)

    @field_validator("replace", mode="before")
    @classmethod
    def _say_what_instead(cls, words: Any) -> Any:
        if isinstance(words, dict) and any(
            word is None or not str(word).strip() for pair in words.items() for word in pair
        ):
            raise ValueError('a word for nothing goes into missing; the word null needs quotes: "null"')
        return words

    @field_validator("decimal", "thousands")
    @classmethod
    def _is_a_mark(cls, mark: str | None) -> str | None:
        if mark is not None and (mark.isalnum() or mark in "+-"):
            raise ValueError(f'{mark!r} stands in numbers anyhow; give a mark, such as ","')
        return mark

    @model_validator(mode="after")
    def _says_something(self) -> "CellRule":
        if self == CellRule.model_construct():
            raise ValueError("says nothing; give missing, case, replace, decimal, thousands, unit or times")
        if self.thousands is not None and self.thousands == (self.decimal or "."):
            other = "," if self.thousands == "." else "."
            raise ValueError(
                f'thousands and decimal are both {self.thousands!r}; say which is which: decimal: "{other}"'
            )
        if self.times in (0, 1):
            raise ValueError(f"times: {self.times:g} is no scale; give another number, or take it out")
        return self


class Clean(Section):
    """How cells are brought into one form, before anything is asked of them."""

    columns: dict[str, CellRule] = Field({})
    """By column name, or by a regular expression that matches whole names."""
    duplicates: Literal["keep", "first", "refuse"] = "keep"
    """What becomes of rows that are the same but for the target."""


class Labels(Section):
    """Labels that people give, in labels/."""

    wanted: bool = False
    """Rows without a label wait for one, in place of going to quarantine."""
    classes: tuple[str | bool | int | float, ...] = ()
    """Labels that people may give beside those of the source."""
    arbiter: str | None = None
    """Whose vote decides, whatever others say."""

    @field_validator("arbiter")
    @classmethod
    def _names_a_file(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
            raise ValueError("must be a name as of labels/NAME.jsonl: small letters, digits, dots and dashes")
        return name


class Rule(Section):
    """What the values of a column must be; rows that differ go to quarantine."""

    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str | bool | int | float, ...] | None = None
    new: Literal["allow", "quarantine"] = "quarantine"
    """What comes of a value that is none of the allowed: `allow` keeps the row, and the stage counts them."""
    matches: str | None = None
    """A regular expression that the whole cell of a text column must match."""
    unique: bool = False
    """Whether no two rows may have the same value; the first stays."""
    required: bool = False
    max_missing: float | None = Field(None, ge=0, le=1)
    """The share of rows in which the column may be empty before the stage fails."""

    @field_validator("matches")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        return pattern

    @model_validator(mode="after")
    def _knows_what_is_new(self) -> "Rule":
        if "new" in self.model_fields_set and self.allowed is None:
            raise ValueError("new says what comes of values that are none of `allowed`; list those, or take new out")
        return self


class Fresh(Section):
    """How old the newest row may be."""

    column: str
    days: float = Field(gt=0)
    as_of: datetime.date
    """The day from which it is counted: no clock is read, so that the same table always gives the same answer."""


class Whole(Section):
    """What the table as a whole must be, or the stage fails."""

    rows: tuple[int | None, int | None] | None = None
    """The fewest and the most rows of the source that are fit; null for no bound."""
    fresh: Fresh | None = None

    @field_validator("rows")
    @classmethod
    def _rise(cls, rows: tuple[int | None, int | None] | None) -> tuple[int | None, int | None] | None:
        low, high = rows or (None, None)
        if low is not None and high is not None and low > high:
            raise ValueError(f"the fewest rows ({low}) are more than the most ({high})")
        return rows


class Validate(Section):
    """What a row must be to enter the pipeline."""

    rules: dict[str, Rule] = Field({})
    """By column name, or by a regular expression that matches whole names."""
    checks: dict[str, str] = Field({})
    """By a name, which the quarantine gives as the reason: a comparison of columns that must hold for each row."""
    table: Whole = Field(default_factory=lambda: Whole.model_validate({}))
    max_quarantined: float = Field(0.05, ge=0, le=1)
    """The share of rows that may be put aside before the stage fails."""
    known_leaks: tuple[str, ...] = ()
    """Columns that predict the target by themselves and are allowed to."""

    @field_validator("checks")
    @classmethod
    def _have_names(cls, checks: dict[str, str]) -> dict[str, str]:
        for name in checks:
            if not name.strip() or ";" in name:  # which parts the reasons of a row
                raise ValueError(f"{name!r} is no name for a check; give it words, without ;")
        return checks


class Split(Section):
    """How rows are shared out between the train, dev and sealed sets."""

    dev: float = Field(0.15, gt=0, lt=1)
    sealed: float = Field(0.35, gt=0, lt=1)
    generation: int = Field(0, ge=0)
    """How often the sealed set was retired: `mainline gate rotate` counts it up."""
    group: str | None = None
    """Rows with the same value here stay on one side (a user, a patient)."""
    time: str | None = None
    cut: datetime.datetime | datetime.date | str | int | float | None = None
    """With time: only rows at or after this moment may be dev or sealed."""
    salt: str = "mainline"

    @property
    def edges(self) -> tuple[float, float, float]:
        """Where in [0, 1) the dev window begins, the sealed one after it, and where that ends.

        With each generation both move on by a sealed set: sealed rows that retire become dev rows as far as there is
        room, the others training rows, and so do the dev rows of before; as many are left to learn from.
        """
        dev_from = self.generation * self.sealed
        sealed_from = dev_from + self.dev
        return dev_from, sealed_from, sealed_from + self.sealed

    @model_validator(mode="after")
    def _leaves_something_to_learn_from(self) -> "Split":
        if self.dev + self.sealed > 0.9:
            raise ValueError("dev and sealed leave less than a tenth to train on; make them smaller")
        if self.dev + self.sealed * (self.generation + 1) > 1 + 1e-9:
            raise ValueError(
                f"after {self.generation - 1} rotations not enough rows are left that were never sealed; "
                "bring more rows: `mainline gate rotate --new-rows`"
            )
        if (self.time is None) != (self.cut is None):
            raise ValueError("time and cut go together")
        return self
