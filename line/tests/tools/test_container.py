"""Which container engine is used, and what it is told."""

from pathlib import Path

import pytest

from mainline.errors import ToolFailed
from mainline.package import image
from mainline.package.bento import Bento
from mainline.tools import container, process
from mainline.tools.container import Engine

NO_BUILDX = '[ "$1" != buildx ]'


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str) -> None:
    """A PATH that holds these programs of sh, and no other."""
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setattr(process, "environment", lambda extra=None: {"PATH": str(folder), **(extra or {})})
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("DOCKER_BUILDKIT", raising=False)


@pytest.mark.parametrize(
    ("scripts", "wanted"),
    [
        ({"docker": "exit 0", "podman": "exit 0"}, Engine("docker", ("--load",))),
        ({"docker": NO_BUILDX}, Engine("docker", (), (("DOCKER_BUILDKIT", "0"),))),
        ({"docker": "exit 1", "podman": "exit 0"}, Engine("podman", ("--format", "docker"))),
        ({"podman": "exit 0"}, Engine("podman", ("--format", "docker"))),
    ],
    ids=["docker", "without buildx", "docker is down", "podman alone"],
)
def test_the_first_engine_that_answers_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripts: dict[str, str], wanted: Engine
) -> None:
    """Docker before podman; a docker client without buildx leaves the work to the engine's own builder."""
    programs(tmp_path, monkeypatch, **scripts)
    assert container.find() == wanted


@pytest.mark.parametrize("scripts", [{}, {"docker": "exit 1", "podman": "exit 1"}], ids=["none there", "none answers"])
def test_no_engine_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scripts: dict[str, str]) -> None:
    """Without an engine one line says what to install."""
    programs(tmp_path, monkeypatch, **scripts)
    with pytest.raises(ToolFailed, match=r"^no container engine answers; install [^\n]*docker\.io[^\n]*$"):
        container.find()


def test_a_build_is_told_where_everything_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine builds the Bento's Dockerfile in the Bento's folder, and its note of the image's id is answered."""
    programs(tmp_path, monkeypatch, docker='echo "$@"; echo "$SIDE"; echo sha256:abc > "$3"')
    bento = Bento("name:1", tmp_path / "bento", tmp_path, built=True)
    log = tmp_path / "log"
    assert image.build(Engine("docker", ("--load",), (("SIDE", "effect"),)), bento, log) == "sha256:abc"
    said = log.read_text().splitlines()
    assert said[0].endswith(f"--file {bento.path}/env/docker/Dockerfile --load {bento.path}")
    assert said[1] == "effect"


def test_a_build_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that says why is in the error, the whole of it in the log."""
    programs(tmp_path, monkeypatch, docker='echo "Step 1"; echo "ERROR: no such package" >&2; exit 1')
    log = tmp_path / "log"
    with pytest.raises(ToolFailed, match=r"docker build: ERROR: no such package \(all of it: .*log\)"):
        image.build(Engine("docker"), Bento("name:1", tmp_path, tmp_path, built=True), log)
    assert "Step 1" in log.read_text()


def test_a_container_that_ends_is_removed_and_its_reason_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not become ready is stopped, removed, and says why."""
    script = f"""echo "$1" >> {tmp_path}/calls
case "$1" in port) echo 127.0.0.1:9 ;; inspect) echo false ;; logs) echo "Error: no model" >&2 ;; esac"""
    programs(tmp_path, monkeypatch, docker=script)
    with (
        pytest.raises(ToolFailed, match="did not become ready: Error: no model"),
        image.running(Engine("docker"), "sha256:abc"),
    ):
        pass
    assert (tmp_path / "calls").read_text().split() == ["run", "port", "inspect", "logs", "stop", "rm"]
