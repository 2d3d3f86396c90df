"""`mainline monitor` on a project: the ledger says who is in production, the branch what it did, DVC its dev rows."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from line.tests.monitor.served import OLDER_PEOPLE, promote, send
from line.tests.monitor.world import day
from mainline import ledger
from mainline.monitor import dev_rows
from mainline.monitor.profiles import branch, files
from mainline.project import Project
from mainline.tools import git

pytestmark = pytest.mark.slow
Say = Callable[..., str]


@pytest.fixture
def version(project: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The champion's, in production since the day before FIRST."""
    monkeypatch.chdir(project)
    commit = git.git("rev-parse", "main", root=project)
    name = f"{commit[:12]}-{Project(project).lock.model[:8]}"
    promote(project, name, day(-1))
    return name


def test_it_says_what_production_says(project: Path, version: str, say: Say) -> None:
    """The verdict as a sentence, as JSON, as a page, for Prometheus; and by its exit code."""
    send(project, version, 90, OLDER_PEOPLE)
    until = ("monitor", "--until", str(day(79)))
    told = say(*until, "--page", "--prometheus", "m.prom")
    assert f"{version}: quiet (up to {day(79)})" in told
    assert "wrong answers: Measured on 214 dev rows: 17.8%" in told
    assert (project / "report/monitor.html").exists()
    assert 'verdict="quiet"' in (project / "m.prom").read_text()
    assert json.loads(say(*until, "--json"))["verdict"] == "quiet"
    drifted = say("monitor", "--until", str(day(84)))
    assert drifted.startswith("5 ")
    assert not git.dirty(project) or git.dirty(project) == ["m.prom"]


def test_what_is_accepted_is_quiet_and_in_the_ledger(
    project: Path, version: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the reason; history shows it, and its page."""
    send(project, version, 90, OLDER_PEOPLE)
    for none in (" ", "x" * 501):
        assert say("monitor", "accept", "--why", none).startswith("2 \u2717 --why: say in 1 to 500 letters")
    assert f"accepted for {version}" in say("monitor", "accept", "--why", "a campaign\nfor older people")
    entry = ledger.read(project).entries[-1]
    assert (entry["kind"], entry["version"], entry["why"]) == ("accepted", version, "a campaign for older people")
    shown = say("history")
    assert "accepted" in shown
    assert "older people" in shown  # the table breaks its lines
    assert "page: " in say("history", "--page")
    assert "a campaign for older people" in (project / "report/history.html").read_text()


def test_a_look_back_shows_what_was_told_before_it_was_accepted(project: Path, version: str, say: Say) -> None:
    """Its alarm, which `accept` ended afterwards."""
    send(project, version, 90, OLDER_PEOPLE)
    say("monitor", "accept", "--why", "a campaign")
    assert say("monitor", "--until", str(day(84))).startswith("5 ")  # drifted


def test_nothing_in_production_is_one_line(project: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing to accept."""
    monkeypatch.chdir(project)
    assert say("monitor", "--until", str(day(0))).startswith(f"2 \u2717 nothing was in production on {day(0)}")
    assert say("monitor", "accept", "--why", "so be it").startswith("2 \u2717 nothing is in production")


def test_what_is_withdrawn_is_not_in_production(project: Path, version: str, say: Say) -> None:
    """It was, up to the day before; there is nothing to accept."""
    event = {"event": "withdrawn", "version": version, "production": None, "share": 0.0, "reason": "", "id": "w"}
    entry = {"kind": "deployment", "time": f"{day(9)}T12:00:00+00:00", **event}
    assert ledger.append(project, ledger.read(project), entry)
    send(project, version, 8)
    assert f"quiet (up to {day(8)})" in say("monitor", "--until", str(day(8)))
    assert "nothing was in production" in say("monitor", "--until", str(day(9)))
    assert say("monitor", "accept", "--why", "so be it").startswith("2 \u2717 nothing is in production")


def test_today_is_not_over(project: Path, version: str, say: Say) -> None:
    """Yesterday is, by UTC."""
    today = datetime.now(UTC).date()
    assert "that day is not over" in say("monitor", "--until", str(today))
    assert (
        say("monitor", "--until", str(today - timedelta(days=1))) == say("monitor") == "7 "
    )  # blind: nothing was sent


@pytest.mark.parametrize(
    ("until", "said"),
    [("soon", "--until soon: no day; write it as 2026-03-01"), ("2999-01-01", "that day is not over (UTC)")],
)
def test_a_day_that_is_none_is_one_line(project: Path, version: str, say: Say, until: str, said: str) -> None:
    """As is one that is not over: a part of a day is never judged."""
    assert said in say("monitor", "--until", until)


def test_before_the_promotion_there_was_nothing(project: Path, version: str, say: Say) -> None:
    """On its day there is a version, though no whole day of it."""
    assert "nothing was in production" in say("monitor", "--until", str(day(-2)))
    assert "0 of 28 days" in say("monitor", "--until", str(day(-1)))
    assert say("monitor", "--until", str(day(1))).startswith("7 ")  # blind: no profile was sent


def test_dev_rows_are_measured_once(project: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And kept, so that a look asks neither DVC nor a work tree again."""
    found = dev_rows.of(Project(project), version)
    assert isinstance(found, dev_rows.DevRows)
    assert found.scores.tolist() == [176, 38]
    assert found.confidence is not None
    assert found.confidence.sum() == 214
    monkeypatch.setattr(dev_rows, "_there", lambda *_: pytest.fail("asked again"))
    again = dev_rows.of(Project(project), version)
    assert isinstance(again, dev_rows.DevRows)
    assert again.scores.tolist() == found.scores.tolist()
    assert again.confidence is not None
    assert again.confidence.tolist() == found.confidence.tolist()


def test_dev_rows_that_cannot_be_had_are_said_and_not_kept(project: Path, version: str) -> None:
    """A commit that is not here, or files that are nowhere."""
    assert "git fetch" in str(dev_rows.of(Project(project), "ffffffffffff-01234567"))
    shutil.rmtree(project / ".dvc/cache")
    assert "in no cache and no remote" in str(dev_rows.of(Project(project), version))
    assert not list((project / ".mainline").glob("monitor/*"))


def test_a_damaged_profile_is_named(project: Path, version: str, say: Say) -> None:
    """With what brings back what was there; no verdict is made of the rest."""
    path = files.path_of_day(day(3), "00000000000000aa")
    send(project, version, 10)
    branch.put(project, {path: "{}"}, "Spoil it", {})
    said = say("monitor", "--until", str(day(9)))
    assert said.startswith("1 ")
    assert path in said
    assert (date(2026, 1, 5) + timedelta(days=3)).isoformat() in said
