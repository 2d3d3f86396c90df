"""The profiles of all hosts and days, added up: what the monitor's verdicts are made from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mainline.errors import MonitorError, nearest
from mainline.monitor.profiles import branch, files
from mainline.monitor.profiles.book import UNIT, Book
from mainline.monitor.profiles.signals import AGE_BUCKETS, BLOCKS, STRATA, Signal, Version

__all__ = ["Profiles", "Signal", "Version", "read"]

FRIDAY = 4
Books = Mapping[str, Book]
"""What a host counted on a day, by version."""


@dataclass(frozen=True)
class Profiles:
    """All days of all hosts; a day, a version or a bin in which nothing was counted is 0."""

    covered: tuple[date, ...]
    """Days on which any host sent a profile, an empty one, too."""
    _versions: Mapping[str, Version]
    _books: Mapping[str, Mapping[date, Book]]
    """By version and day."""
    _labels: Mapping[str, Mapping[date, NDArray[np.int64]]]
    _truths: Mapping[str, Mapping[date, NDArray[np.int64]]]
    """By version and day of the answer."""

    @classmethod
    def of(cls, versions: Mapping[str, Version], days: Iterable[tuple[date, Books]]) -> "Profiles":
        """Add up what hosts have counted: a pair for each host and day, in any order."""
        covered: set[date] = set()
        books: dict[str, dict[date, Book]] = {}
        labels: dict[str, dict[date, NDArray[np.int64]]] = {}
        truths: dict[str, dict[date, NDArray[np.int64]]] = {}
        for day, found in days:
            covered.add(day)
            for name, book in found.items():
                books.setdefault(name, {}).setdefault(day, Book.empty(versions[name])).add(book)
                for ours, theirs in ((labels, book.labels), (truths, book.truths)):
                    mine = ours.setdefault(name, {})
                    for answered, counts in theirs.items():
                        mine[answered] = mine[answered] + counts if answered in mine else counts
        first = {name: [day for day in sorted(books[name]) if books[name][day].counts.any()][:1] for name in books}
        ordered = sorted((name for name in books if first[name]), key=lambda name: (first[name], name))
        known = {name: versions[name] for name in ordered}
        return cls(tuple(sorted(covered)), known, books, labels, truths)

    @property
    def versions(self) -> tuple[str, ...]:
        """Their names, by their first day."""
        return tuple(self._versions)

    def about(self, version: str) -> Version:
        """What is counted of a version.

        Raises:
            MonitorError: no profile is of it.
        """
        try:
            return self._versions[version]
        except KeyError:
            raise MonitorError(f"no profile is of version {version!r}; {nearest(version, self._versions)}") from None

    def days(self, version: str) -> tuple[date, ...]:
        """The days on which it answered, in order."""
        books = self._books[self.about(version).name]
        return tuple(sorted(day for day, book in books.items() if book.counts.any()))

    def signals(self, version: str) -> tuple[Signal, ...]:
        """The columns in the model's order, answers, and of a classifier confidence."""
        return self.about(version).signals

    def counts(self, version: str, signal: str, days: Sequence[date]) -> NDArray[np.float64]:
        """(days, STRATA, bins of the signal) in units: requests, of each its rows' mean.

        Raises:
            MonitorError: there is no such version or signal.
        """
        about = self.about(version)
        place, bins = _place(about, signal), len(self._signal(version, signal).bins)
        found = np.zeros((len(days), 2, BLOCKS, bins))
        for n, day in enumerate(days):
            if book := self._books[version].get(day):
                found[n, int(day.weekday() > FRIDAY)] = book.counts[place].reshape(BLOCKS, bins) / UNIT
        return found.reshape(len(days), STRATA, bins)

    def answered(self, version: str, days: Sequence[date]) -> NDArray[np.int64]:
        """(days, bins of answers) rows that were answered, but those on the sealed side."""
        shape = (len(self.about(version).answers),)
        return _stacked({day: book.answered for day, book in self._books[version].items()}, days, shape)

    def labels(self, version: str, days: Sequence[date]) -> NDArray[np.int64]:
        """(days, bins of answers, AGE_BUCKETS, scores) rows, by the day of their answer; each by its first label."""
        about = self.about(version)
        shape = (len(about.answers), AGE_BUCKETS, len(about.scores))
        return _stacked(self._labels.get(version, {}), days, shape)

    def truths(self, version: str, days: Sequence[date]) -> NDArray[np.int64]:
        """(days, AGE_BUCKETS, bins of labels) rows, by the day of their answer."""
        shape = (AGE_BUCKETS, len(self.about(version).truths))
        return _stacked(self._truths.get(version, {}), days, shape)

    def _signal(self, version: str, name: str) -> Signal:
        return next(each for each in self.signals(version) if each.name == name)


def read(root: Path) -> Profiles:
    """The profiles on the branch: the remote's, or this clone's where there is no remote.

    Raises:
        ToolFailed: the remote cannot be reached.
        MonitorError: a file there is damaged or too large; it is named.
    """
    versions: dict[str, Version] = {}
    days: list[tuple[date, bytes, str]] = []
    for path, content in branch.read(root):
        if name := files.day_of(path):
            days.append((name, content, path))
        else:
            found = files.version_from(path, content)
            versions[found.name] = found
    return Profiles.of(versions, ((day, files.books_from(path, content, versions)) for day, content, path in days))


def _place(about: Version, signal: str) -> slice:
    try:
        return about.places[signal]
    except KeyError:
        raise MonitorError(f"{about.name} has no signal {signal!r}; {nearest(signal, about.places)}") from None


def _stacked(
    by_day: Mapping[date, NDArray[np.int64]], days: Sequence[date], shape: tuple[int, ...]
) -> NDArray[np.int64]:
    found = np.zeros((len(days), *shape), np.int64)
    for n, day in enumerate(days):
        if (counts := by_day.get(day)) is not None:
            found[n] = counts.reshape(shape)
    return found
