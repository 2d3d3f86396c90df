"""The door to git."""

from pathlib import Path

import pytest

from mainline import git
from mainline.errors import ConfigError
from tests.mainline.conftest import commit_all


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit with one file, on main."""
    git.git("init", "--quiet", "--initial-branch=main", ".", root=tmp_path)
    (tmp_path / "file").write_text("one\n")
    commit_all(tmp_path, "First")
    return tmp_path


def test_a_revision_becomes_its_hash(repository: Path) -> None:
    """Branches and commits answer with the full hash."""
    assert git.commit_of("main", repository) == git.git("rev-parse", "HEAD", root=repository)


def test_an_unknown_revision_names_those_there_are(repository: Path) -> None:
    """A branch that is not there is refused, with the branches that are."""
    with pytest.raises(ConfigError, match="--base mian: no such branch or commit; there are: main"):
        git.commit_of("mian", repository)


def test_files_of_a_revision(repository: Path) -> None:
    """A file is shown as it was, and one that was not there is None."""
    (repository / "file").write_text("two\n")
    assert git.show("main", "file", repository) == "one"
    assert git.show("main", "other", repository) is None


def test_dirty_names_changed_and_new_paths(repository: Path) -> None:
    """A clean tree has no dirty paths; changed and untracked ones are named."""
    assert git.dirty(repository) == []
    (repository / "file").write_text("two\n")
    (repository / "new").touch()
    assert git.dirty(repository) == ["file", "new"]


def test_a_worktree_goes_when_its_block_ends(repository: Path) -> None:
    """A worktree holds the commit's files, and leaves no trace, not after an error either."""
    with pytest.raises(RuntimeError), git.worktree("HEAD", repository) as tree:  # noqa: PT012
        assert (tree / "file").read_text() == "one\n"
        raise RuntimeError
    assert not tree.exists()
    assert len(git.git("worktree", "list", root=repository).splitlines()) == 1
