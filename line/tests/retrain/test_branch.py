"""Branches of retrainings on a remote: which are open, which the trunk has, and that there is one at a time."""

from dataclasses import replace
from pathlib import Path

import pytest

from line.tests.projects import commit_all
from line.tests.retrain import world
from line.tests.retrain.test_words import TOLD
from mainline import retraining
from mainline.errors import ConfigError
from mainline.project import Project
from mainline.retrain import branch, settle
from mainline.tools import git

FIRST, SECOND = "mainline/retrain-2026-11-29", "mainline/retrain-2026-11-29-2"


@pytest.fixture
def shared(tmp_path: Path) -> Project:
    """A project with a remote, on main."""
    root = tmp_path / "project"
    (root / "models").mkdir(parents=True)
    git.git("init", "--quiet", "--initial-branch=main", root=root)
    git.git("config", "user.name", "Test", root=root)
    git.git("config", "user.email", "test@localhost", root=root)
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text("[core]\nanalytics = false\n")
    (root / ".dvc/.gitignore").write_text("/tmp\n/cache\n")
    (root / "params.yaml").write_text("gate: {metric: accuracy}\n")
    (root / "models/card.md").write_text("# Card\n")
    (root / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    commit_all(root, "Begin")
    world.share(root, tmp_path / "origin.git")
    return Project(root)


def tree(project: Project, folder: Path) -> Project:
    """A tree beside a person's, as an attempt has it."""
    git.git("worktree", "add", "--quiet", "--detach", str(folder), "main", root=project.root)
    return Project(folder)


def far(project: Project) -> list[str]:
    """The branches that the remote has."""
    heads = git.git("ls-remote", "--heads", "origin", root=project.root).splitlines()
    return [line.split("refs/heads/")[1] for line in heads]


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "alone"])
def test_of_two_that_are_made_at_once_the_second_is_refused(remote: bool, shared: Project, tmp_path: Path) -> None:
    """In one line, and nothing of it is left; the first stays."""
    if not remote:
        git.git("remote", "remove", "origin", root=shared.root)
    trees = [tree(shared, tmp_path / name) for name in ("one", "two")]
    assert branch.make(shared, trees[0], TOLD).name == FIRST
    with pytest.raises(ConfigError, match=f"^{FIRST} was made meanwhile"):
        branch.make(shared, trees[1], replace(TOLD, number=3))
    there = far(shared) if remote else git.git("branch", "--format=%(refname:short)", root=shared.root).split()
    assert sorted(there) == ["main", FIRST]


def test_a_branch_that_the_trunk_has_goes_and_no_other(shared: Project, tmp_path: Path) -> None:
    """Merged by hand, it is deleted on the remote, which is said; one that has a commit more is not, nor a person's."""
    new = branch.make(shared, tree(shared, tmp_path / "one"), TOLD)
    git.git("merge", "--quiet", "--ff-only", new.tip, root=shared.root)
    (tree(shared, tmp_path / "two") / "notes.txt").write_text("more\n")
    commit_all(tmp_path / "two", "More")
    more = git.git("rev-parse", "HEAD", root=tmp_path / "two")
    git.git("push", "--quiet", "origin", "main", "main:mine", f"{more}:refs/heads/{SECOND}", root=shared.root)
    base = branch.trunk(shared)
    assert list(settle.settle(shared, base, None)) == [f"{FIRST}: main has it, and the branch is deleted"]
    assert far(shared) == ["main", SECOND, "mine"]
    assert list(settle.settle(shared, base, None)) == []
    assert shared.show(base, retraining.FILE) == TOLD.text().rstrip()
