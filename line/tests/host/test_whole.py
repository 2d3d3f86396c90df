"""A canary on one machine with everything real: Bentos, router, judge, agent, git; users see no error."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from line.tests.host.conftest import until
from line.tests.host.line import Line, terms
from line.tests.host.users import Users
from mainline import ledger
from mainline.host.model import Release
from mainline.run import proposals

pytestmark = pytest.mark.slow

BY_ERRORS_AND_LABELS = terms(errors={"margin": 0.05}, labels={"margin": 0.15})


@pytest.fixture
def line(project: Path, tmp_path: Path) -> Iterator[Line]:
    """A line that leaves nothing running."""
    made = Line(project, tmp_path)
    yield made
    made.end()


def killed_in(line: Line, phase: str, users: Users) -> None:
    """kill -9 of the agent as soon as the candidate is in a phase; another one follows a moment later."""
    with line.fault(f"kill -9 of the agent while the candidate is {phase}", users):
        until(lambda: line.phase == phase, f"the candidate is {phase}", 120)
        line.kill()
        assert line.phase == phase
        users.more(10, within=30)
        line.begin()


def test_an_agent_killed_in_every_phase_is_followed_by_one_that_goes_on(line: Line) -> None:
    """A release and a rollback come to their ends, with the evidence there was, and each event in the ledger once."""
    first, second = line.build("First"), line.build("Second")
    wrong = line.build("Wrong", proposals.SKEW)
    line.want(BY_ERRORS_AND_LABELS, production=first)
    line.begin()
    until(line.answers, "the first version serves", 90)
    with line.users(labels=True) as users:
        line.want(canary=second)
        killed_in(line, "starting", users)
        killed_in(line, "warming", users)
        killed_in(line, "canary", users)
        goes_on_with_the_evidence(line)
        killed_in(line, "passed", users)
        line.want(production=second)
        killed_in(line, "releasing", users)
        killed_in(line, "leaving", users)
        until(lambda: line.alone(second), "the canary is production, alone", 120)
        line.want(canary=wrong)
        until(lambda: line.phase == "canary", "another canary", 120)
        killed_in(line, "leaving", users)
        until(lambda: line.alone(second), "what was rolled back is gone", 60)
        assert "were wrong" in line.barred(wrong)
    assert users.errors == []
    until(lambda: line.memory.outbox == (), "the ledger knows it all", 30)
    assert told(line, first) == ["started", "promoted"]
    assert told(line, second) == ["started", "canary", "passed", "releasing", "promoted"]
    assert told(line, wrong) == ["started", "canary", "rolled back"]


def goes_on_with_the_evidence(line: Line) -> None:
    """What the judge had seen of a canary is not lost with the agent."""
    until(lambda: line.judged() > 50, "the judge looks", 60)
    line.kill()
    seen, looks = line.judged(), line.points()
    line.begin()
    until(lambda: line.points() != looks, "the next agent looks", 60)
    assert line.judged() >= seen


def told(line: Line, release: Release) -> list[str]:
    """What the ledger says has become of a version."""
    past = ledger.read(line.folder / "repo.git").deployments()
    return [entry["event"] for entry in past if entry["version"] == release.version]
