"""An agent that is told so runs no image but what deliver.yml has built from the default branch, and no Bento."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline.errors import ConfigError, ToolFailed
from mainline.host import attested, desired, images
from mainline.host.images import Images
from mainline.host.model import Release
from mainline.host.slots import Slots
from mainline.tools import git

pytestmark = pytest.mark.slow

BIN = Path(__file__).parents[1] / "runner/bin"
IMAGE = "ghcr.io/someone/digits@sha256:" + "1" * 64
DOCKER = """#!/bin/sh
case "$1" in
    pull) echo "$2" >>"$STAND_IN/pulled" ;;
    images) grep -s "$3" "$STAND_IN/here" ;;
esac
exit 0
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An agent's repository, whose remote has the default branch `stable`; gh and docker are stand-ins."""
    root = with_origin(tmp_path)
    (root / "params.yaml").touch()
    commit_all(root, "Begin")
    git.git("push", "--quiet", "origin", "main:stable", "main:main", root=root)
    git.git("symbolic-ref", "HEAD", "refs/heads/stable", root=tmp_path / "origin.git")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/docker").write_text(DOCKER)
    (tmp_path / "bin/docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}")
    for name, value in {"GITHUB_REPOSITORY": "someone/digits", "GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(images, "AGAIN_AFTER", 0.1)
    desired.prepare(tmp_path / "repo.git", str(tmp_path / "origin.git"))
    return tmp_path / "repo.git"


def attest(folder: Path, ref: str, workflow: str = "deliver.yml") -> None:
    """Let GitHub hold that a workflow built the image from a ref."""
    (folder / "attested").write_text(f"oci://{IMAGE} someone/digits/.github/workflows/{workflow} {ref}\n")


def until(ask: Callable[[], bool]) -> str:
    """Ask until it holds; answers the last thing that was wrong before it did."""
    said = ""
    for _ in range(600):
        try:
            if ask():
                return said
        except ToolFailed as error:
            said = str(error)
            if "cannot" in said or "attested" in said:
                return said
        time.sleep(0.05)
    raise AssertionError(said)


@pytest.mark.parametrize("here", [False, True], ids=["elsewhere", "already here"])
def test_an_image_that_nobody_attested_is_neither_fetched_nor_run(repository: Path, tmp_path: Path, here: bool) -> None:
    """From another ref or another workflow, though it be on this machine; once it is attested, it is fetched."""
    if here:
        (tmp_path / "here").write_text(IMAGE)
    found = Images(tmp_path / "slots", lambda _: None, attested.proof(repository))
    for ref, workflow in (("refs/heads/main", "deliver.yml"), ("refs/heads/stable", "verify.yml")):
        attest(tmp_path, ref, workflow)
        said = until(lambda: found.here("blue", IMAGE))
        assert said.startswith(
            f"{IMAGE} is not attested as built from the default branch (Error: no attestations found)"
        )
    assert not (tmp_path / "pulled").exists()
    attest(tmp_path, "refs/heads/stable")
    for _ in range(600):
        try:
            if found.here("blue", IMAGE):
                break
        except ToolFailed:
            pass
        time.sleep(0.05)
    assert (tmp_path / "pulled").exists() != here
    (tmp_path / "attested").unlink()
    assert until(lambda: found.here("blue", IMAGE)) == ""  # a digest stays what it is


def test_without_the_option_nobody_is_asked(repository: Path, tmp_path: Path) -> None:
    """As before."""
    found = Images(tmp_path / "slots", lambda _: None)
    assert until(lambda: found.here("blue", IMAGE)) == ""
    assert (tmp_path / "pulled").read_text() == f"{IMAGE}\n"


def test_a_bento_is_attested_by_nobody(repository: Path, tmp_path: Path) -> None:
    """So it does not run there."""
    bento = Release("0123456789ab-01234567", bento="model:0123456789ab-01234567")
    assert Slots(tmp_path / "slots", tmp_path).fetched("blue", bento)
    with pytest.raises(ToolFailed, match="a Bento, which nobody attests; deploy its image"):
        Slots(tmp_path / "slots", tmp_path, proof=attested.proof(repository)).fetched("blue", bento)


def test_where_nobody_can_be_asked_the_agent_does_not_begin(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remote is elsewhere, or gh is not here."""
    monkeypatch.setenv("PATH", str(repository.parent / "bin") + os.pathsep + "/usr/bin:/bin")
    if not (Path("/usr/bin/gh").exists() or Path("/bin/gh").exists()):
        with pytest.raises(ConfigError, match="gh is not on PATH"):
            attested.proof(repository)
    monkeypatch.delenv("GITHUB_REPOSITORY")
    with pytest.raises(ConfigError, match="--require-attested: the remote is no project on GitHub"):
        attested.proof(repository)


def test_the_default_branch_is_asked_of_the_remote(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is called; MAINLINE_BRANCH comes first."""
    assert desired.branch(repository) == "refs/heads/stable"
    monkeypatch.setenv("MAINLINE_BRANCH", "main")
    assert desired.branch(repository) == "refs/heads/main"
