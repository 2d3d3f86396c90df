"""deploy/host for real: the agent in a container beside its slots, and the unit as systemd reads it."""

import json
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from line import wheel
from line.tests.host.conftest import until
from line.tests.host.hosts import commit_files
from line.tests.host.load import Client
from line.tests.host.pushed import Pushed
from line.tests.host.registry import ENGINE, docker
from line.tests.host.registry import containers as named
from mainline.errors import ToolFailed
from mainline.host import containers, desired
from mainline.tools import git, ports, process

pytestmark = [pytest.mark.image, pytest.mark.slow]

TOP = Path(__file__).parents[3]
DEPLOY = "deploy/host"


def context(folder: Path) -> Path:
    """A folder as a project has it, of what the image is built from; answers where its compose file is."""
    for name in (".dockerignore", "requirements/host.txt", f"{DEPLOY}/Dockerfile", f"{DEPLOY}/compose.yaml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(TOP / name, folder / name)
    (folder / "requirements/line.txt").write_text(wheel.pinned(wheel.build(folder / "vendor")))
    return folder / DEPLOY


class Composed:
    """compose.yaml with ports of its own, and the engine's socket where it is here."""

    def __init__(self, folder: Path, remote: str) -> None:
        self.port, self.folder, self.deploy = ports.free(), folder, context(folder / "context")
        socket = Path(ENGINE.removeprefix("unix://"))
        said = process.capture(["docker", "compose", "version"], cwd=folder, check=False)
        self._program = ["docker", "compose"] if "version" in said else ["docker-compose"]
        self._project = f"test{secrets.token_hex(4)}"
        self.environment = {"REMOTE": remote, "DOCKER_GID": str(socket.stat().st_gid)}
        if len(self._program) == 1:  # the old one asks for a builder that it may not have
            self.environment["DOCKER_BUILDKIT"] = "0"
        command = ["agent", "--remote", remote, "--state", "/state", "--interval", "0.5", "--port", str(self.port)]
        command += ["--metrics", f"127.0.0.1:{ports.free()}"]
        agent = {"command": command, "volumes": [f"{socket}:/var/run/docker.sock"]}
        (folder / "here.yaml").write_text(json.dumps({"services": {"agent": agent}}))

    def __call__(self, *arguments: str, check: bool = True, **environment: str) -> str:
        """Run a compose command."""
        files = ("--file", str(self.deploy / "compose.yaml"), "--file", str(self.folder / "here.yaml"))
        command = [*self._program, *files, "--project-name", self._project, *arguments]
        env = {"DOCKER_HOST": ENGINE, **self.environment, **environment}
        return process.capture(command, cwd=self.folder, env=env, check=check)

    def version(self) -> str:
        """What a user is answered by."""
        try:
            return str(Client(self.port).ask("/model", method="GET").content.get("version"))
        except OSError:
            return ""


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A remote that is reached over the network: its folder, and its address."""
    folder, port = tmp_path / "origin.git", ports.free()
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder), root=tmp_path)
    options = ["--reuseaddr", "--export-all", "--enable=receive-pack", f"--base-path={tmp_path}", f"--port={port}"]
    running = subprocess.Popen(["git", "daemon", *options, "--listen=127.0.0.1", str(tmp_path)])
    yield folder, f"git://127.0.0.1:{port}/origin.git"
    running.terminate()
    running.wait()


def test_an_agent_in_a_container_serves_and_its_slots_outlive_it(
    pushed: Pushed, origin: tuple[Path, str], tmp_path: Path
) -> None:
    """It brings an image into production, takes it up after a restart, and ends it when asked to."""
    folder, remote = origin
    commit_files(folder, {desired.FILES["production"]: desired.text_of(pushed.first)})
    compose = Composed(tmp_path, remote)
    identity = ""
    try:
        compose("up", "--build", "--detach")
        agent = compose("ps", "--quiet", "agent")
        until(lambda: compose.version() == pushed.first.version, "it serves", 120)
        identity = docker("exec", agent, "cat", "/state/slots/id")
        before = named(f"{containers.HOST}={identity}")
        assert len(before) == 1
        closed = "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}}"
        assert docker("inspect", "--format", closed, agent).startswith("1035:")
        assert docker("inspect", "--format", closed, agent).endswith(" true [ALL] false")
        docker("restart", agent)
        until(lambda: compose.version() == pushed.first.version, "it serves again", 60)
        assert named(f"{containers.HOST}={identity}") == before
        assert docker("inspect", "--format", "{{.RestartCount}}", agent) == "0", docker("logs", agent)
        compose("stop")
        compose("run", "--rm", "agent", "agent", "--stop", "--state", "/state")
        assert named(f"{containers.HOST}={identity}") == []
    finally:
        compose("down", "--volumes", "--rmi", "local")
        for each in named(f"{containers.HOST}={identity}") if identity else ():
            docker("rm", "--force", each)
        for slot in ("blue", "green"):
            docker("volume", "rm", "--force", f"mainline-{identity}-{slot}")


def test_a_clusters_judge_has_an_image_of_its_own(tmp_path: Path) -> None:
    """It asks for the repository by its option's name, and has neither router nor engine's client."""
    dockerfile, tag = context(tmp_path) / "Dockerfile", "mainline-test:judge"
    docker("build", "--quiet", "--target", "judge", "--file", str(dockerfile), "--tag", tag, str(tmp_path))
    try:
        assert docker("inspect", "--format", "{{.Config.User}}", tag) == "1035"
        with pytest.raises(ToolFailed, match=r"--remote"):
            docker("run", "--rm", tag, "judge", "--serve", ":8081", "--name", "here", "--state", "/state")
        looked = ("sh", tag, "-c", "command -v git && ! command -v docker && ! test -e /usr/sbin/haproxy")
        assert docker("run", "--rm", "--entrypoint", *looked).endswith("/git")
    finally:
        docker("rmi", tag)


@pytest.mark.parametrize("name", ["REMOTE", "DOCKER_GID"])
def test_what_only_the_user_knows_is_asked_for(name: str, tmp_path: Path) -> None:
    """Without it compose refuses, by its name."""
    compose = Composed(tmp_path, "git://127.0.0.1/origin.git")
    assert "network_mode: host" in compose("config")
    with pytest.raises(ToolFailed, match=name):
        compose("config", **{name: ""})


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    """It finds nothing to complain of, once the program is one that is here; and it does complain of what it should."""
    text = (TOP / DEPLOY / "mainline-agent.service").read_text()
    text = text.replace("/opt/mainline/.venv/bin/mainline", sys.executable)
    assert _verified(tmp_path, text) == ""
    assert "Restrat" in _verified(tmp_path, text.replace("Restart=", "Restrat="))
    assert re.search(r"^KillMode=process$", text, re.MULTILINE)


def _verified(folder: Path, text: str) -> str:
    unit = folder / "mainline-agent.service"
    unit.write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if unit.name in line)
