"""Labels find their predictions across files of records, and what each file says of its rows.

The files are read twice, for the labels first: so only rows that have one are ever kept, each as a few hundred bytes.
"""

import hashlib
import json
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mainline.monitor.profiles import lines, records, sides
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.records import FAULTS, Predicted
from mainline.stream import places
from mainline.stream.places import Records

OLDER, DAMAGED, WITHOUT = "recorded by an older version", "damaged lines", "recorded without "
SEVERAL = ""
"""In place of a label, where there were others."""


class Joined(NamedTuple):
    """A row that has a label."""

    moment: int
    """When it was predicted, in microseconds since 1970."""
    key: str
    sealed: bool
    cells: str
    """Of the features, as a JSON list; empty where they are not needed."""
    why: str
    """Why it cannot be taken; empty where nothing is against it."""


class Joining:
    """Labels, and the rows that they are of; first all files' labels, then their rows."""

    def __init__(self, features: Sequence[str], now: int) -> None:
        """Args: the columns that are wanted; the time, in microseconds since 1970."""
        self._features, self._now = features, now
        self.labels: dict[bytes, str] = {}
        """As JSON, by row; SEVERAL where labels contradict each other."""
        self.rows: dict[bytes, Joined] = {}
        self.damaged = 0
        """Lines that say nothing that can be understood."""

    def labels_of(self, file: Records) -> None:
        """Keep a file's labels."""
        for plan, _, line in _lines(file):
            try:
                said = records.parse(line)
                if said["kind"] == "feedback":
                    found = records.labelled(said, plan, self._now)
                    row = _row(found.request, found.row)
                    if self.labels.setdefault(row, sys.intern(found.label)) != found.label:
                        self.labels[row] = SEVERAL
            except FAULTS:
                self.damaged += 1

    def rows_of(self, file: Records, known: Collection[str]) -> None:
        """Keep a file's rows that have a label: of several predictions of one, the first.

        Args:
            known: keys of rows whose cells are not needed.
        """
        about: _About | None = None
        for plan, first, line in _lines(file):
            try:
                said = records.parse(line)
                if said["kind"] != "predictions":
                    continue
            except FAULTS:  # counted with the labels
                continue
            try:
                if plan is None:
                    raise ValueError("of a file that does not say what its columns are")
                about = about or _About.of(first, self._features)
                for row, found in self._joined(records.predicted(said, plan, self._now), about, known):
                    self.rows[row] = min(self.rows.get(row, found), found)
            except FAULTS:
                self.damaged += 1

    def _joined(self, said: Predicted, about: "_About", known: Collection[str]) -> Iterator[tuple[bytes, Joined]]:
        rows = [_row(said.request, said.first + at) for at in range(said.rows)]
        there = [at for at, row in enumerate(rows) if row in self.labels]
        if not there:
            return
        inputs = {name: [cells[at] for at in there] for name, cells in said.inputs.items()}
        keys = sides.keys(inputs, len(there), about.names)
        sealed = about.sealed(keys, inputs)
        for at, key in enumerate(keys):
            why = about.why or about.blank(inputs, at)
            cells = "" if why or key in known else json.dumps([inputs[name][at] for name in self._features])
            yield rows[there[at]], Joined(said.moment, key, sealed[at], cells, why)


class _About(NamedTuple):
    """What the first line of a file says of its rows."""

    names: tuple[str, ...]
    window: sides.Window | None
    why: str
    """Why none of them can be taken; empty where nothing is against it."""

    @classmethod
    def of(cls, first: bytes, features: Sequence[str]) -> "_About":
        said = records.parse(first)
        names, window = sides.names(said), sides.sealed_window(said)
        lacking = [name for name in features if name not in names]
        if window and not window.tells(names):
            lacking.append(str(window.group))
        return cls(names, window, WITHOUT + lacking[0] if lacking else OLDER if window is None else "")

    def sealed(self, keys: Sequence[str], inputs: Mapping[str, list[Any]]) -> list[bool]:
        """Which rows are on the sealed side."""
        if self.why or self.window is None:
            return [False] * len(keys)
        found: list[bool] = sides.sealed(self.window, keys, inputs, len(keys)).tolist()
        return found

    def blank(self, inputs: Mapping[str, list[Any]], at: int) -> str:
        """Why a row cannot be taken that does not say which group it is of; empty of others."""
        group = self.window.group if self.window else None
        return f"{group}: blank, and rows go by it" if group and inputs[group][at] in (None, "") else ""


def _lines(file: Records) -> Iterator[tuple[Plan | None, bytes, bytes]]:
    """How a file's lines are checked, its first line, and each other one; none of a file that is gone or empty."""
    try:
        with places.reading(file) as stream:
            beginning = lines.beginning(stream)
            if beginning is None:
                return
            plan, at = _plan(beginning.first), len(beginning.first)
            while (chunk := lines.read(stream, at)).news:
                at = chunk.end
                for line in chunk.lines:
                    yield plan, beginning.first, line
    except FileNotFoundError:  # the service made room
        return


def _plan(first: bytes) -> Plan | None:
    try:
        return Plan.of(records.parse(first))
    except FAULTS:
        return None


def _row(request: str, row: int) -> bytes:
    """What stands for a row of a request, in few bytes."""
    return hashlib.blake2b(f"{request}\0{row}".encode(), digest_size=16).digest()
