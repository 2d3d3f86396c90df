"""`mainline package` as a whole, where no engine is needed for it."""

import json
import os
from pathlib import Path

import pytest

from mainline.commands import deploy, package
from mainline.errors import ToolFailed
from mainline.package import bento
from mainline.package.pinned import Pinned
from mainline.project import Project
from mainline.release import publish
from mainline.tools import git

pytestmark = pytest.mark.slow


@pytest.mark.smoke
def test_without_an_engine_nothing_is_begun(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that nothing can build is refused in one line, before anything is built."""
    for name in ("docker", "podman"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    with pytest.raises(ToolFailed, match=r"^no container engine answers; install [^\n]*$"):
        package.package(Project(project), with_image=True, with_sbom=False, audited=False)
    assert not (project / bento.HOME).exists()


def test_the_list_of_contents_needs_no_image(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --sbom alone the list has the packages and the model, and nothing of Debian's."""
    package.package(Project(project), with_image=False, with_sbom=True, audited=False)
    name, version = Pinned.at_head(Project(project)).tag.split(":")
    place = project / f".mainline/sbom/{name}-{version}.cdx.json"
    assert str(place) in capsys.readouterr().out
    listed = json.loads(place.read_text())
    assert listed["metadata"]["component"]["type"] == "application"
    kinds = {each.get("purl", "model").split("/")[0] for each in listed["components"]}
    assert kinds == {"pkg:pypi", "model"}


@pytest.mark.parametrize(
    ("origin", "verdict"), [(None, "none"), ("nowhere", "unknown")], ids=["no ledger", "no answer"]
)
def test_a_verdict_that_cannot_be_read_is_not_none(
    project: Path, origin: str | None, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing was decided the verdict is none; where the ledger cannot be reached it is unknown, and said so."""
    if origin:
        git.git("remote", "add", "origin", str(project / origin), root=project)
    package.package(Project(project), with_image=False, with_sbom=False, audited=False)
    made = bento.build(Project(project))
    assert json.loads((made.path / "src/models/provenance.json").read_text())["MODEL_GATE_VERDICT"] == verdict
    said = capsys.readouterr()
    assert ("the gate's verdict goes down as unknown" in said.err) == (origin is not None)
    command = said.out.partition("deploy it: ")[2].split()
    version = Pinned.at_head(Project(project)).tag.partition(":")[2]
    assert command[:5] == ["mainline", "deploy", "production", "--version", version]
    assert ("--push" in command) == (origin is not None)
    if origin is None:  # as it is printed, it works; and what is in production from then on is followed by a canary
        git.git("switch", "--quiet", "main", root=project)
        assert publish.carry_out(Project(project), deploy.deploy(Project(project), command[2], version=command[4]))
        assert package._deploying(Project(project), version) == f"mainline deploy canary --version {version}"
