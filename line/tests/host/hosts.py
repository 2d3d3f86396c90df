"""A host to try the agent on: a real git remote, a Bento store with stand-ins, a real router."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from mainline.host import desired, slots
from mainline.host.agent import Agent
from mainline.host.executor import Options
from mainline.host.log import Log
from mainline.host.model import Judged, Release
from mainline.tools import git

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
STAND_IN = (sys.executable, str(Path(__file__).with_name("stand_in.py")))


def release(name: str, **more: str) -> Release:
    """A release whose Bento is in the store."""
    return Release(version=name * 8, commit=name * 40, **{"bento": f"model:{name * 8}", **more})


def commit_files(origin: Path, files: dict[str, str | None]) -> None:
    """Put files onto the remote's main, or take them away."""
    tip = git.git("rev-parse", "--verify", "--quiet", "refs/heads/main", root=origin, check=False)
    index = {"GIT_INDEX_FILE": str(origin / "test-index")}
    with pytest.MonkeyPatch.context() as patch:
        for key, value in index.items():
            patch.setenv(key, value)
        git.git("read-tree", *([tip] if tip else ["--empty"]), root=origin)
        for path, text in files.items():
            if text is None:
                git.git("update-index", "--force-remove", path, root=origin)
            else:
                blob = git.git("hash-object", "-w", "--stdin", root=origin, stdin=text)
                git.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", root=origin)
        tree = git.git("write-tree", root=origin)
    above = ["-p", tip] if tip else []
    made = git.git(*IDENTITY, "commit-tree", tree, *above, "-m", "Change", root=origin)
    git.git("update-ref", "refs/heads/main", made, root=origin)


@dataclass
class Host:
    """One host: its remote, its folder, and the agents that came and went."""

    folder: Path
    ports: tuple[int, int]
    said: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """What the judge says, look by look; then it holds."""
    ahead: float = 0.0
    """Seconds by which its agents' clocks are put forward."""
    step: float = 0.0
    """Seconds by which the time of day alone is wrong."""

    @property
    def origin(self) -> Path:
        """The git remote."""
        return self.folder / "origin.git"

    @property
    def options(self) -> Options:
        """What an agent of this host is started with."""
        port, metrics = self.ports
        return Options(
            self.folder / "state",
            str(self.origin),
            port,
            metrics=f"127.0.0.1:{metrics}",
            interval=0.2,
            bentos=self.folder / "store",
            open_to_all=True,
        )

    def bento(self, name: str, **behaviour: object) -> None:
        """Put a stand-in into the store, or change how it behaves from its next start."""
        folder = self.folder / "store/bentos/model" / (name * 8)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bento.yaml").touch()
        (folder / "behaviour.json").write_text(json.dumps(behaviour))

    def want(self, params: str | None = None, **releases: Release | None) -> None:
        """Commit a desired state."""
        files: dict[str, str | None] = {desired.FILES[name]: desired.text_of(each) for name, each in releases.items()}
        commit_files(self.origin, files | ({"params.yaml": params} if params else {}))

    def spoil(self, name: str, status: int = 500) -> None:
        """Have the predictions of a stand-in fail from now on."""
        (self.folder / "store/bentos/model" / (name * 8) / "fails").write_text(str(status))

    def agent(self, *, judging: bool = False) -> Agent:
        """An agent that goes on from what is there; its judge says what the test says, or what it thinks."""

        def day() -> float:
            return time.time() + self.ahead + self.step

        agent = Agent(self.options, Log(self.said.append), day, lambda: time.monotonic() + self.ahead)
        if not judging:
            agent.analysis.look = lambda *_: None  # type: ignore[method-assign]
        return agent

    def later(self, agent: Agent, seconds: float) -> None:
        """Let time pass that would only be waited for; that nobody looked meanwhile does not make a service hang."""
        self.ahead += seconds
        agent.supervisor.hung_after += seconds

    def round(self, agent: Agent) -> None:
        """One look at git and at everything else."""
        agent.hear(agent.sync.round())
        agent.tick()
        other = agent.memory.state.other
        if other and self.answers and other.phase in ("canary", "releasing") and other.up:
            agent._take(Judged(other.release.version, self.answers.pop(0), "the test says so"))  # type: ignore[arg-type]

    def until(self, agent: Agent, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Go on rounds until something is so."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "\n".join(self.said)
            self.round(agent)
            time.sleep(0.05)

    def serving(self, agent: Agent, name: str) -> bool:
        """Whether a version is production, alone, and answers through the router."""
        state = agent.memory.state
        if state.other is not None or state.production is None or state.production.release.version != name * 8:
            return False
        return self.version() == name * 8

    def version(self, **headers: str) -> str:
        """The version that answers a user."""
        answer = httpx.post(f"http://127.0.0.1:{self.ports[0]}/predict", json={"row": {"x": 1}}, headers=headers)
        return str(answer.json().get("version"))


def phase(agent: Agent) -> str | None:
    """Of what stands beside production."""
    return agent.memory.state.other.phase if agent.memory.state.other else None


def patch_serve(patch: pytest.MonkeyPatch) -> None:
    """Let slots start stand-ins."""
    patch.setattr(slots, "SERVE", STAND_IN)
