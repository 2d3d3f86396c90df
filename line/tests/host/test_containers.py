"""Slots in containers, with everything real: images out of a registry, by their digest, under an agent and a router."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from line.tests.host.conftest import until
from line.tests.host.hosts import Host, commit_files
from line.tests.host.line import Line, terms
from line.tests.host.load import Client, load
from line.tests.host.pushed import Pushed
from line.tests.host.registry import Way, docker
from line.tests.host.registry import containers as named
from mainline import ledger
from mainline.errors import ToolFailed
from mainline.host import containers, desired, images, loop, probe, processes
from mainline.host.agent import Agent
from mainline.host.containers import Limits
from mainline.host.model import Release
from mainline.host.slots import Slots
from mainline.tools import git, ports

pytestmark = [pytest.mark.image, pytest.mark.slow]

TERMS = terms(errors={"margin": 0.05})


@pytest.fixture
def way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    """A way to the engine that can be closed, for the agent, which is this process."""
    made = Way(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", made.host)
    return made


def mine(folder: Path) -> list[str]:
    """The containers of an agent's folder."""
    identity = folder / "slots/id"
    return named(f"{containers.HOST}={identity.read_text()}") if identity.exists() else []


def forget(folder: Path) -> None:
    """Leave nothing of an agent, not even its records."""
    loop.stop(folder)
    assert mine(folder) == []
    assert processes.marked(str(folder)) == {}
    forget_volumes(folder / "slots/id")


def forget_volumes(identity: Path) -> None:
    """Let the records of a host go."""
    for slot in ("blue", "green") if identity.exists() else ():
        docker("volume", "rm", "--force", f"mainline-{identity.read_text()}-{slot}")


# An agent as a process, under load


@pytest.fixture
def line(pushed: Pushed, tmp_path: Path) -> Iterator[Line]:
    """A remote and an agent."""
    made = Line(tmp_path / "no-project", tmp_path)
    yield made
    made.kill()
    forget(made.folder)


def name_in(line: Line, slot: str) -> str:
    """The container in a slot, as the agent remembers it; empty while it runs none."""
    known = line.memory.services.get(slot)
    return f"mainline-{slot}-{known['mark'].rpartition(':')[2]}" if known and known["pid"] else ""


def inspected(name: str, template: str) -> str:
    """What the engine knows of a container."""
    return docker("inspect", "--format", template, name, check=False)


def killed(line: Line, slot: str) -> None:
    """Kill a slot's container, and wait until another one runs in its place, warm."""
    name = name_in(line, slot)
    docker("kill", name)
    until(lambda: name_in(line, slot) not in ("", name), f"{slot} is started again", 60)

    def up() -> bool:
        now = line.memory.state
        return all(place.up for place in (now.production, now.other) if place and place.slot == slot)

    until(up, f"{slot} is warm again", 60)


def test_images_are_served_judged_and_released_while_containers_and_agent_are_killed(
    line: Line, pushed: Pushed
) -> None:
    """No user sees an error; the next agent takes the same containers up; the end leaves none of them."""
    first, second = pushed.first, pushed.second
    line.want(TERMS, production=first)
    line.begin()
    until(line.answers, "the first version serves", 120)
    assert Client(line.port).ask("/model", method="GET").content["version"] == first.version
    with load(line.port, clients=2, pause=0.01, content={"row": pushed.row}) as users:
        line.want(canary=second)
        until(lambda: line.judged() > 50, "the judge looks", 120)
        killed(line, "green")
        killed(line, "blue")
        before = [name_in(line, "blue"), name_in(line, "green")]
        line.kill()
        line.begin()
        until(lambda: line.phase == "passed", "the canary passes", 120)
        assert [name_in(line, "blue"), name_in(line, "green")] == before
        line.want(production=second)
        until(lambda: line.alone(second), "the canary is production, alone", 120)
        users.more(50, within=30)
    assert users.errors == [], line.log.read_text()
    assert mine(line.folder) == [before[1]]
    assert {each.content["model_version"] for each in users.answers} == {first.version, second.version}
    _closed(before[1])
    until(lambda: inspected(before[1], "{{.State.Health.Status}}") == "healthy", "it is well by its own check", 60)
    line.kill()
    loop.stop(line.folder)
    assert mine(line.folder) == []
    assert _recorded(f"mainline-{(line.folder / 'slots/id').read_text()}-green", second.image) == {second.version}
    told = [(entry["event"], entry["version"]) for entry in ledger.read(line.folder / "repo.git").deployments()]
    assert ("promoted", second.version) in told


def _closed(name: str) -> None:
    """A container that may do nothing but answer."""
    assert inspected(name, "{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}") == "true [ALL]"
    assert inspected(name, "{{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}") == "[no-new-privileges] false"
    assert docker("exec", name, "id", "-u") == "1034"
    with pytest.raises(ToolFailed, match="Read-only file system"):
        docker("exec", name, "touch", "/bento/new")
    bound = json.loads(inspected(name, "{{json .HostConfig.PortBindings}}"))
    assert [each["HostIp"] for each in bound["3000/tcp"]] == ["127.0.0.1"]


def _recorded(volume: str, name: str) -> set[str]:
    """The versions that recorded predictions in a volume."""
    reading = ("--entrypoint", "sh", name, "-c", "cat /records/*.jsonl")
    lines = docker("run", "--rm", "--volume", f"{volume}:/records", *reading).splitlines()
    return {json.loads(each)["model_version"] for each in lines}


# An agent in this process: what cannot be had


@pytest.fixture
def host(pushed: Pushed, way: Way, tmp_path: Path) -> Iterator[Host]:
    """A host that wants the first version in production."""
    made = Host(tmp_path, (ports.free(), ports.free()))
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(made.origin), root=tmp_path)
    want(made, production=pushed.first)
    yield made
    forget(made.options.folder)


def want(host: Host, **releases: Release) -> None:
    """Commit a desired state."""
    files = {desired.FILES[name]: desired.text_of(each) for name, each in releases.items()}
    commit_files(host.origin, files | {"params.yaml": TERMS})


def first(host: Host) -> Agent:
    """An agent with the first version in production."""
    agent = host.agent()
    host.until(agent, lambda: answers(host) and not agent.memory.state.other, 120)
    return agent


def answers(host: Host) -> bool:
    """Whether a user gets an answer."""
    try:
        return Client(host.ports[0]).ask("/model", method="GET").status == 200
    except OSError:
        return False


def phase(agent: Agent) -> str | None:
    """Of what stands beside production."""
    return agent.memory.state.other and agent.memory.state.other.phase


def rounds(host: Host, agent: Agent, seconds: float) -> None:
    """Go on rounds for some time."""
    end = time.monotonic() + seconds
    host.until(agent, lambda: time.monotonic() > end, seconds + 30)


def complaints(host: Host) -> list[str]:
    """What the agent said was wrong, without the time."""
    return [each.partition("  ")[2] for each in host.said if "  ! " in each]


def test_what_cannot_be_fetched_is_one_line_and_what_serves_stays(
    host: Host, pushed: Pushed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image that is missing, and a registry that is away; the release comes in when there is what it needs."""
    monkeypatch.setattr(images, "AGAIN_AFTER", 0.3)
    agent = first(host)
    pushed.drop()
    missing = replace(pushed.second, image=f"{pushed.registry.address}/model@sha256:{'0' * 64}")
    with load(host.ports[0], clients=1, pause=0.05, content={"row": pushed.row}) as users:
        want(host, canary=missing)
        rounds(host, agent, 4)
        (said,) = complaints(host)
        assert "cannot be fetched (Error response from daemon: manifest for" in said
        assert (phase(agent), agent.memory.state.barred) == ("starting", ())
        pushed.registry.stop()
        want(host, canary=replace(pushed.second, version="another"))
        rounds(host, agent, 4)
        assert "connection refused" in complaints(host)[1]
        assert (phase(agent), agent.memory.state.barred) == ("starting", ())
        pushed.registry.start()
        want(host, canary=pushed.second)
        host.until(agent, lambda: phase(agent) == "canary", 120)
    assert len(complaints(host)) == 2
    assert users.errors == []


def test_an_engine_that_is_away_is_one_line_and_what_serves_stays(host: Host, pushed: Pushed, way: Way) -> None:
    """Containers that answer serve on; one that died meanwhile is started when the engine is back."""
    agent = first(host)
    want(host, canary=pushed.second)
    host.until(agent, lambda: phase(agent) == "canary", 120)
    before = mine(host.options.folder)
    green = next(name for name in before if "green" in name)
    with load(host.ports[0], clients=1, pause=0.05, content={"row": pushed.row}) as users:
        way.close()
        rounds(host, agent, 3)
        agent = host.agent()  # another agent comes just now
        rounds(host, agent, 3)
        assert complaints(host) == []
        docker("kill", green)
        rounds(host, agent, 3)
        (said,) = complaints(host)
        assert "docker ps: Cannot connect to the Docker daemon" in said
        way.open()
        host.until(agent, lambda: green not in mine(host.options.folder), 30)
        host.until(agent, lambda: agent.memory.state.other and agent.memory.state.other.up, 60)
    assert users.errors == []
    assert len(mine(host.options.folder)) == 2


def test_nothing_is_started_without_an_engine_and_the_end_says_so(host: Host, way: Way) -> None:
    """A first version waits for the engine, in one line; `--stop` while it is away names it, and ends the router."""
    way.close()
    agent = host.agent()
    rounds(host, agent, 3)
    (said,) = complaints(host)
    assert "docker images: Cannot connect to the Docker daemon" in said
    way.open()
    host.until(agent, lambda: answers(host), 120)
    way.close()
    with pytest.raises(ToolFailed, match=r"^docker ps: Cannot connect [^\n]*$"):
        loop.stop(host.options.folder)
    assert not answers(host)
    way.open()


def test_an_image_may_take_its_time(host: Host, pushed: Pushed) -> None:
    """While it is on its way nothing waits, and no clock runs against the version; another agent goes on with it."""
    agent = first(host)
    pushed.drop()
    pushed.registry.hang()
    want(host, canary=pushed.second)
    host.until(agent, lambda: phase(agent) == "starting")
    _an_hour_passes(host, agent)
    del agent
    agent = host.agent()
    _an_hour_passes(host, agent)
    assert len(processes.marked(f"{host.options.folder}/slots:pull")) == 1  # the first agent's has ended
    pushed.registry.go_on()
    host.until(agent, lambda: phase(agent) == "canary", 120)
    assert complaints(host) == []
    assert sum("is fetched" in each for each in host.said) == 2  # by each agent


def _an_hour_passes(host: Host, agent: Agent) -> None:
    """The registry answers nothing all the time: a round that waited for it would have no end."""
    with pytest.MonkeyPatch.context() as patch:
        later = time.time() + 3600
        patch.setattr(agent, "_clock", lambda: later)
        patch.setattr(agent.supervisor, "_clock", lambda: later)
        for _ in range(5):
            host.round(agent)
    other = agent.memory.state.other
    assert other
    assert (other.phase, other.deaths, agent.memory.state.barred) == ("starting", (), ())


def test_an_image_that_is_not_wanted_any_more_is_not_waited_for(host: Host, pushed: Pushed) -> None:
    """Another version takes its place while the registry hangs; `--stop` leaves no pull behind."""
    agent = first(host)
    pushed.drop()
    pushed.registry.hang()
    want(host, canary=pushed.second)
    host.until(agent, lambda: phase(agent) == "starting")
    want(host, canary=replace(pushed.second, version="another", image=pushed.second.image[:-4] + "0000"))
    host.until(agent, lambda: "another" in str(agent.memory.state.other))
    rounds(host, agent, 1)
    (pull,) = processes.marked(f"{host.options.folder}/slots:pull")
    assert b"0000" in Path(f"/proc/{pull}/cmdline").read_bytes()
    loop.stop(host.options.folder)
    assert processes.marked(str(host.options.folder)) == {}
    pushed.registry.go_on()


# The slots alone


@pytest.fixture
def slots(pushed: Pushed, tmp_path: Path) -> Iterator[Slots]:
    """Slots with the first version's image at hand."""
    made = Slots(tmp_path / "slots", None)
    until(lambda: made.fetched("blue", pushed.first), "the image is here", 120)
    yield made
    made.sweep(())
    forget_volumes(tmp_path / "slots/id")


def test_what_nobody_remembers_is_ended_and_what_is_not_ours_is_not(
    slots: Slots, pushed: Pushed, tmp_path: Path
) -> None:
    """A container of this host that no memory names goes; a known one, and one of another host, stay."""
    known, lost = (slots.start(slot, pushed.first, before=None, edges="") for slot in ("blue", "green"))
    other = Slots(tmp_path / "other", None)
    stranger = other.start("green", pushed.first, before=None, edges="")
    assert slots.sweep([known]) == 1
    assert [each.alive() for each in (known, lost, stranger)] == [True, False, True]
    again = slots.start("blue", pushed.first, before=None, edges="")  # a start nobody noted, and one more
    assert [each.alive() for each in (known, again, stranger)] == [False, True, True]
    assert other.sweep(()) == 1
    forget_volumes(tmp_path / "other/id")


def test_a_container_that_ends_says_why(slots: Slots, pushed: Pushed, tmp_path: Path) -> None:
    """Its last words are known, and stay in the slot's log when it is cleared away."""
    (tmp_path / "Dockerfile").write_text(
        f'FROM {pushed.first.image}\nENTRYPOINT ["python3", "-c", "raise SystemExit(\'Error: no rows today\')"]\n'
    )
    docker("build", "--quiet", "--tag", "mainline-test:ends", str(tmp_path))
    broken = replace(pushed.first, image="mainline-test:ends")
    service = slots.start("green", broken, before=None, edges="")
    until(lambda: not service.alive(), "it ends")
    assert slots.last_words(service) == "Error: no rows today"
    slots.end(service, hard=True)
    assert "no rows today" in slots.log("green").read_text()
    docker("rmi", "mainline-test:ends")


def test_a_container_that_leaks_is_ended_and_no_other(slots: Slots, pushed: Pushed, tmp_path: Path) -> None:
    """By its engine, at the memory that one may take; what stands beside it answers on."""
    (tmp_path / "Dockerfile").write_text(
        f'FROM {pushed.first.image}\nENTRYPOINT ["python3", "-c", "kept = [bytes(2**24) for _ in iter(int, 1)]"]\n'
    )
    docker("build", "--quiet", "--tag", "mainline-test:leaks", str(tmp_path))
    limited = Slots(tmp_path / "slots", None, limits=replace(Limits.usual(), memory="768m"))
    production = limited.start("blue", pushed.first, before=None, edges="")
    until(lambda: probe.ready(production.address), "production is ready", 60)
    leaks = limited.start("green", replace(pushed.first, image="mainline-test:leaks"), before=None, edges="")
    until(lambda: not leaks.alive(), "it is ended", 60)
    assert inspected(leaks.name, "{{.State.ExitCode}}") == "137"
    assert (production.alive(), probe.ready(production.address)) == (True, True)
    limited.end(leaks, hard=True)
    docker("rmi", "mainline-test:leaks")


def test_a_service_keeps_its_port_and_its_records(slots: Slots, pushed: Pushed) -> None:
    """A container that is started again answers where the router knows it, and records go on where they were."""
    service = slots.start("blue", pushed.first, before=None, edges="1,2")
    slots.end(service, hard=True)
    again = slots.start("blue", pushed.first, before=service.port, edges="1,2")
    assert again.port == service.port
    assert inspected(again.name, "{{range .Mounts}}{{.Name}}{{end}}").endswith("-blue")
    told = inspected(again.name, "{{.Config.Env}}")
    assert "PREDICTION_EDGES=1,2" in told
    assert "SERVICE_OPEN=1" in told  # its port is one of this machine
    until(lambda: probe.ready(again.address), "it is ready", 60)  # before, it knows no signal
    slots.end(again, hard=False)
    until(lambda: not again.alive(), "it ends when it is asked", 30)
    assert inspected(again.name, "{{.State.ExitCode}}") == "0"
