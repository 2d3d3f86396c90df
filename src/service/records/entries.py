"""What goes into the records: first what their columns are, then predictions without private values, and labels."""

import datetime
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.model.inputs import Inputs, Layout
from pipeline.model.signature import Signature
from pipeline.sections import Label
from service.predict.engine import Answers
from service.settings import Settings

Line = dict[str, Any]
MOST_ROWS = 500  # in one line


@dataclass(frozen=True)
class Scribe:
    """Knows the names of what is recorded, and what must not be."""

    version: str
    names: Sequence[str]
    """Of the columns: the numbers, then the dates, then the words."""
    classes: Sequence[Label] | None
    private: Sequence[str]
    """Those of them that must not be recorded."""
    key: bytes
    about: Line
    """What stands first in each file, so that whoever counts needs nothing else: see recorder.py."""

    @classmethod
    def of(cls, signature: Signature, classes: Sequence[Label] | None, settings: Settings) -> "Scribe":
        """The scribe of a model."""
        private, key = frozenset(signature.private or ()), settings.records_key.encode()
        about, layout = _about(signature, classes, private, settings.version), Layout.of(signature)
        names = [column.name for group in (layout.numbers, layout.dates, layout.words) for column in group]
        return cls(settings.version, names, classes, [name for name in names if name in private], key, about)

    def inputs(self, inputs: Inputs) -> dict[str, list[Any]]:
        """Columns as they are recorded: the private ones left out, or as keyed hashes where there is a key."""
        values = [*inputs.numbers.T.tolist(), *_dates(inputs.dates), *inputs.words.T.tolist()]
        columns: dict[str, list[Any]] = dict(zip(self.names, values, strict=True))
        for name in self.private:
            cells = columns.pop(name)
            if self.key:
                columns[name] = [self._hash(name, cell) for cell in cells]
        return columns

    def _hash(self, name: str, cell: object) -> str:
        return hmac.new(self.key, f"{name}={cell}".encode(), hashlib.sha256).hexdigest()[:32]


def _dates(dates: np.ndarray) -> list[list[str | None]]:
    if not dates.size:
        return []
    said = np.datetime_as_string(dates).astype(object)
    said[np.isnat(dates)] = None
    columns: list[list[str | None]] = said.T.tolist()
    return columns


@dataclass(frozen=True)
class Predicted:
    """A request's predictions."""

    scribe: Scribe
    time: float
    request: str
    inputs: Inputs
    answers: Answers

    @property
    def rows(self) -> int:
        """How many."""
        return len(self.inputs)

    def lines(self) -> list[Line]:
        """A line, or several of MOST_ROWS each."""
        head = _head("predictions", self.time, self.scribe.version, self.request)
        if self.rows <= MOST_ROWS:
            return [head | self._part(0, self.inputs, self.answers)]
        return [
            head | self._part(first, self.inputs[first : first + MOST_ROWS], self.answers[first : first + MOST_ROWS])
            for first in range(0, self.rows, MOST_ROWS)
        ]

    def _part(self, first: int, inputs: Inputs, answers: Answers) -> Line:
        classes = self.scribe.classes
        about = {"row": first, "rows": len(inputs), "inputs": self.scribe.inputs(inputs)}
        if answers.places is None or classes is None:
            return about | {"predictions": answers.values.tolist()}
        chances = dict(zip(map(str, classes), answers.values.T.tolist(), strict=True))
        return about | {"predictions": [classes[place] for place in answers.places.tolist()], "probabilities": chances}


@dataclass(frozen=True)
class Labelled:
    """A label that came in."""

    version: str
    time: float
    request: str
    row: int
    label: Label
    outcome: str
    rows: int = 1

    def lines(self) -> list[Line]:
        """The one line."""
        said = {"row": self.row, "label": self.label, "outcome": self.outcome}
        return [_head("feedback", self.time, self.version, self.request) | said]


def _about(signature: Signature, classes: Sequence[Label] | None, private: frozenset[str], version: str) -> Line:
    facts = {"name", "kind", "minimum", "maximum", "deciles", "categories"}
    columns = [
        column.model_dump(mode="json", include=facts, exclude_none=True)
        for column in signature.features
        if column.name not in private
    ]
    answers = {"deciles": signature.deciles or ()} if classes is None else {"classes": classes}
    head = {"kind": "columns", "model_version": version, "task": signature.task}
    sealed = {"sealed": signature.sealed.model_dump()} if signature.sealed else {}
    return head | answers | sealed | {"columns": columns}


def _head(kind: str, time: float, version: str, request: str) -> Line:
    moment = datetime.datetime.fromtimestamp(time, datetime.UTC).isoformat(timespec="microseconds")
    return {"kind": kind, "time": moment, "model_version": version, "request_id": request}
