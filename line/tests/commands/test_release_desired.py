"""`mainline release --check-desired`: what a branch has in deploy/*.env is asked what a release is asked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.commands.test_release import attest, judge, project, tell, version
from line.tests.projects import commit_all
from mainline import ledger
from mainline.host import desired
from mainline.tools import git

__all__ = ["project"]

pytestmark = pytest.mark.slow

ELSEWHERE = "docker.io/somebody/else@sha256:" + "0" * 64


@pytest.fixture
def branch(project: Path) -> Path:
    """A branch of the project whose canary is fit."""
    git.git("switch", "--quiet", "--create", "hotfix", root=project)
    return project


def write(root: Path, name: str = "production", **changed: str) -> None:
    """Commit what is the canary, with changes, as what is to run."""
    values = dict(line.split("=", 1) for line in (root / "deploy/canary.env").read_text().splitlines())
    values = {key: value for key, value in {**values, **changed}.items() if value}
    (root / desired.FILES[name]).write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    commit_all(root, "Hotfix")


@pytest.mark.smoke
def test_the_canary_may_become_production_by_a_merge(branch: Path, say: Callable[..., str]) -> None:
    """As it stands on main, and asked again with a word of force; a branch that asks for nothing is asked nothing."""
    assert "want what the base wants" in say("release", "--check-desired")
    write(branch)
    assert f"may be merged: deploy/production.env: {version(branch)}" in say("release", "--check-desired")
    write(branch, FORCE="20260301T120000")
    assert "may be merged" in say("release", "--check-desired")
    git.git("push", "--quiet", "origin", "hotfix", root=branch)
    commit = git.commit_of("HEAD", branch)
    git.git("switch", "--quiet", "main", root=branch)
    assert "may be merged" in say("release", "--check-desired", "--commit", commit)
    assert "say either which TAG" in say("release", "--check-desired", "v1.0.0")
    assert "say either which TAG" in say("release")


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("production", {"IMAGE": ELSEWHERE}, "was never, as it stands here, the canary on main"),
        ("production", {"MODEL_GATE_VERDICT": ""}, "was never, as it stands here, the canary on main"),
        ("canary", {"IMAGE": ELSEWHERE}, f"{ELSEWHERE}: not attested as built by deliver.yml from main"),
        ("canary", {"MODEL_GATE_VERDICT": "SPLENDID"}, "not the facts of"),
        ("canary", {"MODEL_DATA_HASH": "1" * 32}, "not the facts of"),
        ("canary", {"MODEL_COMMIT": "1" * 40}, "111111111111 is not on main, and only what is merged is run"),
        ("canary", {"IMAGE": "x"}, "deploy/canary.env, line"),
    ],
)
def test_what_is_not_fit_is_refused_in_one_line(
    branch: Path, say: Callable[..., str], name: str, changed: dict[str, str], said: str
) -> None:
    """Any image of any registry, made-up facts; by the gate as well, before anything is judged."""
    write(branch, name, **changed)
    for verb in (("release", "--check-desired"), ("gate",)):
        shown = say(*verb)
        assert said in " ".join(shown.split())
        assert shown[0] in "24"
    assert len(ledger.read(branch).entries) == 1


def test_the_record_counts_as_for_a_release(branch: Path, say: Callable[..., str], tmp_path: Path) -> None:
    """What a host rolled back, what the gate did not let pass, what another ref has attested."""
    write(branch)
    attest(tmp_path, "refs/heads/hotfix")
    assert "not attested as built by deliver.yml from main" in say("release", "--check-desired")
    attest(tmp_path, "refs/heads/main")
    tell(branch, "rolled back", "too many errors")
    assert "was rolled back: too many errors" in say("release", "--check-desired")
    tell(branch, "promoted")
    judge(branch, "NOT CERTIFIED")
    assert "the gate did not let its model pass (NOT CERTIFIED)" in say("release", "--check-desired")


def test_a_bento_of_the_hosts_own_store_needs_no_attestation(branch: Path, say: Callable[..., str]) -> None:
    """It comes from nowhere else; its facts and its record are asked about all the same."""
    write(branch, "canary", IMAGE="", BENTO=f"model:{version(branch)}")
    assert "may be merged" in say("release", "--check-desired")
    judge(branch, "NOT CERTIFIED")
    write(branch, "canary", IMAGE="", BENTO=f"model:{version(branch)}", MODEL_GATE_VERDICT="NOT CERTIFIED")
    assert "the gate did not let its model pass" in say("release", "--check-desired")


def test_a_link_is_no_answer(branch: Path, say: Callable[..., str]) -> None:
    """What is to run is a plain file of a few lines."""
    (branch / "deploy/production.env").symlink_to("canary.env")
    commit_all(branch, "Hotfix")
    assert "deploy/production.env of" in (said := say("release", "--check-desired"))
    assert "no plain file" in said
    (branch / "deploy/production.env").unlink()
    (branch / "deploy/production.env").write_text("#" * 5000)
    commit_all(branch, "Hotfix")
    assert "too long; the most is 4096" in say("release", "--check-desired")


def test_what_main_knows_of_the_ledger_is_not_edited(branch: Path, say: Callable[..., str]) -> None:
    """deploy/ledger guards the ledger, so a branch brings none but what the ledger says; to drop it is to edit it."""
    was = (branch / "deploy/ledger").read_text()
    (branch / "deploy/ledger").write_text(was.replace("COUNT=1", "COUNT=2"))
    commit_all(branch, "Tidy up")
    assert "deploy/ledger: not what the ledger says" in say("release", "--check-desired")
    (branch / "deploy/ledger").unlink()
    commit_all(branch, "Tidy up")
    assert "not as `mainline deploy` writes it" in say("release", "--check-desired")
    judge(branch)
    now = ledger.read(branch).noted()
    assert now is not None
    (branch / "deploy/ledger").write_text(now.text())
    commit_all(branch, "As a delivery does")
    assert "want what the base wants" in say("release", "--check-desired")
