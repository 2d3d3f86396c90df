"""git: its version, who commits, where to push, on which branch, with which hooks."""

import subprocess
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from mainline.doctor import repository
from mainline.doctor.finding import FINE, NOT_ASKED, WARNING, WRONG, Finding
from mainline.project import Project
from mainline.tools import git


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one commit and a real origin, for a user of whom git knows nothing else."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    origin, root = tmp_path / "origin.git", tmp_path / "clone"
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(origin), root=tmp_path)
    git.git("clone", "--quiet", str(origin), str(root), root=tmp_path)
    (root / "file").touch()
    commit_all(root, "First")
    git.git("push", "--quiet", "origin", "HEAD:main", root=root)
    git.git("config", "user.name", "Ada", root=root)
    git.git("config", "user.email", "ada@localhost", root=root)
    return root


def found(root: Path) -> dict[str, Finding]:
    """What is found, by check."""
    return {each.check: each for each in (*repository.look(Project(root)), *repository.origin(Project(root)))}


@pytest.mark.parametrize(
    ("said", "state"),
    [("git version 2.28.0", FINE), ("git version 3.1.rc1", FINE), ("git version 2.27.9", WRONG), ("", WRONG)],
)
def test_git_has_to_be_new_enough(said: str, state: str) -> None:
    """What is older, or says no version, is wrong."""
    assert repository.version(said).state == state


def test_a_clone_that_is_set_up_is_fine(clone: Path) -> None:
    """Identity, branch and origin are shown; a project without hooks is not asked for them."""
    said = {name: (each.state, each.said) for name, each in found(clone).items()}
    assert said.pop("git")[0] == FINE
    assert said == {
        "git identity": (FINE, "Ada <ada@localhost>"),
        "git branch": (FINE, "main"),
        "hooks": (NOT_ASKED, "the project has no .pre-commit-config.yaml"),
        "git origin": (FINE, f"{clone.parent}/origin.git answers"),
    }


@pytest.mark.parametrize(
    ("command", "check", "state", "mend"),
    [
        (["config", "--unset", "user.email"], "git identity", WRONG, "git config --global user.name"),
        (["switch", "--quiet", "--detach"], "git branch", WARNING, "git switch main"),
        (["remote", "remove", "origin"], "git origin", WARNING, "git remote add origin URL"),
        (["remote", "set-url", "origin", "/no/such"], "git origin", WRONG, "git remote set-url origin URL"),
    ],
)
def test_what_is_missing_is_named_with_its_command(
    command: list[str], check: str, state: str, mend: str, clone: Path
) -> None:
    """One thing is taken away: it is told, and nothing else changes."""
    before = found(clone)
    git.git(*command, root=clone)
    after = found(clone)
    assert after[check].state == state
    assert after[check].mend.startswith(mend)
    assert [name for name in before if before[name].state != after[name].state] == [check]


def test_a_password_in_an_address_is_not_shown(clone: Path) -> None:
    """The address of origin is told without who opens it."""
    word = "Tulip"
    git.git("remote", "set-url", "origin", f"http://ada:{word}@127.0.0.1:9/x", root=clone)
    told = found(clone)["git origin"]
    assert (told.state, word in told.said) == (WRONG, False)
    assert told.said.startswith("http://127.0.0.1:9/x: ")


@pytest.mark.slow
def test_hooks_are_those_that_pre_commit_installs(clone: Path) -> None:
    """They are missing until the command that is offered was run."""
    (clone / ".pre-commit-config.yaml").write_text("repos: []\n")
    missing = repository.hooks(Project(clone))
    assert (missing.state, missing.mend) == (WARNING, "pre-commit install")
    (clone / ".git/hooks").mkdir(exist_ok=True)
    (clone / ".git/hooks/pre-commit").write_text("#!/bin/sh\nexit 0\n")
    (clone / ".git/hooks/pre-commit").chmod(0o755)
    assert repository.hooks(Project(clone)).state == WARNING  # somebody's own
    subprocess.run(["pre-commit", "install", "--overwrite"], cwd=clone, check=True, capture_output=True)
    assert repository.hooks(Project(clone)).state == FINE
