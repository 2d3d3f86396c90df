"""A container registry on this machine, with its images in a folder; and the engine, which may be taken away."""

import os
import signal
import subprocess
from pathlib import Path

import httpx

from line.tests.host.conftest import until
from mainline.tools import ports, process

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")


def docker(*arguments: str, check: bool = True) -> str:
    """Run a command of the engine, even where the way to it is closed for the agent."""
    return process.capture(["docker", *arguments], cwd=Path.cwd(), check=check, env={"DOCKER_HOST": ENGINE})


def containers(label: str) -> list[str]:
    """Names of the containers with a label, those that have ended among them."""
    return docker("ps", "--all", "--filter", f"label={label}", "--format", "{{.Names}}").split()


class Registry:
    """One registry process; what was pushed stays when it ends."""

    def __init__(self, folder: Path) -> None:
        self.address = f"127.0.0.1:{ports.free()}"
        self._settings, self._log = folder / "registry.yml", folder / "registry.log"
        self._settings.write_text(
            f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder / 'images'}}}}}\n"
            f"http: {{addr: '{self.address}'}}\n"
        )
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                ["docker-registry", "serve", str(self._settings)], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        until(self._answers, "the registry answers")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://{self.address}/v2/").is_success
        except httpx.HTTPError:
            return False

    def hang(self) -> None:
        """Let it answer nothing, and refuse nothing."""
        self._running.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it answer again."""
        self._running.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it."""
        self._running.kill()
        self._running.wait()

    def push(self, image: str) -> str:
        """Push an image, and take it from this machine.

        Returns:
            The name by which it is pulled: name@sha256:...
        """
        name = f"{self.address}/model"
        docker("tag", image, f"{name}:pushed")
        docker("push", "--quiet", f"{name}:pushed")
        pushed = docker("image", "inspect", "--format", '{{join .RepoDigests "\\n"}}', image).split()
        docker("rmi", f"{name}:pushed")
        found = next(each for each in pushed if each.startswith(f"{name}@"))
        docker("rmi", found, check=False)
        return found


class Way:
    """The way to the engine: DOCKER_HOST names a link, which can be taken away."""

    def __init__(self, folder: Path) -> None:
        self._link = folder / "docker.sock"
        self.host = f"unix://{self._link}"
        self.open()

    def open(self) -> None:
        """The engine is there."""
        self._link.symlink_to(ENGINE.removeprefix("unix://"))

    def close(self) -> None:
        """The engine is away."""
        self._link.unlink()
