"""Alarms: one issue and one line of the ledger each, however often one looks; and what ends them."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from line.tests.monitor.world import NAME, World, day, dev, older, profiles, reign
from line.tests.projects import commit_all
from mainline import config, ledger
from mainline.errors import ConfigError
from mainline.monitor import alarms, issues, reach, told
from mainline.project import Project
from mainline.tools import git

BIN = Path(__file__).parents[1] / "runner/bin"
OLDER_PEOPLE = World(age=(0.01, 0.0, 0.15, 0.2, 0.3, 0.34, 0.0))


def said(days: int, then: World | None = None, without: tuple[int, ...] = ()) -> dict[str, Any]:
    """What --json says."""
    found = profiles(days, then=then, at=80, older=60, without=without)
    made = reach.reach(found, reign(), day(days - 1), config.Monitor(), dev=dev(), before=older(60))
    return told.told(made, found, [older(60), reign()])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty one, that lies on GitHub."""
    root = tmp_path / "project"
    root.mkdir()
    git.git("init", "--quiet", "--initial-branch=main", ".", root=root)
    (root / "dvc.yaml").write_text("stages: {}\n")
    commit_all(root, "Begin")
    for name, value in {"GITHUB_REPOSITORY": "someone/digits", "GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    return Project(root)


@pytest.mark.parametrize(
    ("days", "then", "without", "kinds"),
    [
        pytest.param(100, None, (), [], id="quiet"),
        pytest.param(84, OLDER_PEOPLE, (), ["drift"], id="drifted"),
        pytest.param(220, OLDER_PEOPLE, (), [], id="harmless"),
        pytest.param(85, World(unsure=0.8), (), ["drift"], id="suspected"),
        pytest.param(130, replace(OLDER_PEOPLE, wrong=0.2), (), ["risk", "drift"], id="worse"),
        pytest.param(130, World(labelled=0.02), (), ["labels"], id="labels"),
        pytest.param(100, None, (98, 99), ["silence"], id="blind"),
        pytest.param(86, OLDER_PEOPLE, (84, 85), ["drift", "silence"], id="drifted, then blind"),
    ],
)
def test_each_verdict_has_its_alarms(days: int, then: World | None, without: tuple[int, ...], kinds: list[str]) -> None:
    """Each with a day and words; none where nobody needs to look."""
    found = alarms.of(said(days, then, without))
    assert [each.kind for each in found] == kinds
    assert all(each.version == NAME and each.words and each.since for each in found)


def test_an_alarm_of_risk_says_what_training_again_came_to() -> None:
    """Where it was tried; and no other alarm does."""
    outcome = "Trained again on 2026-11-29, number 3: NOT CERTIFIED on 400 rows."
    found = profiles(130, then=replace(OLDER_PEOPLE, wrong=0.2), at=80, older=60)
    made = reach.reach(found, reign(), day(129), config.Monitor(), dev=dev(), before=older(60))
    for retrained in (outcome, ""):
        words = {each.kind: each.words for each in alarms.of(told.told(made, found, [older(60), reign()], retrained))}
        assert (outcome in words["risk"]) == bool(retrained)
        assert outcome not in words["drift"]


def test_an_alarm_keeps_its_day() -> None:
    """However much later it is asked: or it would be another one."""
    early, late = (alarms.of(said(days, replace(OLDER_PEOPLE, wrong=0.2))) for days in (110, 130))
    assert [(each.kind, each.since) for each in early] == [(each.kind, each.since) for each in late]


@pytest.mark.slow
def test_an_alarm_is_one_line_of_the_ledger(project: Project) -> None:
    """Written once; a new one is written beside it."""
    worse = alarms.of(said(130, replace(OLDER_PEOPLE, wrong=0.2)))
    assert alarms.record(project, worse[1:]) == worse[1:]
    assert alarms.record(project, worse) == worse[:1]
    assert alarms.record(project, worse) == []
    entries = ledger.read(project.root).entries
    assert [(each["kind"], each["alarm"], each["version"]) for each in entries] == [
        ("alarm", "drift", NAME),
        ("alarm", "risk", NAME),
    ]
    assert entries[1]["why"].startswith("More answers are wrong than allowed")


def written(tmp_path: Path) -> list[dict[str, Any]]:
    """The issues."""
    found: list[dict[str, Any]] = json.loads((tmp_path / "issues.json").read_text())
    return found


def settle(project: Project, found: list[alarms.Alarm]) -> list[str]:
    """What is done to the issues, by its first word."""
    return [line.split()[0] for line in issues.settle(project, found, "2026-05-01")]


def test_an_issue_lives_as_long_as_its_alarm(project: Project, tmp_path: Path) -> None:
    """Opened, left alone while nothing changes, rewritten when it does, closed with a word when it is over."""
    drift = alarms.Alarm("drift", NAME, "2026-04-01", ("Drifted.",))
    assert settle(project, [drift]) == ["opened"]
    assert settle(project, [drift]) == []
    assert settle(project, [replace(drift, words=("Drifted further.",))]) == ["rewrote"]
    assert "Drifted further." in written(tmp_path)[0]["body"]
    assert settle(project, []) == ["closed"]
    (issue,) = written(tmp_path)
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert (tmp_path / "commented").read_text() == "POST repos/someone/digits/issues/1/comments\n"
    assert settle(project, []) == []


def test_each_alarm_has_an_issue_of_its_own(project: Project, tmp_path: Path) -> None:
    """A new version's is another one; the old one's is over."""
    drift = alarms.Alarm("drift", NAME, "2026-04-01", ("Drifted.",))
    risk = alarms.Alarm("risk", NAME, "2026-04-03", ("Worse.",))
    assert settle(project, [risk, drift]) == ["opened", "opened"]
    assert settle(project, [replace(drift, version="another")]) == ["opened", "closed", "closed"]
    assert [issue["state"] for issue in written(tmp_path)] == ["closed", "closed", "open"]


def test_an_alarm_that_comes_again_opens_another_issue(project: Project, tmp_path: Path) -> None:
    """The closed one stays closed: what was said there is about the past."""
    drift = alarms.Alarm("drift", NAME, "2026-04-01", ("Drifted.",))
    for found in ([drift], [], [drift]):
        settle(project, found)
    assert [issue["state"] for issue in written(tmp_path)] == ["closed", "open"]


def test_issues_of_people_are_left_alone(project: Project, tmp_path: Path) -> None:
    """Though somebody may give them the label."""
    mine = {
        "number": 1,
        "state": "open",
        "labels": [issues.LABEL],
        "body": "look at this",
        "title": "x",
        "html_url": "x",
    }
    quoted = {"number": 3, "body": f"it says <!-- mainline monitor: drift {NAME} -->"}
    (tmp_path / "issues.json").write_text(json.dumps([mine, mine | {"number": 2, "body": None}, mine | quoted]))
    assert settle(project, []) == []
    assert written(tmp_path)[0] == mine


def test_an_issue_calls_nobody_and_shows_no_markup() -> None:
    """Whatever columns and categories are called; of bounded size."""
    text = issues.text(
        alarms.Alarm("drift", NAME, "2026-04-01", ("@someone/team <img src=x> <!-- hm -->" + "x" * 90_000,))
    )
    assert "@someone" not in text
    assert text.count("<") == text.count("<!-- mainline monitor: drift ") == 1
    assert len(text) < 65_536
    assert issues.MARK.match(text)


def test_without_github_there_are_no_issues(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says so."""
    monkeypatch.delenv("GITHUB_REPOSITORY")
    with pytest.raises(ConfigError, match="--issue: origin does not lie on GitHub"):
        settle(project, [])


def test_every_kind_has_its_title_and_what_to_do_next() -> None:
    """None is without."""
    assert set(alarms.TITLES) == set(alarms.NEXT) == {"drift", "risk", "labels", "silence"}


def test_the_command_tells_both(
    project: Project, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And ends with 0 where the issue says it; without, by the verdict."""
    monkeypatch.chdir(project.root)
    monkeypatch.setattr("mainline.monitor.asked.ask", lambda *_: said(84, OLDER_PEOPLE))
    assert say("monitor").startswith("5 ")
    assert "into the ledger: Monitor: production has drifted" in say("monitor", "--record", "--issue")
    assert len(written(tmp_path)) == len(ledger.read(project.root).entries) == 1
