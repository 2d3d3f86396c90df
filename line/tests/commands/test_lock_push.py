"""`mainline lock` after a merge, and `mainline lock --push`: on real git, with a real origin."""

from pathlib import Path

import pytest

from line.tests.projects import commit_all, edit
from mainline import card
from mainline.commands import lock
from mainline.errors import ConfigError, Refused, ToolFailed
from mainline.project import Project
from mainline.tools import git

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("one_cache")]

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@localhost")


@pytest.fixture
def branch(project: Path, tmp_path: Path) -> Path:
    """A branch that is pushed, with an origin of its own."""
    git.git("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "origin.git"), root=tmp_path)
    git.git("remote", "add", "origin", str(tmp_path / "origin.git"), root=project)
    git.git("push", "--quiet", "origin", "main", "challenger", root=project)
    return project


def relocked(root: Path, depth: int) -> list[str]:
    """Commit another parameter; leave the lock that goes with it uncommitted."""
    edit(root, train={"params": {"max_depth": depth}})
    commit_all(root, f"Try depth {depth}")
    return card.changed(lock.refresh(Project(root)))


def test_a_refreshed_lock_is_pushed_as_one_commit(branch: Path) -> None:
    """With the two files and nothing else; where they are current, the branch is pushed as it is."""
    kept = relocked(branch, 3)
    assert lock.push(Project(branch))
    assert git.git("show", "--name-only", "--format=", "HEAD", root=branch).split() == kept
    here = git.git("rev-parse", "HEAD", root=branch)
    assert git.git("ls-remote", "origin", "challenger", root=branch).startswith(here)
    lock.check(Project(branch))
    assert not lock.push(Project(branch))


def test_a_lock_is_pushed_with_what_made_it_and_not_to_main(branch: Path) -> None:
    """Parameters that are not committed would leave it stale for everyone else."""
    edit(branch, train={"params": {"max_depth": 3}})
    lock.refresh(Project(branch))
    with pytest.raises(ConfigError, match=r"params\.yaml: not committed; commit it first"):
        lock.push(Project(branch))
    git.git("switch", "--quiet", "--merge", "main", root=branch)
    with pytest.raises(ConfigError, match="on main: it changes by merges; first: git switch -c relock"):
        lock.push(Project(branch))


def test_a_branch_that_moved_on_is_not_written_over(branch: Path, tmp_path: Path) -> None:
    """Somebody pushed while CI was building: that push is verified on its own."""
    git.git("clone", "--quiet", "--branch", "challenger", str(tmp_path / "origin.git"), "other", root=tmp_path)
    (tmp_path / "other/new").touch()
    commit_all(tmp_path / "other", "In between")
    git.git("push", "--quiet", root=tmp_path / "other")
    relocked(branch, 3)
    before = git.commit_of("HEAD", branch)
    with pytest.raises(ToolFailed, match=r"not pushed, so not committed either .*git pull"):
        lock.push(Project(branch))
    assert git.commit_of("HEAD", branch) == before
    assert git.git("log", "-1", "--format=%s", "challenger", root=tmp_path / "origin.git") == "In between"


def test_a_pipeline_that_is_not_repeatable_does_not_go_round_for_ever(branch: Path) -> None:
    """The commit after a refreshed lock is never another refreshed lock."""
    relocked(branch, 3)
    lock.push(Project(branch))
    text = (branch / "dvc.lock").read_text()
    (branch / "dvc.lock").write_text(text.replace("size:", "size: 1"))
    with pytest.raises(Refused, match="two builds of the same files gave two results"):
        lock.push(Project(branch))


def test_files_that_another_machine_built_are_taken(branch: Path, tmp_path: Path) -> None:
    """All, or none; a link is no file."""
    relocked(branch, 3)
    there = tmp_path / "lock"
    for folder in ("models", "data"):
        (there / folder).mkdir(parents=True)
    for name in card.KEPT:
        (there / name).write_bytes((branch / name).read_bytes())
    git.git("checkout", "--quiet", "--", ".", root=branch)
    assert card.changed(lock.take(Project(branch), there)) == ["dvc.lock", "models/card.md"]
    git.git("checkout", "--quiet", "--", ".", root=branch)
    (there / "dvc.lock").unlink()
    (there / "dvc.lock").symlink_to("/etc/hostname")
    with pytest.raises(ConfigError, match="the folder of the artifact `lock`"):
        lock.take(Project(branch), there)
    assert card.changed(Project(branch)) == []


def test_a_merge_in_conflict_over_the_lock_is_settled_by_locking_again(branch: Path) -> None:
    """Two branches changed the model, each with its lock: `mainline lock` makes both files anew, of both changes."""
    for name, before, after in (
        ("one", "max_depth: 8", "max_depth: 3"),
        ("two", "split:\n", "split:\n  generation: 1\n"),
    ):
        git.git("switch", "--quiet", "--create", name, "main", root=branch)
        path = branch / "params.yaml"
        path.write_text(path.read_text().replace(before, after))
        lock.refresh(Project(branch))
        commit_all(branch, name)
    git.git(*IDENTITY, "merge", "--quiet", "--no-edit", "one", root=branch, check=False)
    unmerged = set(git.git("diff", "--name-only", "--diff-filter=U", root=branch).split())
    assert unmerged == {"dvc.lock", "models/card.md"}
    assert card.changed(lock.refresh(Project(branch))) == ["dvc.lock", "models/card.md"]
    commit_all(branch, "Merge one")
    lock.check(Project(branch))
    text = (branch / "dvc.lock").read_text()
    assert "max_depth: 3" in text
    assert "generation: 1" in text
    assert "<<<<" not in text


def test_a_table_that_people_wrote_is_not_settled_for_them(branch: Path) -> None:
    """A conflict in any other file is named, and nothing is built."""
    for name in ("one", "two"):
        git.git("switch", "--quiet", "--create", name, "main", root=branch)
        edit(branch, train={"params": {"max_depth": len(name) + (name == "two")}})
        commit_all(branch, name)
    git.git(*IDENTITY, "merge", "--quiet", "--no-edit", "one", root=branch, check=False)
    with pytest.raises(ConfigError, match=r"params\.yaml: in conflict; settle it"):
        lock.refresh(Project(branch))
