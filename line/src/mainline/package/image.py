"""The Bento as a container image: built untagged, run as it should be in production, tagged only when it held."""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from mainline.errors import ToolFailed
from mainline.package.bento import Bento
from mainline.tools import http, process, unasked
from mainline.tools.container import Engine

DOCKERFILE, PORT = "env/docker/Dockerfile", "3000"
HARDENED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")  # noqa: S108
READY_WITHIN, STOP_WITHIN = 90.0, 20


def build(engine: Engine, bento: Bento, log: Path) -> str:
    """Build a Bento's image; what has not changed comes from the engine's cache.

    Args:
        log: where all that the engine says goes.

    Returns:
        The image's id; it has no tag yet.

    Raises:
        ToolFailed: the engine could not.
    """
    with TemporaryDirectory(prefix="mainline-") as folder:
        note = Path(folder, "id")
        options = ("--iidfile", str(note), "--file", str(bento.path / DOCKERFILE), *engine.options)
        code, lines = engine.told("build", *options, str(bento.path))
        log.write_text("\n".join(lines) + "\n", encoding="utf-8")
        if code:
            raise ToolFailed(f"{engine.program} build: {process.reason(log.read_text())} (all of it: {log})")
        return note.read_text().strip()


@contextmanager
def running(engine: Engine, image: str) -> Iterator[str]:
    """Run an image for as long as the block runs: read-only, without capabilities, on a free port of this machine.

    Yields:
        Its address, ready to answer.

    Raises:
        ToolFailed: it does not start, or is not ready within 90 seconds.
    """
    name = f"mainline-{secrets.token_hex(6)}"
    try:
        reached = ("--publish", f"127.0.0.1::{PORT}", "--env", unasked.PUBLISHED)
        engine.run("run", "--detach", "--name", name, *reached, *HARDENED, image)
        address = f"http://{engine.run('port', name, PORT).splitlines()[0]}"
        _wait_until_ready(engine, name, address)
        yield address
    finally:
        engine.run("stop", "--time", str(STOP_WITHIN), name, check=False)
        engine.run("rm", "--force", "--volumes", name, check=False)


def _wait_until_ready(engine: Engine, name: str, address: str) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline:
        try:
            if http.client().get(f"{address}/readyz", timeout=2).is_success:
                return
        except httpx.HTTPError:
            if engine.run("inspect", "--format", "{{.State.Running}}", name) != "true":
                break
        time.sleep(0.2)
    _, lines = engine.told("logs", name)
    raise ToolFailed(f"the image did not become ready: {process.reason(chr(10).join(lines))}")


def keep(engine: Engine, image: str, tag: str) -> None:
    """Give an image its tag."""
    engine.run("tag", image, tag)


def push(engine: Engine, image: str, tag: str) -> str:
    """Push an image under a tag of a registry.

    Returns:
        Its digest there: sha256:...

    Raises:
        ToolFailed: the registry does not take it, or the engine does not say as what it took it.
    """
    engine.run("tag", image, tag)
    try:
        if engine.program == "podman":  # the digest that it keeps here is that of other bytes
            with TemporaryDirectory(prefix="mainline-") as folder:
                engine.run("push", "--quiet", "--digestfile", f"{folder}/digest", tag)
                return Path(folder, "digest").read_text().strip()
        engine.run("push", "--quiet", tag)
        known = json.loads(engine.run("image", "inspect", "--format", "{{json .RepoDigests}}", tag))
    finally:
        engine.run("image", "rm", "--no-prune", tag, check=False)
    name = tag.rpartition(":")[0]
    found = [each.removeprefix(f"{name}@") for each in known if each.startswith(f"{name}@sha256:")]
    if not found:
        raise ToolFailed(f"{tag}: pushed, and {engine.program} does not say by which digest")
    return str(found[-1])


def discard(engine: Engine, image: str, tag: str) -> None:
    """Take the tag from whatever has it, and drop the image; its layers stay, for the next build."""
    for each in (tag, image):
        engine.run("image", "rm", "--no-prune", each, check=False)


def debian(engine: Engine, image: str) -> list[tuple[str, str, str]]:
    """The Debian packages inside an image: name, version, architecture.

    Raises:
        ToolFailed: it has no dpkg-query.
    """
    wanted = "--showformat=${Package} ${Version} ${Architecture}\n"
    said = engine.run("run", "--rm", "--entrypoint", "dpkg-query", image, "--show", wanted)
    rows = (line.split() for line in said.splitlines())
    return [(name, version, architecture) for name, version, architecture in rows]
