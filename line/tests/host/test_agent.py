"""The agent on a real remote, router and processes (stand-ins for Bentos): goes on whatever happens to it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from line.tests.host.hosts import STAND_IN, Host, commit_files, phase, release
from mainline import ledger
from mainline.errors import MainlineError, ToolFailed
from mainline.host import desired, loop, probe, processes, state, supervisor, sync
from mainline.host.agent import Agent
from mainline.tools import git

pytestmark = pytest.mark.slow

FAST = "canary: {interval: 0.1, minimum: 0}\n"


class Crash(BaseException):
    """What a kill -9 looks like from inside."""


@pytest.fixture
def host(host: Host) -> Host:
    """The same, with a judge who could be asked ten times a second."""
    host.want(FAST)
    return host


def first(host: Host) -> Agent:
    """An agent with a in production."""
    agent = host.agent()
    host.until(agent, lambda: host.serving(agent, "a"))
    return agent


def events(host: Host) -> list[tuple[str, str]]:
    """What the ledger says of hosts."""
    reader = host.folder / "reader"
    if not reader.exists():
        git.git("clone", "--quiet", str(host.origin), str(reader), root=host.folder)
    return [(each["event"], each["version"][0]) for each in ledger.read(reader).deployments()]


def pids(agent: Agent) -> dict[str, int]:
    """The services that run."""
    return {slot: service.pid for slot, service in agent.supervisor.services.items()}


WHOLE = [
    ("started", "a"),
    ("promoted", "a"),
    ("started", "b"),
    ("canary", "b"),
    ("passed", "b"),
    ("releasing", "b"),
    ("releasing", "b"),
    ("promoted", "b"),
]


def test_a_bad_canary_is_taken_back_and_stays_away(host: Host) -> None:
    """Production never noticed; only a new force word brings it back."""
    agent = first(host)
    before = pids(agent)
    host.answers = ["rollback"]
    host.want(canary=release("b"))
    host.until(agent, lambda: agent.memory.state.barred and phase(agent) is None)
    for _ in range(5):
        host.round(agent)
    assert pids(agent) == before
    assert sum("bbbbbbbb is not started again: the test says so" in line for line in host.said) == 1
    host.want(canary=release("b", force="again"))
    host.until(agent, lambda: phase(agent) == "canary")
    host.round(agent)
    assert events(host)[2:] == [
        ("started", "b"),
        ("canary", "b"),
        ("rolled back", "b"),
        ("started", "b"),
        ("canary", "b"),
    ]


def test_a_paused_canary_waits_for_a_person_and_goes_on_by_his_word(host: Host) -> None:
    """All users get production; nothing is barred, an agent that follows keeps it so, and the ledger knows it."""
    host.want(FAST.replace("minimum: 0", "minimum: 0, share: 0.9999"))
    agent = first(host)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "canary" and agent.memory.state.other.up and host.version() == "b" * 8)
    host.answers = ["pause"]
    host.until(agent, lambda: bool(agent.memory.state.other.paused))
    host.until(agent, lambda: host.version() == "a" * 8)
    agent = host.agent()
    for _ in range(3):
        host.round(agent)
    assert (host.version(), agent.memory.state.barred, phase(agent)) == ("a" * 8, (), "canary")
    agent.analysis.resume = lambda _: {"resumed": True}  # type: ignore[method-assign]
    host.want(canary=release("b", force="go"))
    host.until(agent, lambda: host.version() == "b" * 8)
    assert (agent.memory.state.other.paused, agent.memory.judge) == ("", {"resumed": True})
    host.answers = ["pause"]
    host.until(agent, lambda: bool(agent.memory.state.other.paused))
    host.want(canary=release("a"))
    host.until(agent, lambda: phase(agent) is None)
    host.until(agent, lambda: agent.memory.outbox == ())
    became = [event for event, version in events(host) if version == "b"]
    assert became == ["started", "canary", "paused", "resumed", "paused", "withdrawn"]
    assert agent.memory.state.barred == ()


@pytest.mark.parametrize("step", [-7200.0, 7200.0])
def test_a_clock_that_is_set_hurries_and_delays_nothing(host: Host, step: float) -> None:
    """A candidate that starts while the time of day jumps is neither given up nor waited for, and nothing hangs."""
    agent = first(host)
    host.bento("b", starts_after=1)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "starting" and "green" in agent.supervisor.services)
    host.step = step
    host.until(agent, lambda: phase(agent) == "canary")
    host.step = -step
    host.want(canary=release("a"))
    host.until(agent, lambda: phase(agent) is None)
    host.until(agent, lambda: agent.memory.outbox == ())
    assert [event for event, version in events(host) if version == "b"] == ["started", "canary", "withdrawn"]
    assert not agent.memory.state.production.deaths


def test_the_machine_that_starts_anew_counts_against_nobody(host: Host) -> None:
    """Both versions are gone at once, again and again: the canary is started again each time."""
    agent = first(host)
    host.want(canary=release("b"))
    for _ in range(6):
        stands(host, agent)
        for service in agent.supervisor.services.values():
            processes.end(processes.marked(service.mark), signal.SIGKILL)
        host.ahead += 120
        agent = host.agent()
        host.round(agent)
    stands(host, agent)
    assert agent.memory.state.other.deaths == ()


def stands(host: Host, agent: Agent) -> None:
    """Wait until a canary stands beside production, and both are up."""
    host.until(agent, lambda: phase(agent) == "canary" and agent.memory.state.other.up, 40)
    host.until(agent, lambda: agent.memory.state.production.up, 40)


def test_a_host_without_a_memory_knows_from_the_ledger_what_was_rolled_back(host: Host) -> None:
    """Its folder lost, it starts production, and not the version that was bad; the used-up word lets nothing in."""
    agent = first(host)
    host.want(canary=release("b", force="again"))
    host.answers = ["rollback"]
    host.until(agent, lambda: agent.memory.state.barred and phase(agent) is None)
    host.until(agent, lambda: not agent.memory.outbox)
    loop.stop(host.options.folder)
    shutil.rmtree(host.options.folder)
    again = host.agent()
    host.until(again, lambda: host.serving(again, "a"))
    for _ in range(3):
        host.round(again)
    assert phase(again) is None
    assert any("bbbbbbbb is not started again: the test says so" in line for line in host.said)
    host.want(canary=release("b", force="once-more"))
    host.until(again, lambda: phase(again) == "canary")


def test_a_revert_in_git_switches_back_at_once(host: Host) -> None:
    """Nobody is asked: the version was production before."""
    agent = first(host)
    host.want(production=release("b"))
    host.answers = ["next"] * 3
    host.until(agent, lambda: host.serving(agent, "b"))
    host.want(production=release("a"))
    host.until(agent, lambda: host.serving(agent, "a"))
    assert agent.memory.state.barred[0].version == "b" * 8


@pytest.mark.parametrize("at", ["starting", "canary", "passed", "releasing"])
def test_an_agent_that_is_killed_is_followed_by_one_that_goes_on(host: Host, at: str) -> None:
    """The services are the same processes, the router the same, and the end the same."""
    agent = first(host)
    host.want(canary=release("b"), production=release("b") if at == "releasing" else release("a"))
    if at != "starting":
        host.answers = {"canary": [], "passed": ["next"], "releasing": ["next"]}[at]
    host.until(agent, lambda: phase(agent) == at)
    agent.tick()
    running, routed = pids(agent), agent.router.routed
    follower = host.agent()
    follower.tick()
    assert pids(follower) == running
    assert follower.router.routed == routed or at == "starting"
    host.want(production=release("b"))
    host.answers = ["next"] * 3
    host.until(follower, lambda: host.serving(follower, "b"))
    host.round(follower)
    assert events(host) == WHOLE


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_at_any_note_loses_nothing_and_says_nothing_twice(
    host: Host, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before or after every single note it takes, it still comes to the same end with the same ledger."""
    notes = Notes(when)
    monkeypatch.setattr(state, "save", notes.save)
    host.want(canary=release("b"), production=release("a"))
    agent, crashes = host.agent(), 0
    while not host.serving(agent, "b"):
        notes.left = 2  # every second note is the last
        try:
            for _ in range(40):
                to_production(host, agent)
        except Crash:
            crashes += 1
            agent = host.agent()
        assert crashes < 60, "\n".join(host.said)
    notes.left = 0
    host.round(agent)
    host.round(agent)
    assert crashes > 5
    assert events(host) == WHOLE


class Notes:
    """Keeps notes like the agent does, until it is killed before or after one."""

    def __init__(self, when: str) -> None:
        self.when, self.left, self.real = when, 0, state.save

    def save(self, folder: Path, memory: state.Memory) -> None:
        """Keep it."""
        self.left -= 1
        if self.left == 0 and self.when == "before":
            raise Crash
        self.real(folder, memory)
        if self.left == 0:
            raise Crash


def to_production(host: Host, agent: Agent) -> None:
    """A round on the way: the judge is content, and the tag comes once the canary is there."""
    host.answers = ["next"]
    if phase(agent) in ("canary", "passed"):
        host.want(production=release("b"))
    host.round(agent)
    time.sleep(0.02)


def test_a_service_that_dies_is_started_again_where_it_was(host: Host) -> None:
    """On its port, and the router sends to it again."""
    agent = first(host)
    service = agent.supervisor.services["blue"]
    os.kill(service.pid, signal.SIGKILL)
    host.until(agent, lambda: pids(agent)["blue"] not in (0, service.pid) and agent.memory.state.production.up)
    assert agent.supervisor.services["blue"].port == service.port
    assert host.version() == "a" * 8


def test_a_service_that_hangs_is_ended_and_started_again(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that lives and does not answer is no service."""
    agent = first(host)
    monkeypatch.setattr(probe, "PATIENCE", 0.2)
    agent.supervisor.hung_after = 0.5
    pid = pids(agent)["blue"]
    os.kill(pid, signal.SIGSTOP)
    host.until(agent, lambda: pids(agent)["blue"] not in (0, pid) and agent.memory.state.production.up)
    assert not processes.born(pid)


def test_all_is_started_again_after_the_machine_was(host: Host) -> None:
    """Nothing runs any more, not the router either; the same version serves again."""
    agent = first(host)
    loop.stop(agent.options.folder)
    follower = host.agent()
    host.round(follower)  # until it is known to be gone, the router waits for it, and here nobody else starts it
    host.until(follower, lambda: follower.memory.state.production.up and host.version() == "a" * 8)


@pytest.mark.parametrize("behaviour", [{"ready": False}, {"predicts": False}, {"ends": "no such model"}])
def test_a_canary_that_cannot_serve_is_given_up(host: Host, behaviour: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never ready, wrong on its own example, or dead at once: an event, and production serves on."""
    agent = first(host)
    agent.supervisor.ready_within = 2.0
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.1)
    host.bento("b", **behaviour)
    host.want(canary=release("b"))
    host.until(agent, lambda: agent.memory.state.barred and phase(agent) is None)
    host.round(agent)
    assert events(host)[-1] == ("failed", "b")
    assert agent.router.routed.canary is None
    assert host.version() == "a" * 8
    if "ends" in behaviour:
        assert "no such model" in agent.memory.state.barred[0].why


def test_a_service_that_will_not_end_is_ended(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a bound, by force."""
    monkeypatch.setattr(supervisor, "ENDED_WITHIN", 0.5)
    host.bento("b", stubborn=True)
    agent = first(host)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "canary")
    pid = pids(agent)["green"]
    host.want(canary=None)
    host.until(agent, lambda: phase(agent) is None)
    assert not processes.born(pid)


def test_a_bento_that_is_missing_is_one_line_and_comes_later(host: Host) -> None:
    """What serves stays; once the Bento is there, it starts."""
    agent = first(host)
    (host.folder / "store/bentos/model/bbbbbbbb").rename(host.folder / "away")
    host.want(canary=release("b"))
    for _ in range(6):  # at once, and after pauses that last longer each time
        host.round(agent)
        host.later(agent, 60)
    assert sum("no such Bento" in line for line in host.said) == 1
    assert not any("well again" in line for line in host.said)
    assert host.version() == "a" * 8
    (host.folder / "away").rename(host.folder / "store/bentos/model/bbbbbbbb")
    host.until(agent, lambda: phase(agent) == "canary")


def test_a_remote_that_is_away_is_one_line_and_events_wait(host: Host) -> None:
    """What was wanted stays wanted; afterwards each event is in the ledger once."""
    agent = first(host)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "canary")
    host.round(agent)
    host.origin.rename(host.folder / "away")
    host.answers = ["rollback"]
    for _ in range(10):
        host.round(agent)
        time.sleep(0.05)
    host.until(agent, lambda: phase(agent) is None)
    assert sum(line.count("what was wanted last stays wanted") for line in host.said) == 1
    assert [each["event"] for each in agent.memory.outbox] == ["rolled back"]
    follower = host.agent()
    (host.folder / "away").rename(host.origin)
    host.round(follower)
    host.round(follower)
    assert events(host)[-1] == ("rolled back", "b")
    assert follower.memory.outbox == ()
    assert any(line.endswith("git: well again") for line in host.said) is False  # another agent, another memory


def test_an_event_that_was_sent_and_not_noted_is_not_sent_twice(host: Host) -> None:
    """A crash between the two sends it again; the ledger has it once."""
    repository = host.folder / "repo.git"
    desired.prepare(repository, str(host.origin))
    event = {"kind": "deployment", "id": "1", "event": "started", "version": "a"}
    for each in (event, event, event | {"id": "2"}):
        sync.deliver(repository, each)
    assert [each["id"] for each in ledger.read(repository).deployments()] == ["1", "2"]


def test_what_git_says_badly_is_one_line_and_changes_nothing(host: Host) -> None:
    """A broken desired state or broken settings: what was wanted stays; mended, it says so."""
    agent = first(host)
    commit_files(host.origin, {"deploy/production.env": "nonsense\n", "params.yaml": "canary: {stepps: [1.0]}\n"})
    for _ in range(5):
        host.round(agent)
    assert sum("'nonsense' is no key" in line for line in host.said) == 1
    assert sum("did you mean 'steps'" in line for line in host.said) == 1
    assert host.serving(agent, "a")
    host.want(production=release("a"), params=FAST)
    host.round(agent)
    assert sorted(line.split()[-3] for line in host.said[-2:]) == ["main:", "settings:"]


def test_a_full_disk_keeps_what_serves_and_still_takes_a_bad_canary_out(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing new begins that could not be remembered; a rollback does not wait for room."""
    agent = first(host)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "canary")
    real = state.save

    def full(*_: object) -> None:
        raise ToolFailed("state.json: cannot be written (No space left on device)")

    monkeypatch.setattr(state, "save", full)
    host.answers = ["rollback"]
    host.until(agent, lambda: agent.router.routed.canary is None)
    host.want(canary=release("c"))
    for _ in range(10):
        host.round(agent)
    assert set(pids(agent)) <= {"blue", "green"}
    assert sum("No space left" in line for line in host.said) == 1
    monkeypatch.setattr(state, "save", real)
    host.until(agent, lambda: phase(agent) == "canary")
    assert agent.memory.state.other.release == release("c")
    assert state.load(agent.options.folder) == agent.memory


def test_a_canary_counts_between_the_edges_of_production(host: Host) -> None:
    """Of a regression: production's deciles, handed on to each version that follows."""
    host.bento("a", deciles=[1.5, 2.5])
    host.bento("b", deciles=[7.0])
    agent = first(host)
    host.want(production=release("b"))
    host.answers = ["next"] * 3
    host.until(agent, lambda: host.serving(agent, "b"))
    assert agent.supervisor.services["green"].edges == "1.5,2.5"
    host.want(canary=release("c"))
    host.until(agent, lambda: phase(agent) == "canary")
    assert agent.supervisor.services["blue"].edges == "1.5,2.5"


def test_edges_that_stand_twice_are_handed_on_once(host: Host) -> None:
    """A model of an earlier version may name a decile several times, and so may the memory of an earlier agent."""
    host.bento("a", deciles=[0.0, -0.0, 0.0, 1.5, 1.5])
    agent = first(host)
    host.want(canary=release("b"))
    host.until(agent, lambda: phase(agent) == "canary")
    standing = agent.supervisor.services["green"]
    assert standing.edges == "0.0,1.5"
    agent.supervisor.services["green"] = replace(standing, edges="0.0,0.0,1.5")
    os.kill(standing.pid, signal.SIGKILL)
    host.until(agent, lambda: agent.supervisor.services["green"].pid not in (0, standing.pid))
    assert agent.supervisor.services["green"].edges == "0.0,1.5"


@pytest.mark.parametrize(
    ("said", "edges"),
    [
        ([], ""),
        ([""], ""),
        ([1, 1.0, 2], "1.0,2.0"),
        (["0.5", "0.5"], "0.5"),
        ([float("nan"), 3.0, float("inf")], "3.0"),
    ],
)
def test_edges_rise(said: list[object], edges: str) -> None:
    """Whatever a service says: each once, in order, and numbers."""
    assert probe.rising(said) == edges


@pytest.mark.parametrize("said", [["x"], [None], [[1.0]]])
def test_edges_that_are_none_are_refused(said: list[object]) -> None:
    """Then a canary counts by its own."""
    with pytest.raises(ToolFailed, match="not numbers"):
        probe.rising(said)


def test_a_port_that_is_taken_is_one_line(host: Host) -> None:
    """The agent ends, and names the port."""
    with (
        socket.create_server(("127.0.0.1", host.ports[0])),
        pytest.raises(MainlineError, match=f"{host.ports[0]} is taken"),
    ):
        host.agent()


RUNNER = """
import sys
from dataclasses import replace
from pathlib import Path
from mainline.cli import main
from mainline.host import slots
slots.SERVE = tuple(sys.argv[1:3])
main(sys.argv[3:])
"""


def command(host: Host, *more: str) -> list[str]:
    """`mainline agent` on this host, with stand-ins."""
    port, metrics = host.ports
    given = [
        "--remote",
        str(host.origin),
        "--port",
        str(port),
        "--metrics",
        f"127.0.0.1:{metrics}",
        "--interval",
        "0.2",
    ]
    state_ = [] if "--stop" in more else given
    return [sys.executable, "-c", RUNNER, *STAND_IN, "agent", "--state", str(host.options.folder), *state_, *more]


@pytest.fixture
def begin(host: Host) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start agents as processes."""
    begun: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        environment = {**os.environ, "MAINLINE_BENTOS": str(host.folder / "store")}
        begun.append(
            subprocess.Popen(command(host), env=environment, stderr=subprocess.PIPE, text=True, cwd=host.folder)
        )
        return begun[-1]

    yield start
    for each in begun:
        each.kill()
        each.communicate()


def wait(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(host: Host) -> bool:
    """Whether users are served."""
    try:
        return host.version() == "a" * 8
    except (OSError, KeyError, ValueError, ConnectionError):
        return False
    except Exception as error:
        if type(error).__module__.startswith("httpx"):
            return False
        raise


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_services_and_router_outlive_the_agent(
    host: Host, begin: Callable[[], subprocess.Popen[str]], how: signal.Signals
) -> None:
    """However it ends; a second at the same time is refused; --stop is refused while one works, and then ends all."""
    agent = begin()
    wait(lambda: answers(host))
    second = begin()
    assert second.wait(20) == 1
    assert "another agent works here" in second.stderr.read()
    running = state.load(host.options.folder).services["blue"]["pid"]
    agent.send_signal(how)
    assert agent.wait(20) == (0 if how == signal.SIGTERM else -signal.SIGKILL)
    assert answers(host)
    begin()
    host.want(canary=release("b"))
    wait(lambda: (now := state.load(host.options.folder).state.other) is not None and now.phase == "canary")
    assert state.load(host.options.folder).services["blue"]["pid"] == running


def test_stop_ends_all_and_once_looks_once(host: Host) -> None:
    """Each `--once` does what follows now and leaves the rest running; `--stop` leaves nothing."""
    environment = {**os.environ, "MAINLINE_BENTOS": str(host.folder / "store")}
    for _ in range(20):
        assert subprocess.run(command(host, "--once"), env=environment, cwd=host.folder, check=False).returncode == 0
        if answers(host):
            break
    assert answers(host)
    assert subprocess.run(command(host, "--stop"), cwd=host.folder, check=False).returncode == 0
    assert not answers(host)
    assert processes.marked(str(host.options.folder)) == {}
