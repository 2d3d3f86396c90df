"""The section `data`: where the table comes from, and what its columns are for."""

import codecs
import datetime
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pipeline.sections.base import MISSING, Kind, Section, Way, no_null


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
    kinds: dict[str, Kind] = Field({})
    """Corrections to the kinds of columns that were inferred."""
    dates: dict[str, str] = Field({})
    """The form of a column's dates, as "%d/%m/%Y", where it is not ISO's and cannot be found from the cells."""
    missing: tuple[str, ...] = MISSING
    """Words that say nothing: such a cell is as good as an empty one."""
    private: dict[str, Way] = Field({})
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
        return no_null(words)

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
