"""Takes lines of records into the database, in the caller's transaction: counts predictions, has labels find theirs."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from mainline.monitor.profiles import counting, joins, records
from mainline.monitor.profiles.book import Book
from mainline.monitor.profiles.counting import Counted
from mainline.monitor.profiles.joins import Kept, Row
from mainline.monitor.profiles.plan import Plan
from mainline.monitor.profiles.records import FAULTS, Labelled, Predicted
from mainline.monitor.profiles.store import Store


@dataclass
class Folded:
    """What was counted, and what could not be."""

    rows: int = 0
    labels: int = 0
    """Lines of labels, whether they have found their prediction or not."""
    days: set[date] = field(default_factory=set)
    passed: Counter[str] = field(default_factory=Counter)
    """Lines that were passed over, by why."""
    problems: list[str] = field(default_factory=list)
    """One line each."""

    @property
    def damaged(self) -> int:
        """How many lines were passed over."""
        return self.passed.total()

    def add(self, other: "Folded") -> None:
        """Take in what else was counted."""
        self.rows += other.rows
        self.labels += other.labels
        self.days |= other.days
        self.passed += other.passed
        self.problems += other.problems


class Intake:
    """What a database takes in at one time."""

    def __init__(self, store: Store, now: int) -> None:
        """Args: now, microseconds since 1970."""
        self._store, self._now = store, now
        self._plans: dict[int, Plan] = {}

    def version(self, plan: Plan, said: dict[str, object]) -> int | None:
        """The number of a version here; None where another file has said that it is counted otherwise.

        Args:
            said: the line that the plan is made from.
        """
        line = json.dumps(said, sort_keys=True)
        known = self._store.version(plan.version.name)
        if known is None:
            return self._store.add_version(plan.version.name, line)
        return known[0] if known[1] == line else None

    def take(self, lines: Iterable[bytes], plan: Plan | None, version: int | None, why: str) -> Folded:
        """Take in lines of one file.

        Args:
            plan: how it is counted; without it, or without a version, predictions are passed over and labels are not.
            why: they are.
        """
        found = Folded()
        predicted, labelled = self._read(lines, plan, why if plan is None or version is None else "", found.passed)
        counted = Counted()
        if plan is not None and version is not None:
            counted = counting.count(plan, version, predicted, self._store.secret)
        if counted.damaged:
            found.passed["damaged"] += counted.damaged
        books = {(day, version): book for day, book in counted.books.items() if version is not None}
        self._join([*counted.rows, *_rows(labelled, self._store.secret)], books)
        found.rows, found.labels = len(counted.rows), len(labelled)
        found.days = {date.fromordinal(day) for day, _ in books}
        return found

    def _read(
        self, lines: Iterable[bytes], plan: Plan | None, why: str, passed: Counter[str]
    ) -> tuple[list[Predicted], list[Labelled]]:
        predicted, labelled = [], []
        for line in lines:
            try:
                said = records.parse(line)
                kind = said["kind"]
                if kind == "predictions" and (why or plan is None):
                    passed[why] += 1
                elif kind == "predictions" and plan is not None:
                    predicted.append(records.predicted(said, plan, self._now))
                elif kind == "feedback":
                    labelled.append(records.labelled(said, plan, self._now))
                elif kind != "columns":
                    passed["of a kind that this version does not know"] += 1
            except FAULTS:
                passed["damaged"] += 1
        return predicted, labelled

    def _join(self, rows: Sequence[Row], books: dict[Kept, Book]) -> None:
        """Keep what rows have said, and count those that have a label now."""
        known = self._store.rows([row.key for row in rows]) if rows else {}
        changed, before, after = joins.join(known, rows)
        labelled = [*before, *after]
        for row in labelled:
            plan = self._plan(row.version)
            books.setdefault(joins.kept(row), Book.empty(plan.version))
        joins.count(before, self._plans, books, -1)
        joins.count(after, self._plans, books, 1)
        self._store.put_rows(changed.values())
        for (day, version), book in books.items():
            plan = self._plan(version)
            entry = self._store.entry(day, version)
            if entry is not None:
                book.add(Book.from_json(plan.version, entry))
            self._store.put_entry(day, version, book.to_json())

    def _plan(self, version: int | None) -> Plan:
        assert version is not None
        if version not in self._plans:
            self._plans = {number: Plan.of(json.loads(line)) for number, line in self._store.lines().items()}
        return self._plans[version]


def _rows(labelled: Sequence[Labelled], secret: bytes) -> list[Row]:
    if not labelled:
        return []
    requests = joins.keys((each.request for each in labelled), secret)
    keys = joins.key_of(requests, np.array([each.row for each in labelled]))
    return [Row(key, None, None, None, None, each.moment, each.label) for key, each in zip(keys, labelled, strict=True)]
