"""`mainline deploy` and `rollback` where something refuses: the project is as it was, what was staged staged."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from line.tests.commands.test_deploy import BIN, IMAGE, build, project, wanted  # noqa: F401
from line.tests.projects import commit_all
from mainline.errors import ToolFailed
from mainline.tools import commits, git

pytestmark = pytest.mark.slow

Say = Callable[..., str]
PRE_COMMIT = """repos:
  - repo: local
    hooks:
      - { id: no-env, name: no env, entry: refuse, language: fail, files: env$ }
"""


def script(path: Path, text: str) -> None:
    """A program, as a hook is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def busy(project: Path) -> Path:  # noqa: F811
    """A project whose owner is in the middle of something: changed, staged, half-staged, removed and new files."""
    for name in ("changed", "staged", "half", "removed", "gone"):
        (project / name).write_text(f"{name}\n")
    commit_all(project, "Files")
    git.git("push", "--quiet", "origin", "main", root=project)
    for name in ("changed", "staged", "half"):
        (project / name).write_text("mine\n")
    (project / "new").write_text("new\n")
    (project / "intended").write_text("intended\n")
    git.git("add", "staged", "half", "new", root=project)
    git.git("add", "--intent-to-add", "intended", root=project)
    git.git("rm", "--quiet", "removed", root=project)
    (project / "half").write_text("mine, and more\n")
    (project / "gone").unlink()
    (project / "untracked").write_text("untracked\n")
    build(project)
    return project


def state(root: Path) -> tuple[object, ...]:
    """Where the branch is, what is staged, and every file."""
    staged = git.git("ls-files", "--stage", root=root)
    files = {str(path): path.read_bytes() for path in root.glob("*") if path.is_file()}
    deployed = {str(path): path.read_bytes() for path in root.glob("deploy/*")}
    head = git.git("rev-parse", "HEAD", "origin/main", root=root), git.branch(root), git.git("tag", root=root)
    return head, staged, git.git("status", "--porcelain", root=root), files, deployed


def by_pre_commit(root: Path) -> None:
    """The real one, which puts away what is not staged, and brings it back."""
    config = git.git("hash-object", "-w", "--stdin", root=root, stdin=PRE_COMMIT)
    (root / ".pre-commit-config.yaml").write_text(PRE_COMMIT)
    git.git("update-index", "--add", "--cacheinfo", f"100644,{config},.pre-commit-config.yaml", root=root)
    git.git("commit", "--quiet", "--only", "--message", "Hooks", "--", ".pre-commit-config.yaml", root=root)
    git.git("push", "--quiet", "origin", "main", root=root)
    subprocess.run(["pre-commit", "install"], cwd=root, check=True, capture_output=True)


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "hook": (by_pre_commit, "deploy/canary.env: not committed, refused by the hook no-env"),
    "message": (lambda root: script(root / ".git/hooks/commit-msg", "echo no ticket >&2; exit 1"), "no ticket"),
    "signature": (
        lambda root: [
            git.git("config", key, value, root=root)
            for key, value in {"commit.gpgsign": "true", "gpg.program": "false"}.items()
        ],
        "gpg failed to sign the data",
    ),
    "rejected": (
        lambda root: script(root.parent / "origin.git/hooks/pre-receive", "echo main is protected >&2; exit 1"),
        "not pushed, so not committed either",
    ),
    "away": (
        lambda root: git.git("config", "remote.origin.pushurl", str(root / "nowhere"), root=root),
        "not pushed, so not committed either",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_deploy_leaves_the_project_as_it_was(busy: Path, say: Say, case: str) -> None:
    """Branch, index and files; and it says by whom."""
    refuse, why = REFUSALS[case]
    refuse(busy)
    before = state(busy)
    said = say("deploy", "canary", "--push")
    assert said.startswith("1 ")
    assert why in said
    assert state(busy) == before


def test_a_file_that_is_there_is_put_back(busy: Path, say: Say) -> None:
    """The one before, where the second deploy and the rollback are refused."""
    say("deploy", "production", "--version", build_again(busy))
    say("deploy", "production", "--version", build_again(busy))
    script(busy / ".git/hooks/commit-msg", "exit 1")
    third = build_again(busy)
    before = state(busy)
    for verb in (["deploy", "production", "--version", third], ["rollback"]):
        assert "not committed" in say(*verb)
        assert state(busy) == before


def build_again(root: Path) -> str:
    """A Bento of a newer commit."""
    git.git("commit", "--quiet", "--allow-empty", "--no-verify", "--only", "--message", "Another", root=root)
    return build(root)


def test_what_goes_through_leaves_the_rest_as_it_was(busy: Path, say: Say, tmp_path: Path) -> None:
    """On top of what others have pushed, too: their files come, and nothing that is staged or changed moves."""
    git.git("clone", "--quiet", str(tmp_path / "origin.git"), "other", root=tmp_path)
    (tmp_path / "other/theirs").write_text("theirs\n")
    commit_all(tmp_path / "other", "A merge")
    git.git("push", "--quiet", root=tmp_path / "other")
    status = git.git("status", "--porcelain", root=busy)
    assert "pushed" in say("deploy", "canary", "--push")
    assert git.git("status", "--porcelain", root=busy) == status
    assert (busy / "theirs").read_text() == "theirs\n"
    assert git.git("rev-parse", "HEAD", root=busy) == git.git("ls-remote", "origin", "main", root=busy).split()[0]
    assert (busy / "half").read_text() == "mine, and more\n"


def test_others_changes_are_not_written_over_what_is_not_committed(busy: Path, say: Say, tmp_path: Path) -> None:
    """Somebody pushed another version of a file that is changed here."""
    git.git("clone", "--quiet", str(tmp_path / "origin.git"), "other", root=tmp_path)
    (tmp_path / "other/changed").write_text("theirs\n")
    commit_all(tmp_path / "other", "A merge")
    git.git("push", "--quiet", root=tmp_path / "other")
    git.git("fetch", "--quiet", root=busy)
    before = state(busy)
    assert "git pull first" in say("deploy", "canary", "--push")
    assert state(busy) == before


def test_ignored_everywhere_is_not_ignored_here(busy: Path, say: Say, tmp_path: Path) -> None:
    """Who has *.env in the ignore file of all projects deploys all the same."""
    (tmp_path / "ignore").write_text("*.env\n")
    git.git("config", "core.excludesFile", str(tmp_path / "ignore"), root=busy)
    assert say("deploy", "canary").startswith("✓ ")
    assert wanted(busy, "canary")


@pytest.mark.parametrize("failing", [None, "pr create"])
def test_a_proposal_leaves_main_as_it_was(
    busy: Path, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str | None
) -> None:
    """Whether GitHub takes it or not; where not, origin has no branch of it either."""
    for name, value in {"GH_TOKEN": "t", "STAND_IN": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    folder = BIN
    if failing:
        script(tmp_path / "bin/gh", 'test "$2" = list && exit 0; echo "GitHub says no" >&2; exit 1')
        folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    before = state(busy)
    said = say("deploy", "canary", "--pull-request")
    assert said.startswith("1 " if failing else "✓ ")
    assert state(busy) == before
    there = git.git("ls-remote", "origin", "refs/heads/deploy/canary", root=busy)
    assert bool(there) == (failing is None)
    assert IMAGE not in there


@pytest.mark.parametrize(
    ("known", "by"),
    [
        ({"user.name": "Ann", "user.email": "ann@x"}, "Ann <ann@x>"),
        ({"user.name": "Ann"}, "mainline <mainline@users.noreply.github.com>"),
        ({"user.email": "ann@x", "user.useConfigOnly": "true"}, "mainline <mainline@users.noreply.github.com>"),
        ({}, "mainline <mainline@users.noreply.github.com>"),
    ],
)
def test_who_commits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: dict[str, str], by: str) -> None:
    """The user where git knows both name and address; half a name is none."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    for name in ("EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    (tmp_path / "a").write_text("a")
    commit_all(tmp_path, "Begin")
    for key, value in known.items():
        git.git("config", key, value, root=tmp_path)
    (tmp_path / "a").write_text("b")
    commits.commit(tmp_path, "Change", "a")
    assert git.git("log", "-1", "--format=%an <%ae>", root=tmp_path) == by


def test_what_a_block_began_is_taken_back(project: Path) -> None:  # noqa: F811
    """Also where it is stopped; what it did not begin stays."""
    before = state(project)
    for stop in (KeyboardInterrupt(), ToolFailed("no")):
        with pytest.raises(type(stop)), commits.or_as_before(project, "dvc.yaml", "fresh"):  # noqa: PT012
            for name in ("dvc.yaml", "fresh"):
                (project / name).write_text("half\n")
            commits.commit(project, "Half", "dvc.yaml", "fresh")
            raise stop
        assert state(project) == before
