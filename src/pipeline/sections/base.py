"""What every section is, and the words that several of them use."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

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


def no_null(words: Any) -> Any:
    """Refuse the word null without quotes, which is no word, in a list of words."""
    if isinstance(words, (list, tuple)) and None in words:
        raise ValueError('the word null needs quotes: "null"')
    return words
