"""The agent counts what its slots have recorded: each hour, on a thread; what goes wrong is one line of its log."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from line.tests.host.conftest import until
from line.tests.host.hosts import Host
from line.tests.monitor.profiles import recorded
from line.tests.monitor.profiles.hosts import Counter
from line.tests.monitor.profiles.recorded import head, labelled, predicted, write
from mainline.errors import ToolFailed
from mainline.host import containers, counting, loop
from mainline.host.counting import Counting
from mainline.host.slots import Service, Slots
from mainline.monitor.profiles import profile
from mainline.tools import container, git

CONTAINER = Service("green", "v1", "x:abc", 1, "x:abc", 1, 0.0, engine="docker")


class Place:
    """An agent's folder, its remote, and the time of day."""

    def __init__(self, folder: Path) -> None:
        self.state, self.remote, self.days = folder / "state", folder / "remote.git", 0.0
        git.git("init", "--quiet", "--bare", str(self.remote), root=folder)
        git.git("init", "--quiet", "--bare", str(self.state / "repo.git"), root=folder)
        git.git("remote", "add", "origin", str(self.remote), root=self.state / "repo.git")
        self.slots = Slots(self.state / "slots", None)
        self.counting = Counting(self.state, self.slots, lambda: recorded.clock(self.days))

    def round(self, days: float) -> counting.Report:
        """One round, so many days after the first Monday."""
        self.days = days
        return self.counting.round()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """One."""
    return Place(tmp_path)


def test_records_of_both_slots_are_counted_together(place: Place) -> None:
    """A label that went to the other slot finds its prediction; the day is sent when it is over."""
    write(place.slots.records("blue"), "1", predicted("a"))
    write(place.slots.records("green"), "2", labelled("a", days=0.1, model_version="v2"), first=head("v2"))
    assert place.round(0.2) == counting.Report()
    assert profile.read(place.remote).covered == ()
    assert place.round(0.7) == counting.Report()
    found = profile.read(place.remote)
    assert found.labels("v1", found.days("v1"))[..., 0].sum() == 1


def test_git_away_is_said_and_caught_up(place: Place) -> None:
    """What was counted meanwhile is kept."""
    write(place.slots.records("blue"), "1", predicted("a"))
    place.remote.rename(place.remote.with_name("away"))
    report = place.round(1)
    assert "cannot be reached, and profiles wait" in report.unsent
    assert "\n" not in report.unsent
    assert (report.uncounted, report.passed) == ("", ())
    shutil.rmtree(place.slots.records("blue"))
    place.remote.with_name("away").rename(place.remote)
    assert place.round(1.1) == counting.Report()
    assert profile.read(place.remote).versions == ("v1",)


def test_a_damaged_record_is_said_once(place: Place) -> None:
    """With its file; the others count."""
    path = write(place.slots.records("blue"), "1", predicted("a"))
    path.write_bytes(path.read_bytes() + b"{\n")
    (said,) = place.round(0.1).passed
    assert str(path) in said
    assert place.round(0.2).passed == ()


def test_a_database_that_cannot_be_written_is_said(place: Place) -> None:
    """And nothing else stops."""
    (place.state / "monitor.db").mkdir()
    report = place.round(0.1)
    assert "monitor.db" in report.uncounted
    assert "\n" not in report.uncounted


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Callable[..., str]]:
    """What the engine answers: to `volume` and to `cp`; by default it has the volume where nobody may read."""
    answers: dict[str, Callable[..., str]] = {"volume": lambda *_: str(tmp_path / "not-here"), "cp": lambda *_: ""}
    monkeypatch.setattr(container, "ask", lambda _, verb, *rest, **__: answers[verb](*rest))
    return answers


def test_a_containers_volume_is_read_where_it_may_be(
    place: Place, tmp_path: Path, engine: dict[str, Callable[..., str]]
) -> None:
    """In place: the engine says where it lies."""
    write(tmp_path / "volume", "1", predicted("a"))
    asked = []
    engine["volume"] = lambda *rest: asked.append(rest[-1]) or f"{tmp_path / 'volume'}\n"  # type: ignore[func-returns-value]
    place.counting.services = (CONTAINER,)
    assert place.round(1) == counting.Report()
    assert profile.read(place.remote).versions == ("v1",)
    assert asked == [f"mainline-{(place.state / 'slots/id').read_text()}-green"]


def test_else_its_records_are_copied_out_of_it(
    place: Place, tmp_path: Path, engine: dict[str, Callable[..., str]]
) -> None:
    """Each hour anew; no line counts twice for that, and no copy stays."""
    path = write(tmp_path / "inside", "1", predicted("a"))

    def copy(source: str, to: str) -> str:
        assert source == f"{CONTAINER.name}:/records/."
        shutil.copytree(tmp_path / "inside", to, dirs_exist_ok=True)
        return ""

    engine["cp"] = copy
    place.counting.services = (CONTAINER,)
    place.round(0.1)
    path.write_bytes(path.read_bytes() + recorded.text(predicted("b")))
    assert [place.round(days) for days in (0.2, 1)] == [counting.Report()] * 2
    found = profile.read(place.remote)
    assert found.answered("v1", found.days("v1")).sum() == 2
    assert [each.name for each in (place.state / "slots").iterdir()] == ["id"]


def test_a_volume_whose_files_are_the_images_users_is_copied(
    place: Place, tmp_path: Path, engine: dict[str, Callable[..., str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a rootless podman has it: the folder may be listed, and no file be read."""
    path = write(tmp_path / "volume", "1", predicted("a"))
    copied: list[str] = []
    engine["volume"] = lambda *_: str(tmp_path / "volume")
    engine["cp"] = lambda *rest: copied.append(rest[0]) or ""  # type: ignore[func-returns-value]
    monkeypatch.setattr(containers.os, "access", lambda each, _: each != path)
    place.counting.services = (CONTAINER,)
    assert place.round(1) == counting.Report()
    assert copied == [f"{CONTAINER.name}:/records/."]


def test_where_neither_can_be_had_it_says_what_does_it_by_hand(
    place: Place, engine: dict[str, Callable[..., str]]
) -> None:
    """One line; records of processes are counted all the same."""

    def refuse(*_: str) -> str:
        raise ToolFailed("docker cp: no such container")

    engine["cp"] = refuse
    write(place.slots.records("blue"), "1", predicted("a"))
    place.counting.services = (CONTAINER,)
    report = place.round(1)
    assert "slot green cannot be read (docker cp: no such container)" in report.uncounted
    assert f"docker cp {CONTAINER.name}:/records FOLDER; mainline monitor --fold FOLDER" in report.uncounted
    assert profile.read(place.remote).versions == ("v1",)


def test_a_thread_goes_on_rounds(place: Place) -> None:
    """By itself: one at once, and the next after an hour, or when it is to hurry."""
    reports: list[counting.Report] = []

    def rounds() -> int:
        reports.extend(place.counting.come_back())
        return len(reports)

    place.counting.start()
    until(lambda: rounds() == 1, "a round", 30)
    place.counting.hurry()
    until(lambda: rounds() == 2, "another", 30)
    assert reports == [counting.Report()] * 2


@pytest.mark.slow
def test_the_agent_counts_and_says_what_is_wrong(host: Host) -> None:
    """With a slot's records, in its log, once; a look with --once counts, too."""
    records = host.options.folder / "slots/blue/records"
    path = write(records, "1", predicted("a"))
    path.write_bytes(path.read_bytes() + b"{\n")
    agent = host.agent()
    for _ in range(2):
        agent.note(agent.counting.round())
    assert sum("lines are passed over, damaged" in line for line in host.said) == 1
    agent.note(replace(counting.Report(), unsent="monitor: away"))
    agent.note(counting.Report())
    assert [line.partition("  ")[2] for line in host.said[-2:]] == ["! monitor: away", "profiles: well again"]
    del agent
    write(records, "2", predicted("b", days=-3))
    loop.run(host.options, once=True)
    assert profile.read(host.origin).days("v1") == (recorded.at().date(),)
    assert Counter(host.options.folder).profiles().days("v1") == (recorded.at(-3).date(), recorded.at().date())
