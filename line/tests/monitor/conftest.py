"""A remote to send profiles to, and hosts that count."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from line.tests.monitor import recorded
from mainline.monitor import files, fold, profile, push
from mainline.monitor.intake import Folded
from mainline.monitor.plan import Plan
from mainline.monitor.profile import Profiles
from mainline.monitor.records import parse
from mainline.monitor.store import Store
from mainline.tools import git


@dataclass(frozen=True)
class Counter:
    """A host: its records, its database, its repository."""

    folder: Path

    @property
    def records(self) -> Path:
        """Where its service records."""
        return self.folder / "records"

    def fold(self, records: Path | None = None, days: float = 60.0) -> Folded:
        """Count what is new, at a time so many days after the first Monday."""
        with Store(self.folder) as store:
            return fold.fold(store, records or self.records, lambda: recorded.clock(days))

    def push(self, days: float = 60.0, *, today: bool = False) -> push.Sent:
        """Send what is to be sent."""
        with Store(self.folder) as store:
            return push.push(store, self.folder / "repo.git", lambda: recorded.clock(days), today=today)

    def profiles(self) -> Profiles:
        """What it has counted, as if all of it had been sent."""
        with Store(self.folder) as store:
            plans = [Plan.of(parse(line.encode())) for line in store.lines().values()]
            versions = {plan.version.name: plan.version for plan in plans}
            texts = {day: files.text_of_day(store.entries(day)).encode() for day in store.days()}
        days = ((date.fromordinal(day), files.books_from("x", text, versions)) for day, text in texts.items())
        return Profiles.of(versions, days)

    def bytes(self) -> dict[date, bytes]:
        """The files that it would send, by day."""
        with Store(self.folder) as store:
            return {date.fromordinal(day): files.text_of_day(store.entries(day)).encode() for day in store.days()}


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository."""
    git.git("init", "--quiet", "--bare", str(tmp_path / "remote.git"), root=tmp_path)
    return tmp_path / "remote.git"


@pytest.fixture
def host(tmp_path: Path, remote: Path) -> Callable[[str], Counter]:
    """A host by its name, made where it is new."""

    def make(name: str) -> Counter:
        repository = tmp_path / name / "repo.git"
        if not repository.exists():
            git.git("init", "--quiet", "--bare", str(repository), root=tmp_path)
            git.git("remote", "add", "origin", str(remote), root=repository)
        return Counter(tmp_path / name)

    return make


@pytest.fixture
def counter(host: Callable[[str], Counter]) -> Counter:
    """The only host."""
    return host("a")


@pytest.fixture
def sent(remote: Path) -> Callable[[], Profiles]:
    """What the branch says now."""
    return lambda: profile.read(remote)
