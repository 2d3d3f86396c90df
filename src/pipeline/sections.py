"""The sections of params.yaml that the stages read: what each key is called, what it may hold, and its default."""

import codecs
import datetime
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Kind = Literal["numeric", "categorical", "text", "date", "ignored"]
Task = Literal["binary", "multiclass", "regression"]
Way = Literal["drop", "hash"]
Label = int | float | str
MISSING = ("NA", "N/A", "NaN", "nan", "NULL", "null", "None")  # beside cells that hold nothing


class Section(BaseModel):
    """A part of params.yaml: frozen, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)  # columns may be named 2020


def _words(words: Any) -> Any:
    if isinstance(words, (list, tuple)) and None in words:
        raise ValueError('the word null needs quotes: "null"')
    return words


class KeepFor(Section):
    """How long rows are kept: by a date that each has, up to a day that is stated, as no stage reads a clock."""

    column: str
    days: int = Field(ge=1, le=36_525)
    as_of: datetime.date

    @property
    def since(self) -> datetime.date:
        """The day from which on rows are kept."""
        return datetime.date.fromordinal(max(1, self.as_of.toordinal() - self.days))


class Data(Section):
    """Where the table comes from and what its columns are for."""

    source: str
    """A scikit-learn set (sklearn:digits), a file, an http(s) or s3 URL, openml:ID, or a SQLAlchemy URL."""
    query: str | None = None
    """The SQL to run, where source is a database."""
    separator: str | None = Field(None, min_length=1, max_length=1)
    """The character between the fields of a text file; by default a comma, or a tab in .tsv."""
    encoding: str = "utf-8"
    """How a text file's letters are written; never guessed."""
    quote: str | None = Field(None, min_length=1, max_length=1)
    """The character around fields that hold the separator; by default \"."""
    columns: tuple[str, ...] = ()
    """Names for the columns of a file without a header line."""
    sheet: str | None = None
    """Which sheet of a workbook; by default its only one."""
    rows: str | None = None
    """A slice of the source's rows, as start:stop."""
    target: str
    task: Literal["auto", "binary", "multiclass", "regression"] = "auto"
    positive: str | int | bool | None = None
    """For two classes: the one that metrics look for. By default the last in order."""
    id: str | None = None
    """A column that names each row for good; by default rows are named by their content."""
    drop: tuple[str, ...] = ()
    kinds: dict[str, Kind] = {}
    """Corrections to the kinds of columns that were inferred."""
    dates: dict[str, str] = {}
    """The form of a column's dates, as "%d/%m/%Y", where it is not ISO's and cannot be found from the cells."""
    missing: tuple[str, ...] = MISSING
    """Words that say nothing: such a cell is as good as an empty one."""
    private: dict[str, Way] = {}
    """Columns that nobody is to read: not kept at all, or kept as hashes under DATA_KEY."""
    forget: str | None = None
    """A list of hashes: rows of whoever is on it are left out."""
    keep_for: KeepFor | None = None
    """Older rows than this are left out."""

    @model_validator(mode="before")
    @classmethod
    def _leaves_hashes_unread(cls, said: Any) -> Any:
        """No model may read them."""
        private, kinds = (said.get(name) or {} for name in ("private", "kinds")) if isinstance(said, dict) else ((), ())
        if not (private and isinstance(private, dict) and isinstance(kinds, dict)):
            return said
        unread = {name: "ignored" for name, way in private.items() if way == "hash" and name != said.get("id")}
        return {**said, "kinds": unread | kinds}

    @field_validator("separator", "quote")
    @classmethod
    def _stands_in_a_line(cls, mark: str | None) -> str | None:
        if mark is not None and (mark in "\r\n\0" or not mark.isascii()):
            raise ValueError("must be one ASCII character that ends no line; write the table with another")
        return mark

    @field_validator("encoding")
    @classmethod
    def _is_an_encoding(cls, name: str) -> str:
        try:
            "a".encode(name)
        except (LookupError, UnicodeError):
            raise ValueError("no encoding is called that; some are utf-8, latin1, cp1252, gb18030, utf-16") from None
        return codecs.lookup(name).name

    @field_validator("columns")
    @classmethod
    def _names_each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if not name.strip() or names.count(name) > 1:
                raise ValueError(f"{name!r} is no name, or stands there twice")
        return names

    @field_validator("missing", mode="before")
    @classmethod
    def _say_null_as_a_word(cls, words: Any) -> Any:
        return _words(words)

    @field_validator("dates")
    @classmethod
    def _are_forms(cls, dates: dict[str, str]) -> dict[str, str]:
        for name, form in dates.items():
            try:
                datetime.datetime.strptime(datetime.datetime(2024, 1, 31).strftime(form), form)
            except ValueError:
                form = ""
            if "%" not in form:
                raise ValueError(f'{name}: not the form of a date, such as "%d/%m/%Y" or "%m/%d/%Y %H:%M"')
        return dates

    @model_validator(mode="after")
    def _quotes_with_another_character(self) -> "Data":
        if self.quote is not None and self.quote == self.separator:
            raise ValueError(f"quote and separator are both {self.quote!r}")
        return self

    @model_validator(mode="after")
    def _says_dates_once(self) -> "Data":
        for name in self.dates:
            if self.kinds.get(name, "date") != "date":
                raise ValueError(f"{name!r} is in data.dates, and {self.kinds[name]} by data.kinds; take one out")
        return self

    @model_validator(mode="after")
    def _says_what_is_private_once(self) -> "Data":
        for name, way in self.private.items():
            if name == self.target:
                raise ValueError(f"{name!r} is the target, which the model has to know, and private; take one out")
            if name == self.id and way == "drop":
                raise ValueError(
                    f"{name!r} names the rows (data.id), so it stays, as a hash: private: {{{name}: hash}}"
                )
            if other := next((key for key in ("drop", "dates") if name in getattr(self, key)), None):
                raise ValueError(f"{name!r} is in data.{other} and in data.private; take one out")
            if (kind := self.kinds.get(name, "ignored")) != "ignored":
                raise ValueError(f"{name!r} is {kind} by data.kinds and private: no model reads it; take one out")
        return self

    @property
    def hashed(self) -> tuple[str, ...]:
        """The private columns that are kept as hashes."""
        return tuple(name for name, way in self.private.items() if way == "hash")

    @property
    def left_out(self) -> tuple[str, ...]:
        """The columns of the source that go no further than ingest."""
        dropped = [name for name, way in self.private.items() if way == "drop"]
        return tuple(dict.fromkeys([*([self.id] if self.id else []), *self.drop, *dropped]))


class CellRule(Section):
    """What is done to the cells of a column, in this order."""

    missing: tuple[str, ...] = ()
    """Words that say nothing there, beside data.missing."""
    case: Literal["lower", "upper"] | None = None
    replace: dict[str, str] = {}
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
        return _words(words)

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

    columns: dict[str, CellRule] = {}
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

    rules: dict[str, Rule] = {}
    """By column name, or by a regular expression that matches whole names."""
    checks: dict[str, str] = {}
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
    params: dict[str, Any] = {}
    scale: bool = True
    """Bring numeric columns to mean 0 and deviation 1; trees do not need it."""
    columns: dict[str, Treatment] = {}
    """By column name, or by a regular expression that matches whole names."""
    seed: int = 0
    trusted: tuple[str, ...] = ()
    """Types beyond scikit-learn's that a saved model may hold (xgboost.sklearn.XGBClassifier)."""


class Service(Section):
    """What the service keeps to itself."""

    private: tuple[str, ...] = ()
    """Columns that its records leave out, or hash where it is given a key (RECORDS_KEY)."""
