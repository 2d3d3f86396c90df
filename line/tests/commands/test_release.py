"""`mainline release`: what is refused on a laptop is what the workflow refuses, each in one line."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline import ledger
from mainline.commands import deploy
from mainline.host import desired
from mainline.project import Project
from mainline.release import publish
from mainline.tools import git

pytestmark = pytest.mark.slow

BIN = Path(__file__).parents[1] / "runner/bin"
IMAGE = "ghcr.io/someone/digits@sha256:" + "1" * 64
MODEL = "ffffffff" + "0" * 24
LOCK = f"""schema: '2.0'
stages:
  train:
    cmd: train
    outs:
    - {{path: models/model.skops, hash: md5, md5: {MODEL}, size: 1}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on GitHub whose canary is an image that was attested, of a model that the gate let pass."""
    root = with_origin(tmp_path)
    (root / ".dvc").mkdir()
    for name, text in {".dvc/config": "", "params.yaml": "{}\n", "dvc.lock": LOCK, ".gitignore": ".dvc/tmp\n"}.items():
        (root / name).write_text(text)
    (root / "dvc.yaml").write_text("stages:\n  train: {cmd: train, outs: [models/model.skops]}\n")
    commit_all(root, "Build the champion")
    judge(root)
    git.git("push", "--quiet", "origin", "main", root=root)
    for name, value in {"GITHUB_REPOSITORY": "someone/digits", "GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(root)
    attest(tmp_path, "refs/heads/main")
    want(root)
    return root


def judge(root: Path, verdict: str = "PASS", kind: str = "decision") -> None:
    """Write a decision about the model into the ledger."""
    decision = {"kind": kind, "generation": 0, "verdict": verdict, "challenger": {"model": MODEL}}
    assert ledger.append(root, ledger.read(root), {**decision, "champion": None})


def tell(root: Path, event: str, reason: str = "") -> None:
    """Write what became of the canary on a host into the ledger."""
    about = {"kind": "deployment", "time": "2026-03-01T12:00:00+00:00", "event": event, "reason": reason}
    canary = desired.parse("canary", git.show("HEAD", "deploy/canary.env", root) or "")
    assert canary is not None
    about |= {"version": canary.version, "force": canary.force, "production": None}
    assert ledger.append(root, ledger.read(root), about)


def attest(folder: Path, ref: str, workflow: str = "deliver.yml") -> None:
    """Let GitHub hold that a workflow built the image from a ref."""
    (folder / "attested").write_text(f"oci://{IMAGE} someone/digits/.github/workflows/{workflow} {ref}\n")


def version(root: Path) -> str:
    """The canary's."""
    first = git.git("rev-list", "--max-parents=0", "main", root=root)
    return f"{first[:12]}-{MODEL[:8]}"


def want(root: Path, image: str = IMAGE, *, force: bool = False) -> None:
    """Have the image of the first commit as canary, on origin's main."""
    wanted = deploy.deploy(Project(root), "canary", version=version(root), image=image, force=force)
    publish.carry_out(Project(root), wanted, pushed=True)


def tags(root: Path) -> list[str]:
    """Origin's."""
    return [line.split("refs/tags/")[1] for line in git.git("ls-remote", "--tags", "origin", root=root).splitlines()]


@pytest.mark.smoke
def test_a_release_is_an_annotated_tag_on_the_canarys_commit(project: Path, say: Callable[..., str]) -> None:
    """It is pushed, names version and image, and is found fit by what the workflow runs."""
    said = say("release", "v1.2.0")
    assert f"v1.2.0 is {version(project)}; pushed" in said
    assert git.git("rev-parse", "v1.2.0^{commit}", root=project) == git.git("rev-parse", "main^", root=project)
    assert git.git("cat-file", "-t", "v1.2.0", root=project) == "tag"
    assert tags(project) == ["v1.2.0", "v1.2.0^{}"]
    assert IMAGE in git.git("tag", "--list", "--format=%(contents)", "v1.2.0", root=project)
    assert "v1.2.0 may go to production" in say("release", "--check", "v1.2.0")


@pytest.mark.parametrize("tag", ["1.2.0", "v1.2", "v01.2.0", "v1.2.0-rc1", "v1.2.0\n", "release"])
def test_a_tag_that_is_no_version_is_refused(project: Path, say: Callable[..., str], tag: str) -> None:
    """Strictly vMAJOR.MINOR.PATCH, here and in the workflow."""
    assert "a tag is vMAJOR.MINOR.PATCH" in say("release", tag)
    assert "a tag is vMAJOR.MINOR.PATCH" in say("release", "--check", tag)
    assert tags(project) == []


def test_a_project_without_an_origin_cannot_release(project: Path, say: Callable[..., str]) -> None:
    """It is said so, with the command; a wrong tag is said before anybody is asked."""
    git.git("remote", "remove", "origin", root=project)
    assert "git remote add origin URL" in say("release", "v1.0.0")
    assert "a tag is vMAJOR.MINOR.PATCH" in say("release", "v1")


def test_a_tag_must_be_new_and_newer(project: Path, say: Callable[..., str]) -> None:
    """Numbers count, not letters: v1.10.0 is newer than v1.9.0."""
    say("release", "v1.9.0")
    assert "v1.9.0: there is such a tag already" in say("release", "v1.9.0")
    assert "not newer than v1.9.0" in say("release", "v1.8.9")
    assert "pushed" in say("release", "v1.10.0")
    assert "not newer than v1.10.0" in say("release", "--check", "v1.9.0")
    assert "origin has no such tag" in say("release", "--check", "v2.0.0")


def test_a_tag_off_main_is_refused(project: Path, say: Callable[..., str]) -> None:
    """A commit of a branch, tagged by hand, goes nowhere; nor does one of main that is no canary."""
    git.git("tag", "v1.0.0", "main", root=project)
    git.git("switch", "--quiet", "--create", "branch", root=project)
    (project / "new").touch()
    commit_all(project, "Off main")
    git.git("tag", "v1.0.1", root=project)
    git.git("push", "--quiet", "origin", "v1.0.0", "v1.0.1", root=project)
    assert "is not on main" in say("release", "--check", "v1.0.1")
    git.git("push", "--quiet", "origin", ":v1.0.1", root=project)
    assert "tag what is the canary" in say("release", "--check", "v1.0.0")


def test_a_canary_that_is_paused_is_not_released(project: Path, say: Callable[..., str]) -> None:
    """Until a person has let it go on."""
    tell(project, "paused", "it refuses more")
    assert "is paused: it refuses more; let it go on first" in say("release", "v1.0.0")
    tell(project, "passed")
    assert "is paused" in say("release", "v1.0.0")
    tell(project, "resumed")
    assert "is paused" not in say("release", "--check", "v1.0.0")


@pytest.mark.parametrize("event", ["rolled back", "failed"])
def test_a_version_that_was_rolled_back_is_refused(project: Path, say: Callable[..., str], event: str) -> None:
    """Whatever host says so; unless a person had it again, and it held."""
    tell(project, "canary")
    tell(project, event, "more errors than production")
    assert "was rolled back: more errors than production" in say("release", "v1.0.0")
    tell(project, "passed")  # on another host
    assert say("release", "v1.0.0").startswith("4 ")
    want(project, force=True)
    assert "pushed" in say("release", "v1.0.0")
    tell(project, event, "again")
    assert "was rolled back: again" in say("release", "--check", "v1.0.0")


def test_a_version_that_production_left_is_refused(project: Path, say: Callable[..., str]) -> None:
    """A rollback of production by a person counts against what it was rolled back from."""
    tell(project, "promoted")
    assert "pushed" in say("release", "v1.0.0")
    tell(project, "rolled back", "deploy/production.env went back to before")
    assert "went back to before" in say("release", "--check", "v1.0.0")


def test_a_model_that_the_gate_did_not_let_pass_is_refused(project: Path, say: Callable[..., str]) -> None:
    """The last word about it counts."""
    judge(project, "NOT CERTIFIED")
    assert "did not let its model pass (NOT CERTIFIED)" in say("release", "v1.0.0")
    judge(project)
    assert "pushed" in say("release", "v1.0.0")


def test_a_model_that_passed_as_a_retraining_has_passed(project: Path, say: Callable[..., str]) -> None:
    """And one that did not, has not."""
    judge(project, "NOT CERTIFIED", "retrain")
    assert "did not let its model pass (NOT CERTIFIED)" in say("release", "v1.0.0")
    judge(project, kind="retrain")
    assert "pushed" in say("release", "v1.0.0")


@pytest.mark.parametrize("kind", ["decision", "retrain"])
def test_a_model_that_was_never_judged_is_released_only_as_the_first(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The champion that the first decision was against was there before there was a gate; any other was slipped in."""
    other = {"kind": kind, "generation": 0, "verdict": "PASS", "challenger": {"model": "e" * 32}}

    def entries(champion: str) -> ledger.Ledger:
        return ledger.Ledger(None, ({**other, "champion": {"model": champion}},))

    monkeypatch.setattr(ledger, "read", lambda root: entries("d" * 32))
    assert "(it was never asked)" in say("release", "v1.0.0")
    monkeypatch.setattr(ledger, "read", lambda root: entries(MODEL))
    assert "before the first decision" in say("release", "v1.0.0")


def test_a_stale_lock_is_not_released(project: Path, say: Callable[..., str]) -> None:
    """What the canary's commit would build is not what it pins."""
    (project / "dvc.yaml").write_text("stages:\n  train: {cmd: train --more, outs: [models/model.skops]}\n")
    commit_all(project, "Change the stage")
    commit = git.git("rev-parse", "HEAD", root=project)
    wanted = deploy.deploy(Project(project), "canary", version=f"{commit[:12]}-{MODEL[:8]}", image=IMAGE)
    publish.carry_out(Project(project), wanted, pushed=True)
    assert "is not current: train" in say("release", "v1.0.0")


@pytest.mark.parametrize(("ref", "workflow"), [("refs/heads/branch", "deliver.yml"), ("refs/heads/main", "verify.yml")])
def test_an_image_that_is_not_attested_from_main_is_refused(
    project: Path, say: Callable[..., str], tmp_path: Path, ref: str, workflow: str
) -> None:
    """Another branch's, another workflow's, or nobody's."""
    attest(tmp_path, ref, workflow)
    assert "not attested as built by deliver.yml from main" in say("release", "v1.0.0")
    (tmp_path / "attested").unlink()
    assert say("release", "v1.0.0").startswith("4 ")
    assert tags(project) == []


def test_a_project_that_cannot_attest_says_so_each_time(
    project: Path, say: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GitHub attests for private repositories with one plan only; the setting is a warning at every release."""
    (tmp_path / "attested").unlink()
    monkeypatch.setenv("MAINLINE_UNATTESTED", "")
    assert say("release", "v1.0.0").startswith("4 ")
    monkeypatch.setenv("MAINLINE_UNATTESTED", "true")
    assert "nobody asks whether it was built from main" in say("release", "v1.0.0")


def test_without_gh_a_laptop_is_warned_and_a_workflow_refused(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be asked counts as no in CI; the workflow asks for the laptop."""
    monkeypatch.setattr("mainline.tools.github.here", lambda: False)
    monkeypatch.delenv("CI", raising=False)
    assert "cannot be asked here" in say("release", "v1.0.0")
    monkeypatch.setenv("CI", "true")
    assert say("release", "--check", "v1.0.0").startswith("4 ")


def test_without_a_canary_or_an_image_there_is_nothing_to_release(
    project: Path, say: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Bento has no digest that another machine could find it by."""
    path = project / "deploy/canary.env"
    path.write_text(path.read_text().replace(f"IMAGE={IMAGE}", "BENTO=digits:1"))
    commit_all(project, "A Bento")
    publish.push(Project(project))
    assert "no digest to release" in say("release", "v1.0.0")
    path.write_text("")
    commit_all(project, "Nothing")
    publish.push(Project(project))
    assert "names no version" in say("release", "v1.0.0")


def test_a_tag_that_origin_does_not_take_is_not_kept(project: Path, say: Callable[..., str], tmp_path: Path) -> None:
    """So that the same command can be given again."""
    hook = tmp_path / "origin.git/hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert "nothing was tagged" in say("release", "v1.0.0")
    hook.unlink()
    assert "pushed" in say("release", "v1.0.0")
