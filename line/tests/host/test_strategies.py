"""Every way into production, through a real agent, router and judge; stand-ins for Bentos."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from line.tests.host.hosts import Host, phase, release
from line.tests.host.line import terms
from line.tests.host.load import Load, load
from mainline import ledger
from mainline.canary import scrape
from mainline.host import probe
from mainline.host.agent import Agent

pytestmark = pytest.mark.slow

ERRORS = {"margin": 0.05}
A, B = release("a"), release("b")


@contextmanager
def serving(host: Host, params: str) -> Iterator[tuple[Agent, Load]]:
    """A host with a in production and users, none of whom sees an error as long as the block runs."""
    host.want(params)
    agent = host.agent(judging=True)
    host.until(agent, lambda: host.serving(agent, "a"))
    with load(host.ports[0], clients=2, pause=0.005, content={"row": {"x": 1}}) as users:
        yield agent, users
        users.more(50)
    assert users.errors == []


def is_in(agent: Agent, *phases: str | None) -> Callable[[], bool]:
    """Whether the candidate is in one of these phases."""
    return lambda: phase(agent) in phases


def events(host: Host, agent: Agent) -> list[tuple[str, float]]:
    """What the ledger says of b: what happened, and at which share."""
    host.until(agent, lambda: agent.memory.outbox == ())
    past = ledger.read(host.options.folder / "repo.git").deployments()
    return [(each["event"], each["share"]) for each in past if each["version"] == B.version]


def versions(users: Load, since: int) -> set[str]:
    """Who has answered since."""
    return {each.content["version"] for each in users.answers[since:]}


def test_a_shadow_that_fails_is_rolled_back_and_nobody_sees_it(host: Host) -> None:
    """Its copies fail: the judge counts them, the version is barred, and all answers were production's."""
    with serving(host, terms(errors=ERRORS, minimum=60, strategy="shadow")) as (agent, users):
        host.want(canary=B)
        host.until(agent, is_in(agent, "canary"))
        assert agent.router.routed.shadow
        host.spoil("b")
        host.until(agent, lambda: bool(agent.memory.state.barred) and phase(agent) is None, 40)
        assert "failed" in agent.memory.state.barred[0].why
    assert versions(users, 0) == {A.version}
    assert events(host, agent) == [("started", 0.0), ("canary", 0.0), ("rolled back", 0.0)]


def test_a_canary_that_refuses_is_paused_and_never_barred(host: Host) -> None:
    """Whatever it refuses, and of however many users: production has them all, and a person says what follows."""
    host.want(terms(errors=ERRORS, refusals=ERRORS, minimum=60))
    agent = host.agent(judging=True)
    host.until(agent, lambda: host.serving(agent, "a"))
    with load(host.ports[0], clients=2, pause=0.005, content={"row": {"x": 1}}) as users:
        host.want(canary=B)
        host.until(agent, is_in(agent, "canary"))
        users.more(20)
        host.spoil("b", 422)
        host.until(agent, lambda: bool(agent.memory.state.other.paused), 40)
        assert "were refused" in agent.memory.state.other.paused
        host.round(agent)
        since = len(users.answers) + 2
        users.more(50)
    assert versions(users, since) == {A.version}
    assert {each.status for each in users.answers} == {200, 422}
    assert (agent.memory.state.barred, phase(agent)) == ((), "canary")
    assert [name for name, _ in events(host, agent)] == ["started", "canary", "paused"]


def test_a_shadow_that_is_good_is_released(host: Host) -> None:
    """Judged by copies, it passes without any user; then its tag, and steps with users."""
    with serving(host, terms(errors=ERRORS, strategy="shadow")) as (agent, users):
        host.want(canary=B)
        host.until(agent, is_in(agent, "passed"), 40)
        assert versions(users, 0) == {A.version}
        host.want(production=B)
        host.until(agent, lambda: host.serving(agent, "b"), 60)
    names = ["started", "canary", "passed", "releasing", "releasing", "promoted"]
    assert events(host, agent) == list(zip(names, [0.0, 0.0, 0.0, 0.5, 1.0, 1.0], strict=True))


def test_blue_green_switches_all_users_at_once(host: Host) -> None:
    """Judged at the canary's share; then everybody gets it, production stands by, and leaves once it is sure."""
    with serving(host, terms(errors=ERRORS, strategy="blue_green")) as (agent, users):
        host.want(canary=B)
        host.until(agent, is_in(agent, "passed"), 40)
        look, agent.analysis.look = agent.analysis.look, lambda *_: None  # else it may be sure within a slow round
        host.want(production=B)
        host.until(agent, is_in(agent, "releasing"))
        host.round(agent)
        assert agent.router.routed.share == 1.0
        since = len(users.answers) + 2  # one that each client may wait for
        users.more(20)
        assert versions(users, since) == {B.version}
        assert agent.supervisor.services["blue"].alive()
        agent.analysis.look = look
        host.until(agent, lambda: host.serving(agent, "b"), 60)
    assert [name for name, _ in events(host, agent)] == ["started", "canary", "passed", "releasing", "promoted"]


def test_blue_green_goes_back_at_once(host: Host) -> None:
    """A version that fails once it has everybody: production, which stood by, has them again.

    Its own failures are passed on, as they are its answers; nobody is refused or cut off.
    """
    host.want(terms(errors=ERRORS, strategy="blue_green", minimum=3))
    agent = host.agent(judging=True)
    host.until(agent, lambda: host.serving(agent, "a"))
    with load(host.ports[0], clients=2, pause=0.005, content={"row": {"x": 1}}) as users:
        host.want(canary=B, production=B)
        host.until(agent, is_in(agent, "releasing"), 40)
        host.spoil("b")
        host.until(agent, lambda: bool(agent.memory.state.barred) and phase(agent) is None, 60)
        since = len(users.answers) + 2
        users.more(50)
        assert versions(users, since) == {A.version}
    assert users.broken == []
    assert {each.content["version"] for each in users.answers if each.status != 200} == {B.version}
    assert agent.memory.state.production.release == A


def test_all_at_once_asks_nobody(host: Host) -> None:
    """Warm, and tagged: it is production; without its tag it waits."""
    with serving(host, terms(errors=ERRORS, strategy="all_at_once")) as (agent, users):
        host.want(canary=B)
        host.until(agent, is_in(agent, "passed"))
        for _ in range(10):
            host.round(agent)
        assert versions(users, 0) == {A.version}
        host.want(production=B)
        host.until(agent, lambda: host.serving(agent, "b"))
    assert events(host, agent) == [("started", 0.0), ("promoted", 1.0)]


def test_a_canary_without_traffic_runs_out_of_time(host: Host) -> None:
    """on_timeout: rollback; it is never promoted."""
    params = terms(errors=ERRORS, minimum=0.5, timeout=3600, on_timeout="rollback")
    host.want(params, canary=B)
    agent = host.agent(judging=True)  # and no users
    host.until(agent, lambda: agent.memory.opinion is not None, 40)
    assert is_in(agent, "canary")()
    host.later(agent, 3600)
    host.until(agent, lambda: bool(agent.memory.state.barred) and phase(agent) is None, 40)
    assert "3600 s are over" in agent.memory.state.barred[0].why
    assert [name for name, _ in events(host, agent)] == ["started", "canary", "rolled back"]


def test_a_canary_that_has_passed_waits_for_its_tag_however_long(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """on_timeout is for a step without an end: that production cannot be read for a moment is nothing against it."""
    with serving(host, terms(errors=ERRORS, timeout=3600, on_timeout="rollback")) as (agent, _):
        host.want(canary=B)
        host.until(agent, is_in(agent, "passed"), 40)
        host.later(agent, 3700)
        with monkeypatch.context() as patch:
            for room in (scrape, probe):
                patch.setattr(room, "PATIENCE", 0.3)
            os.kill(agent.supervisor.services["blue"].pid, signal.SIGSTOP)
            host.until(agent, lambda: "could not be read" in agent.memory.opinion["reason"], 20)
            os.kill(agent.supervisor.services["blue"].pid, signal.SIGCONT)
        assert phase(agent) == "passed"
        host.want(production=B)
        host.until(agent, lambda: host.serving(agent, "b"), 60)
    assert [name for name, _ in events(host, agent)][-1] == "promoted"
