"""What CI built of a branch is committed to it without a check-out: two files, on the commit they were built of."""

from pathlib import Path

import pytest

from line.tests.projects import commit_all, with_origin
from mainline import card, relock
from mainline.errors import ConfigError, Refused, StaleLock, ToolFailed
from mainline.project import Project
from mainline.tools import git


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A clone of main, whose origin has the branch `theirs` of another clone."""
    root = with_origin(tmp_path)
    (root / "dvc.lock").write_text("old\n")
    (root / "file").write_text("main's\n")
    commit_all(root, "Begin")
    git.git("push", "--quiet", "origin", "main", root=root)
    author = tmp_path / "author"
    git.git("clone", "--quiet", str(tmp_path / "origin.git"), str(author), root=tmp_path)
    git.git("switch", "--quiet", "--create", "theirs", root=author)
    (author / "file").write_text("theirs\n")
    commit_all(author, "Try")
    git.git("push", "--quiet", "origin", "theirs", root=author)
    return Project(root)


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """CI's artifact `lock`."""
    for folder in ("models", "data"):
        (tmp_path / "lock" / folder).mkdir(parents=True)
    for name in card.KEPT:
        (tmp_path / "lock" / name).write_text(f"new {name}\n")
    return tmp_path / "lock"


def theirs(project: Project) -> str:
    """The branch's last commit, on origin."""
    return project.git("ls-remote", "origin", "refs/heads/theirs").partition("\t")[0]


def test_the_two_files_become_a_commit_of_the_branch(project: Project, built: Path) -> None:
    """On top of the one that was built, with nothing else changed; the tree, the index and main stay as they are."""
    before = theirs(project)
    relock.push(project, before, built, "theirs")
    after = theirs(project)
    git.fetch(project.root, "origin", after)
    assert project.commit_of(f"{after}^") == before
    assert project.git("diff", "--name-only", before, after).split() == sorted(card.KEPT)
    assert project.show(after, "dvc.lock") == "new dvc.lock"
    assert project.show(after, "file") == "theirs"
    assert (project.dirty(), (project / "file").read_text(), project.branch) == ([], "main's\n", "main")
    relock.require_locked(project, after, built)
    with pytest.raises(StaleLock, match=r"dvc\.lock is not committed as CI built it; .* `mainline lock --push`"):
        relock.require_locked(project, before, built)
    with pytest.raises(Refused, match="two builds of the same files gave two results"):
        relock.push(project, after, built, "theirs")


def test_a_branch_that_moved_on_is_not_written_over(project: Project, built: Path, tmp_path: Path) -> None:
    """Somebody pushed while CI was building, or took the branch back: that is verified on its own."""
    before = theirs(project)
    (tmp_path / "author/more").touch()
    commit_all(tmp_path / "author", "In between")
    git.git("push", "--quiet", "origin", "theirs", root=tmp_path / "author")
    now = theirs(project)
    with pytest.raises(ToolFailed):
        relock.push(project, before, built, "theirs")
    assert theirs(project) == now
    git.git("push", "--quiet", "--force", "origin", "HEAD^^:refs/heads/theirs", root=tmp_path / "author")
    now = theirs(project)
    with pytest.raises(ToolFailed):
        relock.push(project, before, built, "theirs")
    assert theirs(project) == now


@pytest.mark.parametrize("branch", ["main", "--force", "a..b", ""])
def test_a_lock_is_pushed_to_branches_alone(project: Project, built: Path, branch: str) -> None:
    """Neither to main nor to what is no branch."""
    with pytest.raises(ConfigError, match="no branch that a lock is pushed to"):
        relock.push(project, theirs(project), built, branch)


def test_what_was_handed_over_is_two_plain_files(project: Project, built: Path) -> None:
    """Neither links nor anything over a mebibyte; nothing is pushed."""
    before = theirs(project)
    (built / "dvc.lock").write_bytes(b"#" * (2**20 + 1))
    with pytest.raises(ConfigError, match="the folder of the artifact `lock`"):
        relock.push(project, before, built, "theirs")
    (built / "dvc.lock").unlink()
    (built / "dvc.lock").symlink_to("/etc/passwd")
    with pytest.raises(ConfigError, match="the folder of the artifact `lock`"):
        relock.push(project, before, built, "theirs")
    assert theirs(project) == before


def test_a_link_in_the_branch_leads_nowhere(project: Project, built: Path, tmp_path: Path) -> None:
    """Where it has `models` as a link, git refuses the file below it, and nothing is written behind the link."""
    (tmp_path / "author/models").symlink_to(tmp_path)
    commit_all(tmp_path / "author", "A link")
    git.git("push", "--quiet", "origin", "theirs", root=tmp_path / "author")
    before = theirs(project)
    with pytest.raises(ToolFailed):
        relock.push(project, before, built, "theirs")
    assert theirs(project) == before
    assert not (tmp_path / "card.md").exists()
