"""`mainline deploy`, `rollback`, `status` and `history`: what people type, on a real repository."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from line.tests.host.hosts import release
from line.tests.projects import commit_all, with_origin
from mainline import history, ledger
from mainline.errors import ConfigError
from mainline.host import desired, state, status
from mainline.host.model import Block, Placed, State
from mainline.host.state import Memory
from mainline.ledger import note
from mainline.package import bento
from mainline.project import Project
from mainline.tools import git

BIN = Path(__file__).parents[1] / "runner/bin"
IMAGE = "registry.example/model@sha256:" + "1" * 64
LOCK = """schema: '2.0'
stages:
  train:
    cmd: train
    deps: []
    outs:
    - {path: data/train.parquet, hash: md5, md5: 00000000000000000000000000000001, size: 1}
    - {path: models/model.skops, hash: md5, md5: ffffffff000000000000000000000000, size: 1}
"""

pytestmark = pytest.mark.slow  # a repository and its remote each


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an origin, on main."""
    root = with_origin(tmp_path)
    (root / "dvc.yaml").write_text("stages: {}\n")
    (root / "dvc.lock").write_text(LOCK)
    (root / ".gitignore").write_text(".mainline/\n")
    git.git("add", "--all", root=root)
    git.git("commit", "--quiet", "--message", "Begin", root=root)
    git.git("push", "--quiet", "origin", "main", root=root)
    monkeypatch.chdir(root)
    return root


def build(root: Path) -> str:
    """Put a Bento of HEAD into the project's store; answers its version."""
    commit = git.git("rev-parse", "HEAD", root=root)
    version = f"{commit[:12]}-ffffffff"
    folder = root / bento.HOME / "bentos/model" / version
    folder.mkdir(parents=True)
    (folder / "bento.yaml").touch()
    return version


def wanted(root: Path, name: str, revision: str = "HEAD") -> str | None:
    """The version that a commit wants."""
    found = desired.parse(name, git.show(revision, desired.FILES[name], root) or "")
    return found.version if found else None


@pytest.mark.smoke
def test_a_deploy_is_a_commit_with_the_facts_of_the_version(project: Path, say: Callable[..., str]) -> None:
    """The Bento built last, its commit, data and verdict; nothing else is committed; --push brings it to main."""
    version = build(project)
    decision = {"kind": "decision", "generation": 0, "verdict": "PASS", "challenger": {"model": "ffffffff" + "0" * 24}}
    ledger.append(project, ledger.read(project), decision)
    (project / "dvc.yaml").write_text("stages: {} # changed\n")
    git.git("add", "dvc.yaml", root=project)
    assert "git push origin main" in say("deploy", "canary")
    found = desired.parse("canary", git.show("HEAD", "deploy/canary.env", project) or "")
    assert found is not None
    assert (found.version, found.commit[:12], found.bento) == (version, version[:12], f"model:{version}")
    assert (found.data_hash[-1], found.gate_verdict) == ("1", "PASS")
    assert git.git("show", "--name-only", "--format=%s", "HEAD", root=project).split("\n") == [
        f"Deploy {version} as canary",
        "",
        "deploy/canary.env",
        "deploy/ledger",
    ]
    assert wanted(project, "canary", "origin/main") is None
    assert "as before; pushed" in say("deploy", "canary", "--push")
    assert wanted(project, "canary", "origin/main") == version


def test_main_gets_to_know_the_ledger_with_each_canary(project: Path, say: Callable[..., str]) -> None:
    """How many lines, the last one's digest, the branch's commit; a host whose ledger lacks them decides nothing."""
    build(project)
    say("deploy", "canary", "--push")
    assert note.of_main(project) is None  # there is no ledger yet
    ledger.append(project, ledger.read(project), {"kind": "note"})
    git.git("commit", "--quiet", "--allow-empty", "--message", "Merge", root=project)
    build(project)
    say("deploy", "canary", "--push")
    assert note.of_main(project) == ledger.read(project).noted()
    for ref in ("refs/heads/mainline/ledger", "refs/mainline/ledger"):
        git.git("push", "--quiet", "origin", f":{ref}", root=project)
        git.git("update-ref", "-d", ref, root=project)
    assert "the branch mainline/ledger is gone" in say("deploy", "production")


def test_production_is_by_default_what_is_canary(project: Path, say: Callable[..., str]) -> None:
    """Without a canary, the version must be named."""
    assert say("deploy", "production").startswith("2 ")
    version = build(project)
    say("deploy", "canary")
    say("deploy", "production")
    assert wanted(project, "production") == version


def test_a_version_is_found_where_it_was_deployed_or_built(project: Path, say: Callable[..., str]) -> None:
    """One that is neither is refused in one line."""
    first = build(project)
    say("deploy", "canary")
    second = build(project)
    say("deploy", "canary")
    assert wanted(project, "canary") == second
    for folder in (project / bento.HOME / "bentos/model").iterdir():
        (folder / "bento.yaml").unlink()
    say("deploy", "production", "--version", first)
    assert wanted(project, "production") == first
    assert "never deployed from here" in say("deploy", "canary", "--version", "0123456789ab-01234567")
    assert "no version such as" in say("deploy", "canary", "--version", "../x")


def test_force_writes_a_word_that_was_not_there(project: Path, say: Callable[..., str]) -> None:
    """Each time another; without it, none."""
    build(project)
    words = []
    for options in (["--force"], ["--force"], []):
        say("deploy", "canary", *options)
        words.append(desired.parse("canary", git.show("HEAD", "deploy/canary.env", project) or "").force)
    assert words[0]
    assert words[1] not in ("", words[0])
    assert words[2] == ""


def test_what_was_rolled_back_needs_a_person(project: Path, say: Callable[..., str]) -> None:
    """Without --force nothing is written, and the reason is said; once promoted again, nothing stands against it."""
    version = build(project)
    ledger.append(project, ledger.read(project), event(1, "rolled back", version, "c1-aaaaaaaa"))
    said = say("deploy", "canary")
    assert said.startswith("4 ")
    assert f"{version} was rolled back: reason 1; " in said
    assert "--force" in said
    assert wanted(project, "canary") is None
    say("deploy", "canary", "--force")
    assert wanted(project, "canary") == version
    ledger.append(project, ledger.read(project), event(2, "promoted", version, version))
    assert say("deploy", "canary").startswith("✓ ")


def test_a_barred_canary_goes_back_to_production(project: Path, say: Callable[..., str]) -> None:
    """By a commit that says why; asked again, there is nothing to do."""
    first = build(project)
    say("deploy", "canary")
    say("deploy", "production")
    second = build(project)
    say("deploy", "canary")
    ledger.append(project, ledger.read(project), event(1, "rolled back", second, first))
    assert f"deploy/canary.env: {first}" in say("deploy", "canary", "--back-if-barred", "--push")
    assert [wanted(project, name, "origin/main") for name in desired.FILES] == [first, first]
    said = git.git("log", "-1", "--format=%B", root=project)
    assert said.startswith(f"Deploy {first} as canary: {second} was rolled back")
    assert "reason 1" in said
    assert "nothing is changed" in say("deploy", "canary", "--back-if-barred")


def test_a_canary_that_may_run_stays(project: Path, say: Callable[..., str]) -> None:
    """Never rolled back, had again by a person, or with no production to go back to: no commit."""
    assert "names no version" in say("deploy", "canary", "--back-if-barred")
    version = build(project)
    say("deploy", "canary")
    assert "nothing is changed" in say("deploy", "canary", "--back-if-barred")
    ledger.append(project, ledger.read(project), event(1, "rolled back", version, "c1-aaaaaaaa"))
    assert "there is no production" in say("deploy", "canary", "--back-if-barred")
    say("deploy", "canary", "--force")
    assert "a person has it again" in say("deploy", "canary", "--back-if-barred")
    assert wanted(project, "canary") == version


@pytest.mark.parametrize("options", [["production"], ["canary", "--version", "v"], ["canary", "--force"]])
def test_a_canary_that_goes_back_takes_no_version(options: list[str], project: Path, say: Callable[..., str]) -> None:
    """Wrong usage, in one line."""
    assert say("deploy", *options, "--back-if-barred").startswith("2 ")
    assert wanted(project, "canary") is None


def test_an_image_takes_the_place_of_the_bento(project: Path, say: Callable[..., str]) -> None:
    """By its digest only."""
    build(project)
    say("deploy", "canary", "--image", IMAGE)
    text = git.show("HEAD", "deploy/canary.env", project) or ""
    assert f"IMAGE={IMAGE}" in text
    assert "BENTO" not in text
    assert "with its digest" in say("deploy", "canary", "--image", "model:latest")


def test_only_main_says_what_runs(project: Path, say: Callable[..., str]) -> None:
    """On another branch nothing is written."""
    build(project)
    git.git("switch", "--quiet", "--create", "other", root=project)
    for verb in (["deploy", "canary"], ["rollback"]):
        assert say(*verb).startswith("2 ")
        assert "switch to it first" in say(*verb)


def test_a_push_that_is_not_taken_says_so(project: Path, say: Callable[..., str]) -> None:
    """And is taken back here."""
    build(project)
    git.git("remote", "set-url", "origin", str(project / "nowhere"), root=project)
    (project / "x").touch()
    git.git("config", "remote.origin.pushurl", str(project / "nowhere"), root=project)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mainline.commands.deploy.ledger.read", lambda root: ledger.Ledger(None, ()))
        assert "not pushed, so not committed either" in say("deploy", "canary", "--push")
    assert wanted(project, "canary") is None


def test_a_push_goes_on_top_of_what_others_have_sent(project: Path, say: Callable[..., str], tmp_path: Path) -> None:
    """Somebody merged in the meantime: both are on main, and files that are not committed stay as they are."""
    git.git("clone", "--quiet", str(tmp_path / "origin.git"), "other", root=tmp_path)
    (tmp_path / "other/theirs").touch()
    commit_all(tmp_path / "other", "A merge")
    git.git("push", "--quiet", root=tmp_path / "other")
    version = build(project)
    (project / "dvc.yaml").write_text("stages: {} # changed\n")
    assert "pushed" in say("deploy", "canary", "--push")
    assert wanted(project, "canary", "origin/main") == version
    assert git.git("log", "--format=%s", "origin/main", root=project).split("\n")[1] == "A merge"
    assert (project / "dvc.yaml").read_text().endswith("# changed\n")


def test_a_push_in_conflict_changes_nothing_here(project: Path, say: Callable[..., str], tmp_path: Path) -> None:
    """Somebody else deployed another version in the meantime: a person decides which."""
    git.git("clone", "--quiet", str(tmp_path / "origin.git"), "other", root=tmp_path)
    (tmp_path / "other/deploy").mkdir()
    (tmp_path / "other/deploy/canary.env").write_text("MODEL_VERSION=theirs\n")
    commit_all(tmp_path / "other", "Theirs")
    git.git("push", "--quiet", root=tmp_path / "other")
    build(project)
    assert "not pushed, so not committed either" in say("deploy", "canary", "--push")
    assert wanted(project, "canary") is None
    assert git.git("status", "--porcelain", root=project) == ""


def test_an_image_of_a_commit_needs_no_bento_here(project: Path, say: Callable[..., str]) -> None:
    """A workflow's next job knows the version and the image; the commit must pin the model that the version names."""
    commit = git.git("rev-parse", "HEAD", root=project)
    say("deploy", "canary", "--version", f"{commit[:12]}-ffffffff", "--image", IMAGE)
    found = desired.parse("canary", git.show("HEAD", "deploy/canary.env", project) or "")
    assert found is not None
    assert (found.commit, found.image, found.data_hash[-1]) == (commit, IMAGE, "1")
    said = say("deploy", "canary", "--version", f"{commit[:12]}-00000000", "--image", IMAGE)
    assert "pins another model (ffffffff)" in said


def test_a_deployment_can_be_asked_for_by_a_pull_request(
    project: Path, say: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Main stays as it is, here and there; a workflow has the branch verified, which its push does not."""
    for name, value in {"GITHUB_ACTIONS": "true", "GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MAINLINE_PULL_REQUEST", "true")
    version = build(project)
    before = git.git("rev-parse", "HEAD", root=project)
    assert "https://github.com/someone/digits/pull/9" in say("deploy", "canary", "--push")
    git.git("fetch", "--quiet", root=project)
    assert wanted(project, "canary", "origin/deploy/canary") == version
    assert git.git("rev-parse", "HEAD", "origin/main", root=project).split() == [before, before]
    assert (tmp_path / "proposed").read_text() == f"deploy/canary main: Deploy {version} as canary\n"
    assert (tmp_path / "dispatches").read_text() == "verify.yml deploy/canary\n"


def test_a_rollback_goes_back_one_and_again_one_more(project: Path, say: Callable[..., str]) -> None:
    """Not to and fro: after the last there is nothing to go back to."""
    versions = []
    for _ in range(3):
        versions.append(build(project))
        say("deploy", "canary")
        say("deploy", "production")
    for back in (1, 0):
        assert f"production.env and deploy/canary.env: back to {versions[back]}" in say("rollback")
        assert [wanted(project, name) for name in ("production", "canary")] == [versions[back]] * 2
    assert say("rollback").startswith("4 ")
    assert wanted(project, "canary") == versions[0]


def test_a_rollback_leaves_another_canary_alone(project: Path, say: Callable[..., str]) -> None:
    """It was not production that was taken out, and is judged beside what is production now."""
    first, second = build(project), ""
    say("deploy", "canary")
    say("deploy", "production")
    second = build(project)
    say("deploy", "canary")
    say("deploy", "production")
    third = build(project)
    say("deploy", "canary")
    assert f"deploy/production.env: back to {first}" in say("rollback")
    assert (wanted(project, "production"), wanted(project, "canary")) == (first, third)
    assert second != third


def test_a_rollback_that_is_not_taken_leaves_both_files(project: Path, say: Callable[..., str]) -> None:
    """Nothing is half written where a hook refuses the commit."""
    for _ in range(2):
        version = build(project)
        say("deploy", "canary")
        say("deploy", "production")
    hook = project / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert say("rollback").startswith("1 ")
    assert [desired.parse(name, (project / desired.FILES[name]).read_text()).version for name in desired.FILES] == [  # type: ignore[union-attr]
        version,
        version,
    ]


def test_a_rollback_goes_back_to_a_first_version_that_came_by_its_canary(
    project: Path, say: Callable[..., str]
) -> None:
    """production.env never named it, the ledger does."""
    first = build(project)
    say("deploy", "canary")
    ledger.append(project, ledger.read(project), event(1, "promoted", first, first))
    second = build(project)
    say("deploy", "canary")
    say("deploy", "production")
    assert wanted(project, "production") == second
    assert f"back to {first}" in say("rollback")
    assert wanted(project, "production") == first


def test_without_a_change_there_is_nothing_to_roll_back(project: Path, say: Callable[..., str]) -> None:
    """Neither before the first release nor after it."""
    assert "nothing to go back to" in say("rollback")
    build(project)
    say("deploy", "canary")
    say("deploy", "production")
    assert "nothing to go back to" in say("rollback")


def event(n: int, name: str, version: str, production: str | None) -> ledger.Entry:
    """An entry as the agent writes it."""
    time = f"2026-03-0{n}T12:00:00+00:00"
    return {"kind": "deployment", "id": str(n), "time": time, "event": name, "version": version} | {
        "commit": "",
        "share": 0.1 if name == "canary" else 1.0,
        "reason": f"reason {n}",
        "production": production,
    }


@pytest.fixture
def past(project: Path) -> Path:
    """A ledger with a's promotion, b's canary and promotion, and the way back to a."""
    entries = [
        event(1, "promoted", "c1-aaaaaaaa", "c1-aaaaaaaa"),
        event(2, "canary", "c2-bbbbbbbb", "c1-aaaaaaaa"),
        event(3, "promoted", "c2-bbbbbbbb", "c2-bbbbbbbb"),
        event(4, "reverted", "c1-aaaaaaaa", "c1-aaaaaaaa"),
    ]
    for entry in entries:
        assert ledger.append(project, ledger.read(project), entry)
    return project


@pytest.mark.parametrize(
    ("when", "version", "since"),
    [
        ("2026-03-01T11:00+00:00", None, None),
        ("2026-03-01T12:00:00+00:00", "c1-aaaaaaaa", 1),
        ("2026-03-03T11:59+00:00", "c1-aaaaaaaa", 1),
        ("2026-03-03T14:00+01:00", "c2-bbbbbbbb", 3),
        ("2027-01-01", "c1-aaaaaaaa", 4),
    ],
)
def test_history_knows_what_was_in_production_when(
    past: Path, say: Callable[..., str], when: str, version: str | None, since: int | None
) -> None:
    """With the event since which it was."""
    entry = history.at(Project(past), when)
    assert (entry and entry["production"], entry and entry["n"]) == (version, since)
    assert (version or "nothing was in production then") in say("history", "--at", when)


def test_a_time_that_is_none_is_refused(past: Path, say: Callable[..., str]) -> None:
    """With how to write one."""
    with pytest.raises(ConfigError, match="write it as"):
        history.at(Project(past), "yesterday")


def test_history_shows_events_beside_decisions(past: Path) -> None:
    """Each with its share and its model."""
    assert [row[3] for row in history.rows(Project(past))] == ["promoted", "canary 10%", "promoted", "reverted"]
    assert history.rows(Project(past))[1][-2:] == ("bbbbbbbb", "aaaaaaaa")


def test_status_tells_who_serves_what(tmp_path: Path, say: Callable[..., str]) -> None:
    """Versions, shares, since when, the evidence, what is barred and what the ledger lacks."""
    seen = {"canary": (3, 100), "champion": (1, 900), "harm": 0.0, "non_inferiority": 0.0}
    memory = Memory(
        State(
            Placed("blue", release("a"), "production", 0.0, up=True),
            Placed("green", release("b"), "canary", 7_000.0, up=True, share=0.1),
            barred=(Block("cccccccc", "it was slow"),),
        ),
        judged="bbbbbbbb in green beside aaaaaaaa",
        opinion={"reason": "held: not yet shown", "signals": {"errors": seen}},
        outbox=({"id": "1"},),
        services={"blue": {}, "green": {}},
    )
    state.save(tmp_path, memory)
    assert status.rows(tmp_path, now=7_200.0) == [
        ("production", "aaaaaaaa", "blue", "90%", "2 hours ago"),
        ("is judged", "bbbbbbbb", "green", "10%", "3 minutes ago"),
    ]
    shown = say("status", "--state", str(tmp_path))
    for part in (
        "held: not yet shown",
        "errors: canary 3 of 100, production 1 of 900",
        "cccccccc is not started again",
    ):
        assert part in shown
    assert "not in the ledger yet: 1" in shown
    state.save(tmp_path, replace(memory, services={}))
    assert status.rows(tmp_path, now=7_200.0)[0][0] == "production (stopped)"


def test_what_leaves_is_not_said_to_be_judged(tmp_path: Path) -> None:
    """The evidence was about the canary, which is production now."""
    places = Placed("green", release("b"), "production", 0.0, up=True), Placed("blue", release("a"), "leaving", 0.0)
    opinion = {"reason": "promoted: shown", "signals": {}}
    judged = "aaaaaaaa in blue beside cccccccc"
    state.save(tmp_path, Memory(State(*places), judged=judged, opinion=opinion))
    assert status.notes(tmp_path) == []


def test_status_of_a_folder_where_no_agent_was_says_nothing(tmp_path: Path, say: Callable[..., str]) -> None:
    """It is no error."""
    assert say("status", "--state", str(tmp_path / "nowhere")) == ""


def test_stop_where_no_agent_was_is_one_line(tmp_path: Path, say: Callable[..., str]) -> None:
    """There is nothing to end, and nothing is made."""
    said = say("agent", "--stop", "--state", str(tmp_path / "nowhere"))
    assert said.startswith("1 ")
    assert "no agent ever worked here" in said
    assert not (tmp_path / "nowhere").exists()
