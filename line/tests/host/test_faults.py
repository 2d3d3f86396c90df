"""What may happen to a host, with real processes under load: no user gets an error, and all is as it was afterwards."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from line.tests.host.conftest import until
from line.tests.host.line import Line, fill, terms
from line.tests.host.users import Users
from mainline.host import haproxy, processes
from mainline.host.model import Slot
from mainline.run import proposals

pytestmark = pytest.mark.slow

PATIENT = terms(errors={"margin": 0.05}, minimum=10_000, timeout=20_000)  # the canary stays one
BY_LABELS_AND_TIME = terms(
    errors={"margin": 0.05}, latency={"p50": 0.3, "p95": 0.2, "p99": 0.2}, labels={"margin": 0.15}, minimum=2
)
STUCK = ("src/service/predict/engine.py", "        self.quick = ", "        time.sleep(600)\n        self.quick = ")


@pytest.fixture
def line(project: Path, tmp_path: Path) -> Iterator[Line]:
    """A line that leaves nothing running."""
    made = Line(project, tmp_path)
    yield made
    made.end()


def restarted(line: Line, slot: Slot, before: int) -> Callable[[], bool]:
    """Whether the agent has started another process in a slot, and the router sends to it again."""

    def is_so() -> bool:
        found = line.service(slot)
        return bool(found) and found[0] != before and line.settled()

    return is_so


def lost_processes(line: Line, users: Users) -> None:
    """A service dies or hangs, all of it or its worker only: the other slot answers, and the agent has it back."""
    slots: tuple[tuple[str, Slot], ...] = (("canary", "green"), ("production", "blue"))
    for name, slot in slots:
        with line.fault(f"SIGKILL of the worker process of {name}", users):
            old = line.worker(slot)
            os.kill(old, signal.SIGKILL)
            until(lambda slot=slot: line.router.stats()[slot].state == "down", "the router sees it", 20)
            until(line.settled, "the worker is back", 60)
            assert line.worker(slot) != old
        with line.fault(f"SIGSTOP of {name}, and SIGCONT", users):
            held = line.service(slot)
            for pid in held:
                os.kill(pid, signal.SIGSTOP)
            until(lambda slot=slot: line.router.stats()[slot].state == "down", "the router sees it", 20)
            users.more(50, within=30)
            for pid in held:
                os.kill(pid, signal.SIGCONT)
            until(line.settled, "it is back", 30)
            assert line.service(slot)[0] == held[0]
        with line.fault(f"SIGKILL of {name}'s first process", users):
            first = line.service(slot)[0]
            os.kill(first, signal.SIGKILL)
            until(restarted(line, slot, first), "it is started again", 60)
    for name, slot in slots:
        with line.fault(f"SIGKILL of all of {name}", users):
            first = line.service(slot)[0]
            os.killpg(first, signal.SIGKILL)
            until(restarted(line, slot, first), "it is started again", 60)
    with line.fault("SIGSTOP of all of the canary, for good", users):
        held = line.service("green")
        for pid in held:
            os.kill(pid, signal.SIGSTOP)
        until(restarted(line, "green", held[0]), "it is ended and started again", 90)
        assert not any(map(processes.born, held))


def reloaded_router(line: Line, users: Users) -> None:
    """Another process answers from then on, and connections stay."""
    with line.fault("two reloads of the router", users):
        for _ in range(2):
            before = haproxy._worker(line.folder / "router")
            line.router.reload()
            assert haproxy._worker(line.folder / "router") != before
            users.more(50, within=30)


def lost_agent(line: Line, users: Users) -> None:
    """What serves goes on without an agent, and the next one takes it up; a second one is refused."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with line.fault(f"{number.name} of the agent", users):
            running = line.service("blue"), line.service("green"), line.master()
            line.kill(number)
            users.more(50, within=30)
            line.begin(hung_after=6)
            ticks = line.memory.judge
            until(lambda ticks=ticks: line.memory.judge != ticks, "the next agent is at work", 30)
            assert (line.service("blue"), line.service("green"), line.master()) == running
    with line.fault("a second agent", users):
        code, said = line.second()
        assert (code, said.count("\n")) == (1, 1), said
        assert "another agent works here" in said
        ticks = line.memory.judge
        until(lambda: line.memory.judge != ticks, "the first goes on", 30)


def lost_git(line: Line, users: Users) -> None:
    """The remote is away for some rounds: one line; what it wants when it is back is done."""
    with line.fault("git remote away", users):
        away = line.origin.rename(line.origin.with_name("away"))
        until(lambda: "what was wanted last stays wanted" in line.log.read_text(), "it is noticed", 30)
        time.sleep(3)
        assert line.log.read_text().count("what was wanted last stays wanted") == 1
        away.rename(line.origin)
        until(lambda: "git: well again" in line.log.read_text(), "it is back", 30)


def test_no_user_notices_what_happens_to_a_host(line: Line) -> None:
    """Processes, router, agent and remote, one after the other, under one load."""
    first, second = line.build("First"), line.build("Second")
    line.want(PATIENT)
    line.begin(hung_after=6)
    fill(line, first, second)
    with line.users() as users:
        for fault in (lost_agent, lost_git, reloaded_router, lost_processes):
            fault(line, users)
        lines = [each for each in line.log.read_text().splitlines() if "Traceback" in each]
        assert lines == []
    assert users.errors == []
    killed_router(line)


def killed_router(line: Line) -> None:
    """kill -9 of HAProxy: connections end or are refused, no answer is wrong, and the agent has it back as it was."""
    folder = line.folder / "router"
    victims = {
        "all": lambda: -line.master(),
        "master": line.master,
        "worker": lambda: int(haproxy._worker(folder) or 0),
    }
    for name, victim in victims.items():
        with line.users() as users:
            routed, master = line.router.routed, line.master()
            os.kill(victim(), signal.SIGKILL)
            until(lambda master=master: line.master() not in (0, master), f"{name}: it is started again", 30)
            until(line.settled, f"{name}: both slots are up for it", 30)
            lost = len(users.errors)
            users.more(50, within=30)
            assert line.router.routed == routed
            assert len(users.errors) == lost, (name, users.errors[lost:])
        assert set(users.errors) <= set(users.broken), (name, users.errors)


def test_the_judge_takes_back_what_is_bad_and_lets_nothing_pass_unseen(line: Line) -> None:
    """Wrong answers by their labels, slow ones by their time; one that never starts, and one that nobody asks."""
    first = line.build("First")
    wrong = line.build("Wrong", proposals.SKEW)
    slow = line.build("Slow", proposals.SLOW)
    stuck = line.build("Stuck", STUCK)
    good = line.build("Good")
    line.want(BY_LABELS_AND_TIME, production=first)
    line.begin()
    until(line.answers, "the first version serves", 90)
    with line.users(labels=True) as users:
        with line.fault("a canary that answers wrong", users):
            line.want(canary=wrong)
            until(lambda: line.barred(wrong) and line.phase is None, "it is rolled back", 120)
            assert "labelled answers of the canary were wrong" in line.barred(wrong)
        with line.fault("a canary that is slow", users):
            line.want(canary=slow)
            until(lambda: line.barred(slow) and line.phase is None, "it is rolled back", 120)
            assert "answers of the canary took over" in line.barred(slow)
        with line.fault("a canary that never becomes ready", users):
            line.want(canary=stuck)
            until(lambda: line.phase == "starting", "it starts", 30)
            line.kill()
            line.begin(ready_within=10)
            until(lambda: line.barred(stuck) and line.phase is None, "it is given up", 120)
            assert "not ready within 10 s" in line.barred(stuck)
            line.kill()
            line.begin()
        with line.fault("a canary that nobody asks", users):
            users.headers["x_canary"] = "never"
            line.want(canary=good)
            until(lambda: "no request at this share" in line.reason(good), "it is judged", 120)
            looked = line.points()
            until(lambda: line.points() >= looked + 10, "many looks", 60)
            assert (line.phase, line.judged()) == ("canary", 0)
        with line.fault("users of a canary", users):
            users.headers.clear()
            until(lambda: line.phase == "passed", "it passes", 120)
        assert users.errors == []
